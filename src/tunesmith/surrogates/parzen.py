"""A kernel density estimate over a search space."""

from __future__ import annotations

import math

import numpy as np

from ..core.arrays import Floats, Indices
from ..core.space import SearchSpace

_LEAST_WIDTH = 0.03  # Of the unit interval. Narrower kernels would refine one optimum for ever.


class ParzenEstimator:
    """A mixture of one product kernel per trial and one broad component, the uniform density or the prior.

    A number's kernel is a normal density truncated to [0, 1] (Bergstra et al. 2011, section 4), with Scott's bandwidth
    (Watanabe 2023, arXiv 2304.11127, section 3.3.2) for the spread of these trials, so that the search narrows as good
    trials concentrate. An unordered choice has the kernel of Aitchison and Aitken (1976). Where a parameter is active
    in only one of point and trial, the kernel is uniform: the parents it depends on are compared already.

    Args:
        space: The search space.
        centres: Shape `(trials, parameters)` in [0, 1], NaN where inactive.
        weights: The weights of the trials, relative to 1 for the broad component; shape `(trials,)`.
        prior_share: The share of the broad component that follows the space's prior; the rest is uniform.
    """

    def __init__(self, space: SearchSpace, centres: Floats, weights: Floats, *, prior_share: float = 0.0) -> None:
        self._space = space
        self._prior_share = prior_share if space.has_prior else 0.0
        self._centres = centres
        self._shares = np.append(weights, 1.0) / (weights.sum() + 1.0)
        self._unordered, self._sizes = space.unordered, space.sizes
        active = (~np.isnan(centres)).sum(axis=0)
        self._widths = np.clip(_scott(centres, active), np.maximum(_LEAST_WIDTH, 0.5 / self._sizes), 1.0)
        # The probability of an option other than the trial's: the uniform one, shrinking with the number of trials.
        self._leave = np.where(self._unordered, (1 - 1 / self._sizes) / np.sqrt(1.0 + active), 0.0)

    def log_density(self, points: Floats) -> Floats:
        """Return the log density at points of shape `(points, parameters)`; shape `(points,)`."""
        weighted = self.log_kernels(points) + np.log(self._shares)
        highest = weighted.max(axis=1)
        return np.asarray(highest + np.log(np.exp(weighted - highest[:, None]).sum(axis=1)))

    def log_kernels(self, points: Floats) -> Floats:
        """Return the log density of every component, the broad one last; shape `(points, trials + 1)`."""
        kernels = np.zeros((len(points), len(self._centres) + 1))
        kernels[:, :-1] = self._log_normals(points)
        for column in np.flatnonzero(self._unordered):
            kernels[:, :-1] += self._log_choice(column, points[:, column, None])
        if self._prior_share:
            kernels[:, -1] = np.log1p(self._prior_share * np.expm1(self._space.log_prior(points)))
        return kernels

    def sample(self, count: int, rng: np.random.Generator) -> Floats:
        """Return random points, shape `(count, parameters)` in [0, 1], without NaN."""
        from scipy.special import ndtr, ndtri  # Takes a fifth of a second to import.

        broad = np.full((1, len(self._widths)), np.nan)
        components = rng.choice(len(self._shares), size=count, p=self._shares)
        centres = np.concatenate([self._centres, broad])[components]
        uniform = rng.random(centres.shape)
        low, high = ndtr(-centres / self._widths), ndtr((1 - centres) / self._widths)
        points = centres + self._widths * ndtri(low + uniform * (high - low))
        for column in np.flatnonzero(self._unordered):
            size = int(self._sizes[column])
            option = np.floor(centres[:, column] * size)
            other = (option + rng.integers(1, max(size, 2), count)) % size
            leaves = uniform[:, column] < self._leave[column]
            points[:, column] = (np.where(leaves, other, option) + 0.5) / size
        if self._prior_share:
            from_prior = (components == len(self._centres)) & (rng.random(count) < self._prior_share)
            uniform[from_prior] = self._space.from_prior(uniform[from_prior])
        return np.asarray(np.clip(np.where(np.isnan(centres), uniform, points), 0.0, 1.0))

    def _log_normals(self, points: Floats) -> Floats:
        """Return the product kernel of all numbers, shape `(points, trials)`.

        The squared distance is expanded, so that three matrix products cover all parameters at once.
        """
        from scipy.special import ndtr

        widths, columns = self._widths[~self._unordered], ~self._unordered
        centres = self._centres[:, columns]
        inside = ndtr((1 - centres) / widths) - ndtr(-centres / widths)
        log_peak = -np.log(inside * widths * math.sqrt(2 * math.pi)) - 0.5 * (centres / widths) ** 2
        scaled, known = _zeroed(points[:, columns] / widths), (~np.isnan(points[:, columns])).astype(float)
        active = (~np.isnan(centres)).astype(float)
        crossed = scaled @ _zeroed(centres / widths).T
        return np.asarray(known @ _zeroed(log_peak).T - 0.5 * scaled**2 @ active.T + crossed)

    def _log_choice(self, column: np.intp, values: Floats) -> Floats:
        """Return the kernel of one unordered choice relative to the uniform density, shape `(points, trials)`."""
        size, leave = float(self._sizes[column]), float(self._leave[column])
        if size == 1:
            return np.zeros((len(values), len(self._centres)))
        centres = self._centres[:, column]
        kernel = np.where(
            np.abs(values - centres) * size < 0.5, math.log((1 - leave) * size), math.log(leave * size / (size - 1))
        )
        return np.where(np.isnan(values) | np.isnan(centres), 0.0, kernel)


def _scott(centres: Floats, active: Indices) -> Floats:
    """Return Scott's bandwidths, shape `(parameters,)`, as if one more trial had the spread of the uniform density."""
    count = np.maximum(active, 1)
    mean = np.nansum(centres, axis=0) / count
    variance = (np.nansum((centres - mean) ** 2, axis=0) + 1 / 12) / (count + 1)
    return np.asarray(np.sqrt(variance) * count ** (-1 / (centres.shape[1] + 4)))


def _zeroed(values: Floats) -> Floats:
    return np.where(np.isnan(values), 0.0, values)
