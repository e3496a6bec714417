"""The metrics that a script reports, and where, read from its text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..core.metric_words import (
    is_maximized,
    is_metric,
    is_of_test_data,
    is_of_training_data,
    is_of_validation_data,
)
from ..in_script.metric_names import metric_words
from ..tasks.command.found_metrics import found_metrics
from .boosting_metrics import boosting_metrics
from .printed_samples import printed_lines

_PROGRESS = {"step", "epoch", "iteration"}
_FORMATTED = re.compile(r"([A-Za-z_][\w./-]*)\s*[=:]\s*(?:%|\{|\$)")


@dataclass(frozen=True)
class Metrics:
    """The metrics of a script.

    Args:
        objective: For example `minimize val_loss`; None if no metric was recognised.
        where: The name of a file, or `"stdout"`.
        note: What was found, or what to do, for the user.
        names: All names that look like metrics, the best one to tune first, those of the test data last.
    """

    objective: str | None
    where: str | None
    note: str
    names: tuple[str, ...] = ()


def read_metrics(source: str, tree: ast.Module | None) -> Metrics:
    """Return a script's metrics; one of the validation data is tuned before others.

    Args:
        source: The script's text.
        tree: Its syntax tree, if it is Python.
    """
    dumped = list(_dumped(tree)) if tree is not None else []
    printed = _printed(source, tree)
    logged = list(_logged(tree)) if tree is not None else []
    known = _known_names(tree) if tree is not None else []
    best_dumped, best_printed, best_known, best_logged = _best(dumped), _best(printed), _best(known), _best(logged)
    where: str | None
    if best_dumped is not None and (best_printed is None or _preference(best_dumped) >= _preference(best_printed)):
        best, where = best_dumped, _metrics_file(source)
        note = f"The script writes '{best}' to {where}."
    elif best_logged is not None and (best_printed is None or _preference(best_logged) > _preference(best_printed)):
        best, where, note = best_logged, None, f"The script logs '{best_logged}', which is heard."
    elif best_printed is not None:
        best, where, note = best_printed, "stdout", f"The script prints '{best_printed}'."
    elif best_known is not None:
        best, where = best_known, None
        note = (
            f"TO DO: report '{best}', which the script computes: add print(f\"{best}={{{best}}}\") at its end, or "
            "write it as JSON to metrics.json in the trial's folder."
        )
    else:
        best, where = "", None
        note = (
            'TO DO: print a metric at the end of the script, as print(f"val_loss={loss}"), since none was found, and '
            "correct the objective; or look at what it prints: tunesmith init --try."
        )
    best = spelled(best)
    objective = f"{'maximize' if is_maximized(best) else 'minimize'} {best}" if best else None
    return Metrics(objective, where, note, tuple(map(spelled, _names([*dumped, *printed, *logged], known, tree))))


def spelled(name: str) -> str:
    """Return a metric's name in one word, which stands for the printed one.

    >>> spelled("Vali Loss"), spelled("Harrell's C")
    ('Vali_Loss', 'Harrell_C')
    """
    return re.sub(r"[\s,]+", "_", re.sub(r"'s\b", "", name.strip()))


def is_loss(name: str) -> bool:
    """Tell from its name whether a metric is the loss that a script trains with, whatever that is.

    >>> is_loss("val_loss"), is_loss("val_mae")
    (True, False)
    """
    return bool({*metric_words(name)} & {"loss", "nll", "elbo", "cost", "objective"})


def _preference(name: str) -> int:
    return 2 if is_of_validation_data(name) else 0 if is_of_training_data(name) else 1


def _best(names: list[str]) -> str | None:
    """Return the metric to tune: of the validation data before others, and never of the test data."""
    metrics = [name for name in names if is_metric(name) and not is_of_test_data(name)]
    return max(metrics, key=_preference, default=None)


def _names(reported: list[str], known: list[str], tree: ast.Module | None) -> tuple[str, ...]:
    """Return the reported names, and others that look like metrics, the likeliest first."""
    if tree is None:  # In other languages, an assignment looks like a printed value.
        names = [name for name in reported if is_metric(name)]
    else:
        strings = [name for name in sorted(strings_in(tree)) if name.isidentifier() and is_metric(name)]
        names = [name for name in [*reported, *strings] if name not in _PROGRESS] or [*filter(is_metric, known)]
    # Test data comes last. Validation data comes before other data, and likely metrics before other names.
    likelihood = {name: (-1 if is_of_test_data(name) else _preference(name), is_metric(name)) for name in names}
    return tuple(sorted(likelihood, key=lambda name: likelihood[name], reverse=True))


def strings_in(tree: ast.Module) -> set[str]:
    """Return all strings in a script."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _dumped(tree: ast.Module) -> Iterator[str]:
    """Yield the keys of dictionaries that are written as JSON, directly or from a variable."""
    variables: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and isinstance(node.value, ast.Dict):
                    variables.setdefault(target.id, []).extend(_keys(node.value))
                elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                    key = target.slice
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        variables.setdefault(target.value.id, []).append(key.value)
    for call in _calls(tree, "dump", "dumps", "write_json"):
        for argument in call.args[:1]:
            if isinstance(argument, ast.Dict):
                yield from _keys(argument)
            elif isinstance(argument, ast.Name):
                yield from variables.get(argument.id, [])


def _printed(source: str, tree: ast.Module | None) -> list[str]:
    """Return the names before a value in printed text, as `val_acc={...}`."""
    if tree is None:
        return _FORMATTED.findall(source.replace("\\n", "\n"))
    names = [metric.name for metric in found_metrics("\n".join(printed_lines(tree)))]
    validates = any(
        keyword.arg in ("validation_split", "validation_data")
        for call in _calls(tree, "fit")
        for keyword in call.keywords
    )
    return [*names, *boosting_metrics(tree), *(["val_loss"] if validates else [])]


def _logged(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a script logs through a library that is heard, as `wandb.log` and `self.log`."""
    for call in _calls(tree, "log", "log_metric", "log_metrics", "log_dict", "add_scalar"):
        first = call.args[0] if call.args else None
        if isinstance(first, ast.Dict):
            yield from _keys(first)
        elif isinstance(first, ast.Constant) and isinstance(first.value, str) and len(call.args) > 1:
            yield first.value


def _known_names(tree: ast.Module) -> list[str]:
    """Return the variables of a script, without those that are functions."""
    stored = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return [name for name in stored if len(metric_words(name)) <= 3 and name not in called]


def _calls(tree: ast.Module, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in names:
                yield node


def _keys(table: ast.Dict) -> Iterator[str]:
    """Yield the keys of a dictionary, those of an inner one with its own key before them: `eval.f1`."""
    for key, value in zip(table.keys, table.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            inner = list(_keys(value)) if isinstance(value, ast.Dict) else []
            yield from (f"{key.value}.{name}" for name in inner) if inner else [key.value]


def _metrics_file(source: str) -> str:
    """Return the name of a JSON file in the script, preferably one that looks like metrics."""
    files = [file.rpartition("/")[2] for file in re.findall(r"""["']([^"'\s]*[\w}]\.json)["']""", source)]
    likely = [file for file in files if re.search(r"metric|result|score|eval", file)]
    plain = [file for file in [*likely, *files] if "{" not in file]
    return plain[0] if plain else "metrics.json"
