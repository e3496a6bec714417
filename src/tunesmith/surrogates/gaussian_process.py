"""A Gaussian process over a search space: fitted with analytic gradients, on NumPy and SciPy alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ..core.parameters import Choice
from ..core.space import SearchSpace

Floats = NDArray[np.float64]

_MEAN_VARIANCE = 1.0  # Of the constant mean, against the signal's: it is integrated out, not estimated.
_APART = 0.25  # The squared distance of a parameter that is active from one that is not, at the middle of its range.
_JITTER = 1e-8


class Embedding:
    """Lays the points of a space into a Euclidean one, where one kernel serves every kind of parameter.

    A number is one feature. An unordered choice is one feature an option, so that two different options are all
    equally far apart (squared distance 1). A parameter that is not active lies apart from all its values, on a feature
    of its own. Every feature belongs to the parameter whose length scale it shares.

    Args:
        space: The space.

    Attributes:
        numbers: The columns of the points that are numbers or ordered; their features come first and in this order.
        owners: For each feature the column of its parameter, shape `(features,)`.
    """

    def __init__(self, space: SearchSpace) -> None:
        parameters = list(space.parameters.values())
        unordered = [isinstance(p, Choice) and not p.ordered for p in parameters]
        self.numbers = np.flatnonzero(~np.array(unordered))
        self._choices = [(c, int(parameters[c].size)) for c in np.flatnonzero(unordered)]
        self._conditional = np.array([c for c in self.numbers if parameters[c].when], dtype=np.intp)
        self.owners = np.concatenate(
            [self.numbers, self._conditional, *(np.full(size, column) for column, size in self._choices)]
        ).astype(np.intp)

    def __call__(self, points: Floats) -> Floats:
        """Return the features of points of shape `(points, parameters)`; shape `(points, features)`."""
        numbers = points[:, self.numbers]
        parts = [np.where(np.isnan(numbers), 0.5, numbers)]
        parts.append(np.where(np.isnan(points[:, self._conditional]), math.sqrt(_APART), 0.0))
        for column, size in self._choices:
            own = np.floor(np.nan_to_num(points[:, column], nan=-1.0) * size)
            parts.append((own[:, None] == np.arange(size)) * math.sqrt(0.5))
        return np.concatenate(parts, axis=1)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The hyperparameters of a Gaussian process, as logarithms.

    Args:
        lengths: Of the length scales, shape `(parameters,)`.
        noise: Of the noise variance, against the signal's.
        bends: Of the exponents a and b of each number's warping, shape `(2, numbers)`.
    """

    lengths: Floats
    noise: float
    bends: Floats


@dataclass(frozen=True, kw_only=True)
class HyperPriors:
    """What is believed of the hyperparameters before any data: normal densities of their logarithms.

    The length scales grow with the root of the dimension, so that the distance of two random points means the same in
    any (Hvarfner et al. 2024, "Vanilla Bayesian optimization performs great in high dimensions", section 4). The
    dimension is the number of parameters that are active at a time.

    Args:
        length: The middle of the length scales, before they grow. That of the paper, about 0, is for smooth test
            functions; short ones find more, and sooner, where trainings are searched.
        length_sd: Their standard deviation.
        noise: The middle of the noise variance, against the signal's.
        noise_sd: Its standard deviation.
        bend_sd: The standard deviation of the warping's exponents, whose middle is 0: no warping.
        signal: How many values of variance 1 the signal's variance is believed to rest on already.
    """

    length: float = -0.9
    length_sd: float = 1.0
    noise: float = -7.0
    noise_sd: float = 2.0
    bend_sd: float = 0.5
    signal: float = 2.0


class GaussianProcess:
    """A posterior: a Matérn 5/2 kernel with one length scale a parameter, over warped numbers.

    Every number is warped by the distribution function of Kumaraswamy, `1 - (1 - x**a)**b`, so that a metric may change
    fast at one end of a range and slowly at the other (Snoek et al. 2014, "Input warping"). The constant mean and the
    signal's variance are integrated out or maximised in closed form.

    Args:
        embedding: Of the space.
        settings: The hyperparameters.
        points: Shape `(trials, parameters)`.
        values: Shape `(trials,)`, of about zero mean and unit variance.
        beliefs: Of the hyperparameters.

    Attributes:
        signal: The variance of what the kernel explains.
    """

    def __init__(
        self,
        embedding: Embedding,
        settings: Settings,
        points: Floats,
        values: Floats,
        beliefs: HyperPriors = HyperPriors(),
    ) -> None:
        self.embedding = embedding
        self.settings = settings
        self.points = points
        self.values = values
        self.beliefs = beliefs
        features = embedding(points)
        self._scale = np.exp(-settings.lengths[embedding.owners])
        self._inputs = _warp(features, settings.bends) * self._scale
        kernel = _matern(_squared_distances(self._inputs, self._inputs)) + _MEAN_VARIANCE
        kernel[np.diag_indices_from(kernel)] += math.exp(settings.noise) + _JITTER
        from scipy.linalg import cho_solve, cholesky

        self._factor = cholesky(kernel, lower=True)
        self._weights = cho_solve((self._factor, True), values)
        count = len(values) + beliefs.signal
        self.signal = float((values @ self._weights + beliefs.signal) / count)

    @property
    def noise(self) -> float:
        """The standard deviation of the noise, on the scale of the values."""
        return math.sqrt(self.signal * math.exp(self.settings.noise))

    @cached_property
    def _inverse(self) -> Floats:
        from scipy.linalg import solve_triangular

        return np.asarray(solve_triangular(self._factor, np.eye(len(self._factor)), lower=True))

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of the noiseless metric at points, each of shape `(points,)`."""
        inputs = _warp(self.embedding(points), self.settings.bends) * self._scale
        kernel = _matern(_squared_distances(inputs, self._inputs)) + _MEAN_VARIANCE
        solved = kernel @ self._inverse.T
        variance = 1.0 + _MEAN_VARIANCE - (solved**2).sum(axis=1)
        return kernel @ self._weights, np.sqrt(self.signal * np.maximum(variance, 1e-12))

    def given(self, points: Floats, values: Floats | None = None) -> GaussianProcess:
        """Return the process with more observations and the same hyperparameters.

        Args:
            points: Shape `(more, parameters)`.
            values: Shape `(more,)`; by default what the process expects there.
        """
        values = self.predict(points)[0] if values is None else values
        more = GaussianProcess(
            self.embedding,
            self.settings,
            np.concatenate([self.points, points]),
            np.concatenate([self.values, values]),
            self.beliefs,
        )
        more.signal = self.signal
        return more


def learn(
    space: SearchSpace,
    points: Floats,
    raw: Floats,
    shape: Callable[[Floats], Floats],
    *,
    lesson: tuple[Floats, Floats] | None = None,
    beliefs: HyperPriors = HyperPriors(),
) -> GaussianProcess:
    """Return a process on some trials, with hyperparameters that are remembered by what they were learnt from.

    Args:
        space: The space.
        points: Shape `(trials, parameters)`, in the order in which they came.
        raw: Shape `(trials,)`.
        shape: Makes values of about zero mean and unit variance of raw ones.
        lesson: The points and raw values that the hyperparameters are learnt from, where those are others; what stays
            the same from proposal to proposal costs nothing. By default the first of the trials (`taught`).
        beliefs: Of the hyperparameters.
    """
    known, told = (points[: taught(len(raw))], raw[: taught(len(raw))]) if lesson is None else lesson
    settings = _settings(_Lesson(space, known, shape(told), beliefs))
    return GaussianProcess(Embedding(space), settings, points, shape(raw), beliefs)


def taught(trials: int) -> int:
    """Return how many of so many trials hyperparameters are learnt from: in between, they would change little.

    >>> taught(15), taught(57), taught(1099)
    (15, 55, 1090)
    """
    return trials - trials % max(1, trials // 10)


class _Lesson:
    """What a process is fitted to; equal where all of it is."""

    def __init__(self, space: SearchSpace, points: Floats, values: Floats, beliefs: HyperPriors) -> None:
        self.space, self.points, self.values, self.beliefs = space, points, values, beliefs
        self._content = repr(space), points.tobytes(), values.tobytes(), beliefs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Lesson) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)


@lru_cache(maxsize=64)
def _settings(lesson: _Lesson) -> Settings:
    return fit(lesson.space, lesson.points, lesson.values, beliefs=lesson.beliefs).settings


def fit(
    space: SearchSpace, points: Floats, values: Floats, *, beliefs: HyperPriors = HyperPriors(), iterations: int = 40
) -> GaussianProcess:
    """Return the process with the most probable hyperparameters.

    The posterior density is climbed by L-BFGS with its analytic gradient, from the middle of the beliefs.

    Args:
        space: The space.
        points: Shape `(trials, parameters)`, NaN where a parameter is not active.
        values: Shape `(trials,)`, of about zero mean and unit variance.
        beliefs: Of the hyperparameters.
        iterations: The most steps of L-BFGS.
    """
    from scipy.optimize import minimize

    embedding = Embedding(space)
    posterior = _Posterior(embedding, points, values, beliefs)
    found = minimize(
        posterior,
        posterior.middle,
        jac=True,
        method="L-BFGS-B",
        bounds=posterior.bounds,
        options={"maxiter": iterations, "ftol": 1e-6},
    )
    return GaussianProcess(embedding, posterior.settings(found.x), points, values, beliefs)


class _Posterior:
    """The negative logarithm of the hyperparameters' posterior density, with its gradient."""

    def __init__(self, embedding: Embedding, points: Floats, values: Floats, beliefs: HyperPriors) -> None:
        self._features = embedding(points)
        self._log_numbers = _logarithms(self._features[:, : len(embedding.numbers)])
        self._owners = embedding.owners
        self._values = values
        self._beliefs = beliefs
        self._dimensions = points.shape[1]
        self._numbers = len(embedding.numbers)
        active = float((~np.isnan(points)).sum(axis=1).mean())
        lengths = np.full(self._dimensions, beliefs.length + 0.5 * math.log(max(active, 1.0)))
        bends = 2 * self._numbers
        self.middle = np.concatenate([lengths, [beliefs.noise], np.zeros(bends)])
        self._sds = np.concatenate(
            [
                np.full(self._dimensions, beliefs.length_sd),
                [beliefs.noise_sd],
                np.full(bends, max(beliefs.bend_sd, 1e-9)),
            ]
        )
        reach = np.concatenate(
            [np.full(self._dimensions, 5.0), [10.0], np.full(bends, 1.5 if beliefs.bend_sd else 0.0)]
        )
        self.bounds = list(zip(self.middle - reach, self.middle + reach, strict=True))

    def settings(self, flat: Floats) -> Settings:
        lengths, noise, bends = np.split(flat, [self._dimensions, self._dimensions + 1])
        return Settings(lengths=lengths, noise=float(noise[0]), bends=bends.reshape(2, -1))

    def __call__(self, flat: Floats) -> tuple[float, Floats]:
        from scipy.linalg import lapack

        settings = self.settings(flat)
        numbers, scale = self._numbers, np.exp(-settings.lengths[self._owners])
        warped, by_a, by_b = _bent(self._log_numbers, settings.bends)
        inputs = np.concatenate([warped, self._features[:, numbers:]], axis=1) * scale
        kernel, slope = _matern_and_slope(_squared_distances(inputs, inputs))
        kernel += _MEAN_VARIANCE
        noise = math.exp(settings.noise)
        kernel.flat[:: len(kernel) + 1] += noise + _JITTER
        factor, fault = lapack.dpotrf(kernel, lower=1, overwrite_a=1)
        if fault:
            return 1e10, np.zeros_like(flat)
        log_determinant = 2 * float(np.log(np.diag(factor)).sum())
        lower, _ = lapack.dpotri(factor, lower=1)
        inverse = np.tril(lower) + np.tril(lower, -1).T
        weights = inverse @ self._values
        count = len(self._values) + self._beliefs.signal
        energy = float(self._values @ weights) + self._beliefs.signal
        away = (flat - self.middle) / self._sds
        loss = 0.5 * (log_determinant + count * math.log(energy / count) + float(away @ away))
        # The derivative by each entry of the kernel, then by each squared distance, then by each input.
        by_kernel = 0.5 * (inverse - (count / energy) * np.outer(weights, weights))
        by_squared = by_kernel * slope
        by_inputs = 4 * (by_squared.sum(axis=1)[:, None] * inputs - by_squared @ inputs)
        gradient = away / self._sds
        gradient[: self._dimensions] -= np.bincount(
            self._owners, (by_inputs * inputs).sum(axis=0), minlength=self._dimensions
        )
        gradient[self._dimensions] += noise * float(np.trace(by_kernel))
        by_warped = by_inputs[:, :numbers] * scale[:numbers]
        gradient[self._dimensions + 1 :] += np.concatenate(
            [(by_warped * by_a).sum(axis=0), (by_warped * by_b).sum(axis=0)]
        )
        return loss, gradient


def _squared_distances(first: Floats, second: Floats) -> Floats:
    own, other = (first**2).sum(axis=1), (second**2).sum(axis=1)
    return np.asarray(np.maximum(own[:, None] + other - 2 * (first @ second.T), 0.0))


def _matern(squared: Floats) -> Floats:
    """Return the Matérn 5/2 kernel of squared distances (Rasmussen and Williams 2006, equation 4.17)."""
    root = np.sqrt(5 * squared)
    return np.asarray((1 + root + (5 / 3) * squared) * np.exp(-root))


def _matern_and_slope(squared: Floats) -> tuple[Floats, Floats]:
    """Return the kernel, and its derivative by the squared distance."""
    root = np.sqrt(5 * squared)
    decay = np.exp(-root)
    slope = (1 + root) * decay
    return np.asarray(slope + (5 / 3) * squared * decay), np.asarray(slope * (-5 / 6))


def _logarithms(numbers: Floats) -> Floats:
    """Return logarithms of numbers in [0, 1], a hair inside of the borders."""
    return np.asarray(np.log(np.clip(numbers, 1e-6, 1 - 1e-6)))


def _warp(features: Floats, bends: Floats) -> Floats:
    """Return features with the numbers, which come first, warped."""
    if not bends.any():
        return features
    count = bends.shape[1]
    return np.concatenate([_bent(_logarithms(features[:, :count]), bends)[0], features[:, count:]], axis=1)


def _bent(logs: Floats, bends: Floats) -> tuple[Floats, Floats, Floats]:
    """Return numbers, given by their logarithms, warped; and the derivatives by the logarithms of a and b."""
    a, b = np.exp(bends)
    powered = a * logs
    rest = np.log(-np.expm1(powered))
    left = np.exp(b * rest)
    return 1 - left, b * np.exp((b - 1) * rest + powered) * powered, -b * left * rest
