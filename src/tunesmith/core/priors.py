"""The user's priors: densities on the unit interval that are high near expected good values and never 0."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .arrays import Floats
from .parameters import Choice, Int, Parameter
from .trial import Value

_UNIFORM_SHARE = 0.1  # The uniform share of every prior, so that no value is excluded, whatever the confidence.
_NARROWEST, _WIDEST = 0.02, 0.3  # Standard deviations, as shares of the range, at full and at no confidence.
_GRID = np.linspace(0.0, 1.0, 1025)
_HALF_WIDTH = 1e-4  # A continuous density is the difference quotient of the distribution over twice this.


@dataclass(frozen=True)
class ParameterPrior:
    """The prior of one parameter.

    For numbers and ordered choices, a normal density around the value, truncated to the range and narrower with more
    confidence; for unordered choices, a probability per option. A tenth of it is uniform.

    Args:
        parameter: A parameter with a prior or weights.

    >>> from tunesmith.core.parameters import Float
    >>> prior = ParameterPrior(Float(0, 1, prior=0.3, confidence=0.8))
    >>> prior.quantile(np.array([0.0, 0.5, 1.0])).round(2).tolist()
    [0.0, 0.3, 1.0]
    """

    parameter: Parameter

    def density(self, encoded: Floats) -> Floats:
        """Return the density at encoded values, any shape; its mean over [0, 1] is 1."""
        low, high = self._interval(encoded)
        return np.asarray((self._distribution(high) - self._distribution(low)) / (high - low))

    def quantile(self, probabilities: Floats) -> Floats:
        """Return the quantiles of the prior in [0, 1], any shape."""
        return np.interp(probabilities, self._distribution(_GRID), _GRID)

    def _interval(self, encoded: Floats) -> tuple[Floats, Floats]:
        """Return the interval around each value that the density is averaged over: its level, or a narrow one."""
        parameter = self.parameter
        if math.isinf(parameter.size):
            return np.maximum(encoded - _HALF_WIDTH, 0.0), np.minimum(encoded + _HALF_WIDTH, 1.0)
        if isinstance(parameter, Int) and parameter.log:
            least, width = math.log(parameter.low - 0.5), math.log((parameter.high + 0.5) / (parameter.low - 0.5))
            value = np.clip(np.round(np.exp(least + encoded * width)), parameter.low, parameter.high)
            return (np.log(value - 0.5) - least) / width, (np.log(value + 0.5) - least) / width
        level = np.minimum(np.floor(encoded * parameter.size), parameter.size - 1)
        return level / parameter.size, (level + 1) / parameter.size

    def _distribution(self, encoded: Floats) -> Floats:
        """Return the distribution function at values in [0, 1]."""
        if self._normal is None:
            informed = np.interp(encoded, np.linspace(0.0, 1.0, len(self._cumulative)), self._cumulative)
        else:
            from scipy.special import ndtr  # Takes a fifth of a second to import.

            centre, width, least, most = self._normal
            informed = (ndtr((encoded - centre) / width) - least) / (most - least)
        return np.asarray(_UNIFORM_SHARE * encoded + (1 - _UNIFORM_SHARE) * informed)

    @cached_property
    def _normal(self) -> tuple[float, float, float, float] | None:
        """Mean and standard deviation of the normal density, and its distribution function at 0 and 1."""
        parameter = self.parameter
        if isinstance(parameter, Choice) and (parameter.weights is not None or not parameter.ordered):
            return None
        from scipy.special import ndtr

        centre = parameter.to_unit(parameter.prior)
        width = _NARROWEST + (1 - parameter.confidence) * (_WIDEST - _NARROWEST)
        return centre, width, float(ndtr(-centre / width)), float(ndtr((1 - centre) / width))

    @cached_property
    def _cumulative(self) -> Floats:
        """The cumulative probability before each option and after the last, shape `(options + 1,)`."""
        assert isinstance(self.parameter, Choice)
        return np.concatenate([[0.0], np.cumsum(_probabilities(self.parameter))])


def prior_of(parameter: Parameter) -> ParameterPrior | None:
    """Return the prior of a parameter, or None if it has none."""
    has_prior = parameter.prior is not None or (isinstance(parameter, Choice) and parameter.weights is not None)
    return ParameterPrior(parameter) if has_prior else None


def prior_mode(parameter: Parameter) -> Value:
    """Return the most probable value of a parameter's prior, or None without a prior."""
    if isinstance(parameter, Choice) and parameter.weights is not None:
        return parameter.options[int(np.argmax(parameter.weights))]
    return parameter.prior


def _probabilities(choice: Choice) -> Floats:
    """Return the prior probability of each option, shape `(options,)`."""
    if choice.weights is not None:
        return np.array(choice.weights) / sum(choice.weights)
    probabilities = np.full(len(choice.options), (1 - choice.confidence) / len(choice.options))
    probabilities[choice.index(choice.prior)] += choice.confidence
    return probabilities
