"""The script of forecasting models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from pprint import pformat
from typing import Any

from .... import plugins
from ....ensembles.forecast_ensemble import ForecastEnsemble, ForecastMember
from ....families.base import own_parameters
from ....forecasters._local import LocalForecaster
from ....text import wording
from ....text.cleaning import clean
from ..._forecast_selection import exportable_forecasts
from ...base import Export, ForecastSource, write_file
from ..paste import merged_imports, parts
from .house import COVARIATES, Definition, definitions, imports_of, needed
from .program import HEAD, MAIN

LOCAL = (
    *(
        "additive",
        "arima",
        "autoregression",
        "ces",
        "croston",
        "drift",
        "ets",
        "mstl",
        "naive",
        "seasonal_average",
        "seasonal_naive",
    ),
    *("tbats", "theta"),
)
"""The families of models that are fitted to each series by itself."""
GLOBAL = ("lagged_boosting", "lagged_ridge")
NETS = (
    *("dlinear", "fits", "informer", "itransformer", "nhits", "nlinear", "patch_tst", "rlinear", "sparse_tsf"),
    *("transformer", "ts_mixer"),
)
"""The families of networks, which are trained on all series."""
_PLAIN = (
    *(Definition(name=name, text=f"{name} = np.ndarray") for name in ("Floats", "Singles", "Flags", "Indices")),
    Definition(name="Value", text="Value = bool | int | float | str"),
    Definition(name="InputError", text="InputError = ValueError"),
    Definition(name="MissingExtra", text="MissingExtra = ImportError"),
    Definition(
        name="expect_memory", text='def expect_memory(*facts):\n    """Ask for nothing: there was enough before."""'
    ),
)
"""What stands for names of tunesmith that have no place in a script."""
_MOST_WEIGHTED = 200
"""Series whose weights are written down; of more they would make the script unreadable."""
_USUAL = ("import sys", "import numpy as np", "import pandas as pd", "from types import SimpleNamespace")


def export_forecasts(source: ForecastSource, path: Path) -> Export:
    """Write the script of the ensemble, or of the best ensemble of the members that a script can train.

    Raises:
        InputError: No member can be written as a script.
    """

    def refusal(member: ForecastMember) -> str | None:
        return None if member.family in (*LOCAL, *GLOBAL, *NETS) else "it needs more than public libraries"

    few = len(source.panel) <= _MOST_WEIGHTED
    ensemble, notes = exportable_forecasts(source, refusal, form="a script", by_series=few)
    text = _script(source, ensemble, path.name)
    compile(text, str(path), "exec")
    write_file(path, text.encode())
    told = f"Run it with: python {path.name} DATA.csv. It trains {wording.count(len(ensemble.members), 'model')}."
    return Export(path=path, notes=[*notes, told], facts={"members": list(ensemble.members)})


def _script(source: ForecastSource, ensemble: ForecastEnsemble, file: str) -> str:
    members = list(_members(source, ensemble))
    main = MAIN.replace("MEMBER_LINES", "\n".join(members)).strip("\n")
    families = dict.fromkeys(f"forecasters.{member.family}" for member in ensemble.members.values())
    without = () if _columns(ensemble) else COVARIATES
    listed = [*_PLAIN, *definitions(["series.bounds", "series.weighted_median", *families], without=without)]
    kept = needed(listed, [main])
    nets = any(member.family in NETS for member in ensemble.members.values())
    read = parts(["series_reading", *(["series_training"] if nets else [])]).values()
    statements = {*_USUAL, *imports_of(kept), *(statement for part in read for statement in part.imports)}
    blocks = [
        _head(ensemble, file),
        merged_imports(_joined(statements)),
        _constants(ensemble),
        *(part.body for part in read),
        *_grouped(kept),
        main,
    ]
    text = "\n\n\n".join(block.strip("\n") for block in blocks) + "\n"
    return text.replace("'tunesmith[forecasting]'", "holidays")  # What an error says to install.


def _head(ensemble: ForecastEnsemble, file: str) -> str:
    title = clean(" and ".join(ensemble.columns.targets)).replace('"""', "'''").replace("\\", "/")
    text = HEAD.replace("HORIZON_WORDS", wording.count(ensemble.horizon, "step"))
    return text.replace("FILE", clean(file).replace("\\", "/").replace('"""', "'''")).replace("TITLE", title)


def _columns(ensemble: ForecastEnsemble) -> dict[str, list[str] | None]:
    """Return the columns beside the target that a member uses: their categories, None for numbers."""
    beside = ensemble.columns.covariates
    families = [plugins.load("forecasters", member.family) for member in ensemble.members.values()]
    if beside is None or not any(family.profile.uses_covariates for family in families):
        return {}
    return {
        column.name: list(column.categories) if column.kind == "category" else None for column in beside.schema.columns
    }


def _constants(ensemble: ForecastEnsemble) -> str:
    columns, others = ensemble.columns, _columns(ensemble)
    beside = columns.covariates if others else None
    facts: dict[str, Any] = {
        "TIME": columns.time,
        "IDS": list(columns.ids),
        "TARGETS": list(columns.targets),
        "COUNTRY": columns.country,
        "COLUMNS": others,
        "KNOWN": () if beside is None else beside.known,
        "STATIC": () if beside is None else beside.static,
        "FREQUENCY": ensemble.frequency.to_table(),
        "SEASONS": ensemble.seasons,
        "HORIZON": ensemble.horizon,
        "WIDTH": ensemble.combination.width,
        "MEDIAN_SHARE": ensemble.combination.median_share,
        "WEIGHTS": _weights(ensemble),
    }
    return "\n".join(f"{name} = {pformat(value, width=110, sort_dicts=False)}" for name, value in facts.items())


def _ranked(ensemble: ForecastEnsemble) -> list[int]:
    """Return the trials of the members, the heaviest first."""
    weights = ensemble.combination.weights
    return sorted(weights, key=lambda trial: -weights[trial])


def _weights(ensemble: ForecastEnsemble) -> dict[str, list[float]]:
    """Return the weights of the members for each series, where they differ."""
    combination = ensemble.combination
    if combination.by_series is None:
        return {}
    places = [list(combination.weights).index(trial) for trial in _ranked(ensemble)]
    return dict(zip(ensemble.names, combination.by_series[places].T.tolist(), strict=True))


def _members(source: ForecastSource, ensemble: ForecastEnsemble) -> Iterator[str]:
    """Yield the lines of the members, the heaviest first."""
    weights = ensemble.combination.weights
    for trial in _ranked(ensemble):
        member = ensemble.members[trial]
        family = plugins.load("forecasters", member.family)
        options: dict[str, Any] = dict(own_parameters(member.parameters, member.family))
        if issubclass(family, LocalForecaster):
            known = family.profile
            options = {"least_length": known.least_length, "most_length": known.most_length, **options}
            call, kind = "to_each_series", family.model.__name__
        else:
            options = {"seed": source.history.trials[trial].seed, **options}
            call, kind = "to_all_series", family.__name__
        told = ", ".join(f"{name}={value!r}" for name, value in options.items())
        yield f"    dict(weight={weights[trial]!r}, train={call}({kind}, {told})),"


def _joined(statements: set[str]) -> Iterator[str]:
    """Yield import statements, those of names of the same module in one."""
    names: dict[str, set[str]] = {}
    for statement in statements:
        found = re.fullmatch(r"from (\S+) import (.+)", statement)
        if found is None:
            yield statement
        else:
            names.setdefault(found[1], set()).update(name.strip() for name in found[2].split(","))
    for module, imported in names.items():
        yield f"from {module} import {', '.join(sorted(imported))}"


def _grouped(kept: list[Definition]) -> Iterator[str]:
    """Yield definitions; one-line ones that follow each other in one block."""
    lines: list[str] = []
    for definition in kept:
        if "\n" not in definition.text:
            lines.append(definition.text)
            continue
        if lines:
            yield "\n".join(lines)
            lines = []
        yield definition.text
    if lines:
        yield "\n".join(lines)
