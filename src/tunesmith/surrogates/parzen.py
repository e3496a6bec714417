"""A density over the space: one kernel a trial, and beneath them all the uniform density, or what is expected."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..core.parameters import Choice
from ..core.space import SearchSpace

Floats = NDArray[np.float64]

_LEAST_WIDTH = 0.03  # Of the unit interval. Narrower kernels would go on polishing one place for ever.


class Parzen:
    """A mixture of product kernels, one a trial, and of the uniform density or the prior as one component more.

    A number's kernel is a normal density cut off at the borders of [0, 1] (Bergstra et al. 2011, section 4). Its width
    is Scott's rule (Watanabe 2023, arXiv 2304.11127, section 3.3.2) for the spread of these very trials, so that
    the search narrows as good trials draw together. An unordered choice has the kernel of Aitchison and Aitken (1976).
    Where a parameter is active in only one of point and trial, the kernel is the uniform density: its condition hangs
    on other parameters, which are compared already.

    Args:
        space: The space.
        centres: Shape `(trials, parameters)` in [0, 1], NaN where not active.
        weights: Of the trials, against 1 for the last component; shape `(trials,)`.
        prior_share: The share of the last component that follows the space's prior; the rest of it is uniform.
    """

    def __init__(self, space: SearchSpace, centres: Floats, weights: Floats, *, prior_share: float = 0.0) -> None:
        parameters = list(space.parameters.values())
        self._space = space
        self._prior_share = prior_share if space.has_prior else 0.0
        self._centres = centres
        self._shares = np.append(weights, 1.0) / (weights.sum() + 1.0)
        self._unordered = np.array([isinstance(p, Choice) and not p.ordered for p in parameters])
        self._sizes = np.array([p.size for p in parameters])
        active = (~np.isnan(centres)).sum(axis=0)
        self._widths = np.clip(_scott(centres, active), np.maximum(_LEAST_WIDTH, 0.5 / self._sizes), 1.0)
        # The probability of another option than the trial's own: that of the uniform density, less with more trials.
        self._leave = np.where(self._unordered, (1 - 1 / self._sizes) / np.sqrt(1.0 + active), 0.0)

    def log_density(self, points: Floats) -> Floats:
        """Return the logarithm of the density at points of shape `(points, parameters)`; shape `(points,)`."""
        weighted = self.log_kernels(points) + np.log(self._shares)
        highest = weighted.max(axis=1)
        return np.asarray(highest + np.log(np.exp(weighted - highest[:, None]).sum(axis=1)))

    def log_kernels(self, points: Floats) -> Floats:
        """Return the logarithm of every component, shape `(points, trials + 1)`; the prior's is the last."""
        kernels = np.zeros((len(points), len(self._centres) + 1))
        kernels[:, :-1] = self._log_normals(points)
        for place in np.flatnonzero(self._unordered):
            kernels[:, :-1] += self._log_choice(place, points[:, place, None])
        if self._prior_share:
            kernels[:, -1] = np.log1p(self._prior_share * np.expm1(self._space.log_prior(points)))
        return kernels

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Return random points, shape `(count, parameters)` in [0, 1], none of them NaN."""
        from scipy.special import ndtr, ndtri  # Takes a fifth of a second to import.

        everywhere = np.full((1, len(self._widths)), np.nan)
        chosen = rng.choice(len(self._shares), size=count, p=self._shares)
        centres = np.concatenate([self._centres, everywhere])[chosen]
        uniform = rng.random(centres.shape)
        low, high = ndtr(-centres / self._widths), ndtr((1 - centres) / self._widths)
        points = centres + self._widths * ndtri(low + uniform * (high - low))
        for place in np.flatnonzero(self._unordered):
            size = int(self._sizes[place])
            own = np.floor(centres[:, place] * size)
            other = (own + rng.integers(1, max(size, 2), count)) % size
            leaves = uniform[:, place] < self._leave[place]
            points[:, place] = (np.where(leaves, other, own) + 0.5) / size
        if self._prior_share:
            expected = (chosen == len(self._centres)) & (rng.random(count) < self._prior_share)
            uniform[expected] = self._space.from_prior(uniform[expected])
        return np.asarray(np.clip(np.where(np.isnan(centres), uniform, points), 0.0, 1.0))

    def _log_normals(self, points: Floats) -> Floats:
        """Return the product kernel of all numbers, shape `(points, trials)`.

        The square of the distance is multiplied out, which makes it three matrix products over the parameters at once.
        """
        from scipy.special import ndtr

        widths, columns = self._widths[~self._unordered], ~self._unordered
        centres = self._centres[:, columns]
        inside = ndtr((1 - centres) / widths) - ndtr(-centres / widths)
        log_top = -np.log(inside * widths * math.sqrt(2 * math.pi)) - 0.5 * (centres / widths) ** 2
        scaled, known = _zeroed(points[:, columns] / widths), (~np.isnan(points[:, columns])).astype(float)
        there = (~np.isnan(centres)).astype(float)
        crossed = scaled @ _zeroed(centres / widths).T
        return np.asarray(known @ _zeroed(log_top).T - 0.5 * scaled**2 @ there.T + crossed)

    def _log_choice(self, place: np.intp, chosen: Floats) -> Floats:
        """Return the kernel of one unordered choice against the uniform density, shape `(points, trials)`."""
        size, leave = float(self._sizes[place]), float(self._leave[place])
        if size == 1:
            return np.zeros((len(chosen), len(self._centres)))
        centres = self._centres[:, place]
        kernel = np.where(
            np.abs(chosen - centres) * size < 0.5, math.log((1 - leave) * size), math.log(leave * size / (size - 1))
        )
        return np.where(np.isnan(chosen) | np.isnan(centres), 0.0, kernel)


def _scott(centres: Floats, active: NDArray[np.intp]) -> Floats:
    """Return a kernel's width by Scott's rule, shape `(parameters,)`, as if one more trial had the uniform spread."""
    count = np.maximum(active, 1)
    mean = np.nansum(centres, axis=0) / count
    variance = (np.nansum((centres - mean) ** 2, axis=0) + 1 / 12) / (count + 1)
    return np.asarray(np.sqrt(variance) * count ** (-1 / (centres.shape[1] + 4)))


def _zeroed(values: Floats) -> Floats:
    return np.where(np.isnan(values), 0.0, values)
