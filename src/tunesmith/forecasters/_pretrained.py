"""Networks that others trained on many series: they forecast from the history alone, and nothing is trained."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import orjson
from scipy.special import ndtri

from ..core.arrays import Floats, Singles
from ..core.parameters import Parameter
from ..core.trial import Value
from ..errors import InputError, message_of
from ..series.levels import MEDIAN, sorted_levels
from ..series.panel import Panel
from ..text.cleaning import short
from ._local import NORMAL
from ._windows import keep_constant
from .base import ForecastPart, ForecastProfile

_FILE = "pretrained.json"
_MOST_MESSAGE = 300  # Characters; libraries list every tensor that they miss.


@dataclass(frozen=True, kw_only=True)
class PretrainedModel:
    """A network that others trained.

    The weights stay where they are: a model notes their place and their SHA-256, and refuses others.

    Args:
        parameters: The hyperparameters.
        weights: The file of the weights.
        digest: Its SHA-256.

    Attributes:
        variable: The environment variable that names the weights.
        file_name: The name of their file in a folder.
    """

    variable: ClassVar[str]
    file_name: ClassVar[str]

    parameters: Mapping[str, Value]
    weights: Path
    digest: str

    @property
    def weights_bytes(self) -> int:
        """The size of the weights, which are not in the model's folder."""
        return self.weights.stat().st_size

    def forecast(self, panel: Panel, horizon: int) -> Floats:
        """Return quantiles of the steps after the end of each series, shape `(series, horizon, levels)`.

        Raises:
            InputError: The library cannot read the weights.
        """
        histories, means, deviations = scaled_histories(panel, int(self.parameters["lookback"]))
        network = _network(type(self), self.weights, self.digest)  # type: ignore[arg-type]  # Classes can be hashed.
        known, quantiles = self.quantiles(network, panel, histories, horizon)
        forecast = sorted_levels(at_levels(np.asarray(quantiles, dtype=np.float64), known))
        return keep_constant(panel, means[:, None, None] + deviations[:, None, None] * forecast)

    @classmethod
    def read(cls, weights: Path) -> Any:
        """Return the network of the library with its weights."""
        raise NotImplementedError

    def quantiles(
        self, network: Any, panel: Panel, histories: list[Singles], horizon: int
    ) -> tuple[Sequence[float], Floats]:
        """Return levels from 0 to 1, and the quantiles at them, shape `(series, horizon, levels)`.

        Args:
            network: What `read` returned.
            panel: The series up to the origin.
            histories: The last values of each, scaled, NaN where one is missing; shape `(lookback,)` or shorter.
            horizon: The number of steps.
        """
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        """Write it to a folder as JSON, without the weights."""
        table = {"parameters": dict(self.parameters), "weights": str(self.weights), "digest": self.digest}
        (folder / _FILE).write_bytes(orjson.dumps(table))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote.

        Raises:
            InputError: Its weights are neither where they were nor where the environment variable says.
        """
        table = orjson.loads((folder / _FILE).read_bytes())
        places = [find_weights(cls.variable, cls.file_name), Path(table["weights"])]
        for place in places:
            if place is not None and place.is_file() and digest_of(place) == table["digest"]:
                return cls(parameters=table["parameters"], weights=place, digest=table["digest"])
        raise InputError(
            f"the model requires the weights that it was created with. Set {cls.variable} to the file whose SHA-256 is "
            f"{table['digest']}."
        )


class PretrainedForecaster:
    """What families of networks that others trained have in common.

    Attributes:
        usual_lookback: The values of a series that are looked at.
        seconds_per_token: The processor seconds that the network takes for one piece of a series.
        seconds_to_load: Those that it takes to read the weights.
    """

    profile: ClassVar[ForecastProfile]
    model: ClassVar[type[PretrainedModel]]
    space: ClassVar[Mapping[str, Parameter]]
    libraries: ClassVar[Sequence[str]] = ()
    usual_lookback: ClassVar[int]
    seconds_per_token: ClassVar[float]
    seconds_to_load: ClassVar[float]

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return the usual lookback; nothing where there are no weights."""
        there = find_weights(self.model.variable, self.model.file_name) is not None
        return [{"lookback": self.usual_lookback}] if there else []

    def tokens(self, lengths: Floats, horizon: int, parameters: Mapping[str, Value]) -> Floats:
        """Return the number of pieces of a series that the network reads for one forecast, shape `(series,)`.

        Args:
            lengths: The number of values that are looked at, shape `(series,)`.
            horizon: The number of steps.
            parameters: The hyperparameters.
        """
        raise NotImplementedError

    def seconds(self, panel: Panel, horizon: int, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one forecast of all series."""
        lengths = np.minimum(panel.lengths, int(parameters["lookback"])).astype(np.float64)
        return float(self.seconds_to_load + self.seconds_per_token * self.tokens(lengths, horizon, parameters).sum())

    def fit(self, part: ForecastPart, parameters: Mapping[str, Value]) -> PretrainedModel:
        """Return the network as it is.

        Raises:
            InputError: The environment variable names no weights.
        """
        kind = self.model
        weights = find_weights(kind.variable, kind.file_name)
        if weights is None:
            raise InputError(
                f"{kind.variable} must name {kind.file_name} of {self.profile.title}, or the folder that holds it, "
                f"got '{os.environ.get(kind.variable, '')}'. Nothing is downloaded."
            )
        return kind(parameters=parameters, weights=weights, digest=digest_of(weights))


def find_weights(variable: str, file_name: str) -> Path | None:
    """Return the file of the weights; None if there is none.

    Args:
        variable: The environment variable that names the file, or its folder.
        file_name: Its name in a folder.
    """
    setting = os.environ.get(variable, "")
    if not setting:
        return None
    place = Path(setting).expanduser().absolute()
    place = place / file_name if place.is_dir() else place
    return place if place.is_file() and place.suffix == Path(file_name).suffix else None


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    status = path.stat()
    return _digest(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=8)
def _digest(path: Path, size: int, changed: int) -> str:
    """Return the SHA-256 of a file of a gigabyte, once for each of its versions."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=1)
def _network(kind: type[PretrainedModel], weights: Path, digest: str) -> Any:
    """Return a network with the weights of a digest, which takes seconds and a gigabyte; the last one is kept."""
    from . import _without_hub  # noqa: F401

    try:  # The libraries print where weights come from, and a progress bar.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return kind.read(weights)
    except Exception as error:  # Malformed files can raise anything.
        reason = short(message_of(error), _MOST_MESSAGE)
        raise InputError(
            f"{kind.variable} must name weights of this network, but {weights} has none: {reason}"
        ) from error


def device() -> str:
    """Return where networks run: on a graphics card if there is one."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def scaled_histories(panel: Panel, lookback: int) -> tuple[list[Singles], Floats, Floats]:
    """Return the last values of each series, scaled, and their means and deviations, shape `(series,)` each.

    Networks scale series themselves, but in single precision, where small changes of large values are lost.

    Args:
        panel: The series.
        lookback: The most values of each.
    """
    histories, moments = [], np.empty((len(panel), 2))
    for index in range(len(panel)):
        values = panel.known_values(index)[-lookback:]
        values = values if np.isfinite(values).any() else panel.history(index)[-lookback:]
        mean, deviation = np.nanmean(values), np.nanstd(values)
        moments[index] = mean, deviation if deviation > 0 else 1.0
        histories.append(((values - mean) / moments[index, 1]).astype(np.float32))
    return histories, moments[:, 0], moments[:, 1]


def at_levels(quantiles: Floats, known: Sequence[float]) -> Floats:
    """Return quantiles at the levels of a forecast, shape `(..., levels)`.

    Between known levels they are interpolated as those of a normal distribution are; beyond the outermost one the
    distance from the median grows as that of a normal distribution does.

    Args:
        quantiles: Those at the known levels, shape `(..., known)`.
        known: The levels, ascending, around 0.5.
    """
    places = ndtri(np.asarray(known))
    weights = np.array([np.interp(NORMAL, places, unit) for unit in np.eye(len(places))])
    stretch = np.maximum(1.0, np.maximum(NORMAL / places[-1], NORMAL / places[0]))
    found = quantiles @ weights
    middle = found[..., MEDIAN : MEDIAN + 1]
    return np.asarray(middle + stretch * (found - middle))
