"""What is expected of a parameter, as a density on the unit interval: high around the prior's value, never 0."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .parameters import Choice, Int, Parameter
from .trial import Value

Floats = NDArray[np.float64]

_EVEN = 0.1  # The share of every prior that is spread evenly, so that nothing is excluded, however sure one is.
_NARROWEST, _WIDEST = 0.02, 0.3  # Standard deviations, in units of the range, where one is quite and hardly sure.
_GRID = np.linspace(0.0, 1.0, 1025)
_HAIR = 1e-4  # A density is read off the distribution over so little to each side of a point.


@dataclass(frozen=True)
class Expectation:
    """The prior of one parameter.

    Of a number and an ordered choice, a normal density around the value, cut off at the borders of the range, the
    narrower the surer; of an unordered choice, a probability for each option. A tenth of it is spread evenly.

    Args:
        parameter: One that has a prior or weights.

    >>> from tunesmith.core.parameters import Float
    >>> expected = Expectation(Float(0, 1, prior=0.3, confidence=0.8))
    >>> expected.quantile(np.array([0.0, 0.5, 1.0])).round(2).tolist()
    [0.0, 0.3, 1.0]
    """

    parameter: Parameter

    def density(self, units: Floats) -> Floats:
        """Return the density at encoded values, any shape; its mean over evenly spread values is 1."""
        low, high = self._surroundings(units)
        return np.asarray((self._distribution(high) - self._distribution(low)) / (high - low))

    def quantile(self, shares: Floats) -> Floats:
        """Return the places in [0, 1] below which such shares of the prior lie, any shape."""
        return np.interp(shares, self._distribution(_GRID), _GRID)

    def _surroundings(self, units: Floats) -> tuple[Floats, Floats]:
        """Return from where to where each value's own part of the interval goes: its level, or a hair."""
        parameter = self.parameter
        if math.isinf(parameter.size):
            return np.maximum(units - _HAIR, 0.0), np.minimum(units + _HAIR, 1.0)
        if isinstance(parameter, Int) and parameter.log:
            least, width = math.log(parameter.low - 0.5), math.log((parameter.high + 0.5) / (parameter.low - 0.5))
            value = np.clip(np.round(np.exp(least + units * width)), parameter.low, parameter.high)
            return (np.log(value - 0.5) - least) / width, (np.log(value + 0.5) - least) / width
        level = np.minimum(np.floor(units * parameter.size), parameter.size - 1)
        return level / parameter.size, (level + 1) / parameter.size

    def _distribution(self, units: Floats) -> Floats:
        """Return the share of the prior below each place in [0, 1]."""
        if self._bell is None:
            expected = np.interp(units, np.linspace(0.0, 1.0, len(self._below)), self._below)
        else:
            from scipy.special import ndtr  # Takes a fifth of a second to import.

            centre, width, least, most = self._bell
            expected = (ndtr((units - centre) / width) - least) / (most - least)
        return np.asarray(_EVEN * units + (1 - _EVEN) * expected)

    @cached_property
    def _bell(self) -> tuple[float, float, float, float] | None:
        """Where the normal density of a number lies, how wide it is, and its distribution at 0 and 1."""
        parameter = self.parameter
        if isinstance(parameter, Choice) and (parameter.weights is not None or not parameter.ordered):
            return None
        from scipy.special import ndtr

        centre = parameter.to_unit(parameter.prior)
        width = _NARROWEST + (1 - parameter.confidence) * (_WIDEST - _NARROWEST)
        return centre, width, float(ndtr(-centre / width)), float(ndtr((1 - centre) / width))

    @cached_property
    def _below(self) -> Floats:
        """How much of the prior lies below each option and the end, shape `(options + 1,)`."""
        assert isinstance(self.parameter, Choice)
        return np.concatenate([[0.0], np.cumsum(_shares(self.parameter))])


def expectation(parameter: Parameter) -> Expectation | None:
    """Return the prior of a parameter, or None where none was given."""
    given = parameter.prior is not None or (isinstance(parameter, Choice) and parameter.weights is not None)
    return Expectation(parameter) if given else None


def likeliest(parameter: Parameter) -> Value:
    """Return the value that is expected to be best, or None where nothing is expected."""
    if isinstance(parameter, Choice) and parameter.weights is not None:
        return parameter.options[int(np.argmax(parameter.weights))]
    return parameter.prior


def _shares(choice: Choice) -> Floats:
    """Return how much of the prior each option has, shape `(options,)`; the sum is 1."""
    if choice.weights is not None:
        return np.array(choice.weights) / sum(choice.weights)
    shares = np.full(len(choice.options), (1 - choice.confidence) / len(choice.options))
    shares[choice.index(choice.prior)] += choice.confidence
    return shares
