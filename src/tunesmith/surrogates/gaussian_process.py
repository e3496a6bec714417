"""A Gaussian process over a search space, fitted with analytic gradients on NumPy and SciPy alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ..core.arrays import Floats
from ..core.space import SearchSpace

_MEAN_VARIANCE = 1.0  # Variance of the constant mean, relative to the signal's; it is integrated out.
_INACTIVE_DISTANCE = 0.25  # Squared distance between an active parameter at mid-range and an inactive one.
_JITTER = 1e-8


class Embedding:
    """Maps encoded points to a Euclidean space in which one kernel serves every kind of parameter.

    A number is one feature. An unordered choice is one feature per option, so that any two options are equally far
    apart (squared distance 1). An inactive parameter is kept away from all its values by a feature of its own. Every
    feature uses the length scale of its parameter.

    Args:
        space: The search space.

    Attributes:
        numbers: The columns of numeric and ordered parameters; their features come first, in this order.
        owners: The parameter's column of each feature, shape `(features,)`.
    """

    def __init__(self, space: SearchSpace) -> None:
        conditional = np.array([bool(parameter.when) for parameter in space.parameters.values()])
        self.numbers = np.flatnonzero(~space.unordered)
        self._choices = [(c, int(space.sizes[c])) for c in np.flatnonzero(space.unordered)]
        self._conditional = np.flatnonzero(conditional & ~space.unordered)
        self.owners = np.concatenate(
            [self.numbers, self._conditional, *(np.full(size, column) for column, size in self._choices)]
        ).astype(np.intp)

    def __call__(self, points: Floats) -> Floats:
        """Return the features, shape `(points, features)`, of points of shape `(points, parameters)`."""
        numbers = points[:, self.numbers]
        parts = [np.where(np.isnan(numbers), 0.5, numbers)]
        parts.append(np.where(np.isnan(points[:, self._conditional]), math.sqrt(_INACTIVE_DISTANCE), 0.0))
        for column, size in self._choices:
            option = np.floor(np.nan_to_num(points[:, column], nan=-1.0) * size)
            parts.append((option[:, None] == np.arange(size)) * math.sqrt(0.5))
        return np.concatenate(parts, axis=1)


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """The hyperparameters of a Gaussian process, as logarithms.

    Args:
        lengths: The length scales, shape `(parameters,)`.
        noise: The noise variance, relative to the signal's.
        warping: The exponents a and b of each number's warping, shape `(2, numbers)`.
    """

    lengths: Floats
    noise: float
    warping: Floats


@dataclass(frozen=True, kw_only=True)
class HyperPriors:
    """Normal priors on the logarithms of the hyperparameters.

    Length scales grow with the square root of the dimension, so that the distance of two random points means the same
    in any dimension (Hvarfner et al. 2024, "Vanilla Bayesian optimization performs great in high dimensions",
    section 4). The dimension is the mean number of active parameters.

    Args:
        length: The mean of the length scales, before they grow. The paper's value, about 0, suits smooth test
            functions; shorter scales find better trainings sooner.
        length_sd: Their standard deviation.
        noise: The mean of the noise variance, relative to the signal's.
        noise_sd: Its standard deviation.
        warping_sd: The standard deviation of the warping's exponents; their mean is 0, no warping.
        signal: The weight of the prior on the signal's variance, as a number of values of variance 1.
    """

    length: float = -0.9
    length_sd: float = 1.0
    noise: float = -7.0
    noise_sd: float = 2.0
    warping_sd: float = 0.5
    signal: float = 2.0


class GaussianProcess:
    """A posterior with a Matérn 5/2 kernel on warped inputs and one length scale per parameter.

    Numbers are warped by the Kumaraswamy distribution function, `1 - (1 - x**a)**b`, so that a metric may change fast
    at one end of a range and slowly at the other (Snoek et al. 2014, "Input warping"). The constant mean is integrated
    out, and the signal's variance maximised in closed form.

    Args:
        embedding: The embedding of the search space.
        hyper: The hyperparameters.
        points: Encoded configurations, shape `(trials, parameters)`.
        values: Shape `(trials,)`, of about zero mean and unit variance.
        priors: The priors of the hyperparameters.

    Attributes:
        signal: The variance that the kernel explains.
    """

    def __init__(
        self,
        embedding: Embedding,
        hyper: Hyperparameters,
        points: Floats,
        values: Floats,
        priors: HyperPriors = HyperPriors(),
    ) -> None:
        self.embedding = embedding
        self.hyper = hyper
        self.points = points
        self.values = values
        self.priors = priors
        features = embedding(points)
        self._scale = np.exp(-hyper.lengths[embedding.owners])
        self._inputs = _warp(features, hyper.warping) * self._scale
        kernel = _matern(_squared_distances(self._inputs, self._inputs)) + _MEAN_VARIANCE
        kernel[np.diag_indices_from(kernel)] += math.exp(hyper.noise) + _JITTER
        from scipy.linalg import cho_solve, cholesky

        self._factor = cholesky(kernel, lower=True)
        self._weights = cho_solve((self._factor, True), values)
        count = len(values) + priors.signal
        self.signal = float((values @ self._weights + priors.signal) / count)

    @property
    def noise(self) -> float:
        """The standard deviation of the noise, on the scale of the values."""
        return math.sqrt(self.signal * math.exp(self.hyper.noise))

    @cached_property
    def _inverse_factor(self) -> Floats:
        from scipy.linalg import solve_triangular

        return np.asarray(solve_triangular(self._factor, np.eye(len(self._factor)), lower=True))

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of the noiseless metric at points, each of shape `(points,)`."""
        inputs = _warp(self.embedding(points), self.hyper.warping) * self._scale
        kernel = _matern(_squared_distances(inputs, self._inputs)) + _MEAN_VARIANCE
        solved = kernel @ self._inverse_factor.T
        variance = 1.0 + _MEAN_VARIANCE - (solved**2).sum(axis=1)
        return kernel @ self._weights, np.sqrt(self.signal * np.maximum(variance, 1e-12))

    def condition_on(self, points: Floats, values: Floats | None = None) -> GaussianProcess:
        """Return the process with more observations and the same hyperparameters.

        Args:
            points: Shape `(new, parameters)`.
            values: Shape `(new,)`; the predicted means by default.
        """
        values = self.predict(points)[0] if values is None else values
        conditioned = GaussianProcess(
            self.embedding,
            self.hyper,
            np.concatenate([self.points, points]),
            np.concatenate([self.values, values]),
            self.priors,
        )
        conditioned.signal = self.signal
        return conditioned


def fit_cached(
    space: SearchSpace,
    points: Floats,
    raw: Floats,
    transform: Callable[[Floats], Floats],
    *,
    training: tuple[Floats, Floats] | None = None,
    priors: HyperPriors = HyperPriors(),
) -> GaussianProcess:
    """Return a process on some trials, with hyperparameters that are cached by the data they were fitted to.

    Args:
        space: The search space.
        points: Shape `(trials, parameters)`, in the order of the trials.
        raw: Shape `(trials,)`.
        transform: Maps raw values to values of about zero mean and unit variance.
        training: Points and raw values to fit the hyperparameters to; by default the first `training_size` trials.
            Unchanged data costs nothing.
        priors: The priors of the hyperparameters.
    """
    size = training_size(len(raw))
    training_points, training_raw = (points[:size], raw[:size]) if training is None else training
    hyper = _fitted(_TrainingData(space, training_points, transform(training_raw), priors))
    return GaussianProcess(Embedding(space), hyper, points, transform(raw), priors)


def training_size(trials: int) -> int:
    """Return the number of trials to fit hyperparameters to, which grows in steps of a tenth to reuse fits.

    >>> training_size(15), training_size(57), training_size(1099)
    (15, 55, 1090)
    """
    return trials - trials % max(1, trials // 10)


class _TrainingData:
    """Everything that a fit depends on, compared by content."""

    def __init__(self, space: SearchSpace, points: Floats, values: Floats, priors: HyperPriors) -> None:
        self.space, self.points, self.values, self.priors = space, points, values, priors
        self._content = repr(space), points.tobytes(), values.tobytes(), priors

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _TrainingData) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)


@lru_cache(maxsize=64)
def _fitted(data: _TrainingData) -> Hyperparameters:
    return fit(data.space, data.points, data.values, priors=data.priors).hyper


def fit(
    space: SearchSpace, points: Floats, values: Floats, *, priors: HyperPriors = HyperPriors(), iterations: int = 40
) -> GaussianProcess:
    """Return the process with the most probable hyperparameters, found by L-BFGS from the mean of the priors.

    Args:
        space: The search space.
        points: Shape `(trials, parameters)`, NaN where a parameter is inactive.
        values: Shape `(trials,)`, of about zero mean and unit variance.
        priors: The priors of the hyperparameters.
        iterations: The most steps of L-BFGS.
    """
    from scipy.optimize import minimize

    posterior = HyperPosterior(Embedding(space), points, values, priors)
    optimum = minimize(
        posterior,
        posterior.mean,
        jac=True,
        method="L-BFGS-B",
        bounds=posterior.bounds,
        options={"maxiter": iterations, "ftol": 1e-6},
    )
    return GaussianProcess(posterior.embedding, posterior.unpack(optimum.x), points, values, priors)


class HyperPosterior:
    """The negative log posterior density of the hyperparameters, as a function of a flat array.

    The array holds the length scales, the noise, and both rows of `warping`.

    Args:
        embedding: The embedding of the search space.
        points: Shape `(trials, parameters)`.
        values: Shape `(trials,)`.
        priors: The priors of the hyperparameters.

    Attributes:
        mean: The mean of the priors, flat.
        bounds: The lowest and the highest value of each hyperparameter.
    """

    def __init__(self, embedding: Embedding, points: Floats, values: Floats, priors: HyperPriors) -> None:
        self.embedding = embedding
        self._features = embedding(points)
        self._log_numbers = _logarithms(self._features[:, : len(embedding.numbers)])
        self._owners = embedding.owners
        self._values = values
        self._priors = priors
        self._dimensions = points.shape[1]
        self._numbers = len(embedding.numbers)
        active = float((~np.isnan(points)).sum(axis=1).mean())
        lengths = np.full(self._dimensions, priors.length + 0.5 * math.log(max(active, 1.0)))
        exponents = 2 * self._numbers
        self.mean = np.concatenate([lengths, [priors.noise], np.zeros(exponents)])
        self._sds = np.concatenate(
            [
                np.full(self._dimensions, priors.length_sd),
                [priors.noise_sd],
                np.full(exponents, max(priors.warping_sd, 1e-9)),
            ]
        )
        reach = np.concatenate(
            [np.full(self._dimensions, 5.0), [10.0], np.full(exponents, 1.5 if priors.warping_sd else 0.0)]
        )
        self.bounds = list(zip(self.mean - reach, self.mean + reach, strict=True))

    def unpack(self, flat: Floats) -> Hyperparameters:
        """Return the hyperparameters that a flat array holds."""
        lengths, noise, warping = np.split(flat, [self._dimensions, self._dimensions + 1])
        return Hyperparameters(lengths=lengths, noise=float(noise[0]), warping=warping.reshape(2, -1))

    def __call__(self, flat: Floats) -> tuple[float, Floats]:
        """Return the negative log density, up to a constant, and its gradient."""
        from scipy.linalg import lapack

        hyper = self.unpack(flat)
        numbers, scale = self._numbers, np.exp(-hyper.lengths[self._owners])
        warped, by_a, by_b = _kumaraswamy(self._log_numbers, hyper.warping)
        inputs = np.concatenate([warped, self._features[:, numbers:]], axis=1) * scale
        kernel, slope = _matern_and_slope(_squared_distances(inputs, inputs))
        kernel += _MEAN_VARIANCE
        noise = math.exp(hyper.noise)
        kernel.flat[:: len(kernel) + 1] += noise + _JITTER
        factor, fault = lapack.dpotrf(kernel, lower=1, overwrite_a=1)
        if fault:
            return 1e10, np.zeros_like(flat)
        log_determinant = 2 * float(np.log(np.diag(factor)).sum())
        lower, _ = lapack.dpotri(factor, lower=1)
        inverse = np.tril(lower) + np.tril(lower, -1).T
        weights = inverse @ self._values
        count = len(self._values) + self._priors.signal
        energy = float(self._values @ weights) + self._priors.signal
        deviation = (flat - self.mean) / self._sds
        loss = 0.5 * (log_determinant + count * math.log(energy / count) + float(deviation @ deviation))
        # The derivative by each entry of the kernel, then by each squared distance, then by each input.
        by_kernel = 0.5 * (inverse - (count / energy) * np.outer(weights, weights))
        by_squared = by_kernel * slope
        by_inputs = 4 * (by_squared.sum(axis=1)[:, None] * inputs - by_squared @ inputs)
        gradient = deviation / self._sds
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
    first_norms, second_norms = (first**2).sum(axis=1), (second**2).sum(axis=1)
    return np.asarray(np.maximum(first_norms[:, None] + second_norms - 2 * (first @ second.T), 0.0))


def _matern(squared: Floats) -> Floats:
    """Return the Matérn 5/2 kernel of squared distances (Rasmussen and Williams 2006, equation 4.17)."""
    root = np.sqrt(5 * squared)
    return np.asarray((1 + root + (5 / 3) * squared) * np.exp(-root))


def _matern_and_slope(squared: Floats) -> tuple[Floats, Floats]:
    """Return the Matérn 5/2 kernel and its derivative by the squared distance."""
    root = np.sqrt(5 * squared)
    decay = np.exp(-root)
    slope = (1 + root) * decay
    return np.asarray(slope + (5 / 3) * squared * decay), np.asarray(slope * (-5 / 6))


def _logarithms(numbers: Floats) -> Floats:
    """Return logarithms of numbers in [0, 1], clipped just inside the borders."""
    return np.asarray(np.log(np.clip(numbers, 1e-6, 1 - 1e-6)))


def _warp(features: Floats, warping: Floats) -> Floats:
    """Return features with the numbers, which come first, warped."""
    if not warping.any():
        return features
    count = warping.shape[1]
    return np.concatenate([_kumaraswamy(_logarithms(features[:, :count]), warping)[0], features[:, count:]], axis=1)


def _kumaraswamy(logs: Floats, warping: Floats) -> tuple[Floats, Floats, Floats]:
    """Return warped numbers, given by their logarithms, and the derivatives by the logarithms of a and b."""
    a, b = np.exp(warping)
    powered = a * logs
    rest = np.log(-np.expm1(powered))
    left = np.exp(b * rest)
    return 1 - left, b * np.exp((b - 1) * rest + powered) * powered, -b * left * rest
