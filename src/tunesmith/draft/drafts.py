"""A first study from what a script or a config file shows, nothing of it ever run."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..config_files import find, keys, read
from ..objective import Objective
from ..space import Choice, Int, Parameter, SearchSpace
from .flags import Flag, Flags, read_flags
from .metrics import read_metrics
from .ranges import Guess, guess, is_width
from .shell_flags import read_shell_flags
from .sources import INTERPRETERS, Sources, find_sources, parsed
from .words import words

_CONFIG_FLAGS = (
    "--config",
    "--cfg",
    "--config-file",
    "--config_file",
    "--config-path",
    "--config_path",
    "--conf",
    "-c",
)
_OUT_FLAGS = (
    "--out", "--output", "--output-dir", "--output_dir", "--out-dir", "--out_dir", "--outdir", "--save-dir",
    "--save_dir", "--save-path", "--save_path", "--log-dir", "--log_dir", "--logdir", "--results-dir", "--results_dir",
    "--workdir", "--work-dir", "--work_dir", "-o",
)  # fmt: skip
_SEED_FLAGS = ("--seed", "--random-seed", "--random_seed", "--random-state", "--random_state")
_TAKEN = ("parameters.json", "environment.json", "result.json")


@dataclass(frozen=True)
class Question:
    """One thing to ask the user.

    Args:
        field: The field of the draft that the answer goes into, with `dataclasses.replace`.
        text: What to ask.
        default: What stands there if nothing is answered.
    """

    field: str
    text: str
    default: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A study as it could be.

    Args:
        name: Of the study.
        folder: Where study.toml belongs; the command runs there.
        objective: As `minimize val_loss`.
        command: With its placeholders.
        config: The config file that is edited, relative to the folder, or None.
        metrics: The file with the metrics, `"stdout"`, or None for either.
        space: The parameters to search, by name.
        values: The present values of the parameters, by name.
        skipped: What is left alone, by name, with the reason.
        remarks: What should be known about a range, by parameter.
        notes: What was understood and how, and what is left to do, a sentence or two each.
    """

    name: str
    folder: Path
    objective: str
    command: str
    config: str | None = None
    metrics: str | None = None
    space: Mapping[str, Parameter] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def questions(self) -> tuple[Question, ...]:
        """What could be asked before the study is written, with what was understood as the default."""
        return (
            Question("name", "Name of the study", self.name),
            Question("objective", "What to improve (as 'minimize val_loss')", self.objective),
            Question("command", "Command of one trial", self.command),
            Question("metrics", "File with the metrics in the trial's folder, or stdout", self.metrics or "stdout"),
        )


def draft_study(path: Path, *, objective: str | None = None) -> Draft:
    """Look at a script, a config file or a folder with them, and draft a study.

    Args:
        path: The script (of any language; flags are read from Python and shell scripts), config file or folder.
        objective: What to improve, where the user says so.

    Returns:
        The draft; its `notes` say what was understood and what is left to do.

    Raises:
        InputError: There is no such path, nothing in it can be told, a file is malformed, or the objective is.
    """
    if objective is not None:
        Objective.parse(objective)
    sources = find_sources(path)
    tree = parsed(sources.script) if sources.script is not None else None
    text = sources.script.read_text(encoding="utf-8", errors="replace") if sources.script is not None else ""
    flags = _flags(sources, tree, text)
    metrics = read_metrics(text, tree)
    draft = Draft(
        name=_study_name(sources, path),
        folder=sources.folder,
        objective=objective or metrics.objective or "minimize val_loss",
        command="",
        metrics=metrics.where,
        notes=(metrics.note,) if objective is None else (),
    )
    draft = _with_parameters(draft, sources, flags, text)
    return _arranged(_with_command(draft, sources, flags, text))


def _flags(sources: Sources, tree: ast.Module | None, text: str) -> Flags:
    if tree is not None:
        return read_flags(tree)
    if sources.script is not None and sources.script.suffix in (".sh", ".bash"):
        return read_shell_flags(text)
    return Flags(())


def _study_name(sources: Sources, path: Path) -> str:
    folder = (path if path.is_dir() else sources.folder).resolve().name
    stem = sources.script.stem if sources.script is not None else path.stem
    plain = folder if stem in ("train", "main", "run", "config", "tune", "fit") and folder else stem
    return re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-") or "study"


def _with_parameters(draft: Draft, sources: Sources, flags: Flags, text: str) -> Draft:
    """Take the parameters from the flags; where none of them is tunable, from the config or the script itself."""
    tunable = [flag for flag in flags.flags if flag.guess.parameter is not None]
    draft = replace(draft, notes=(*draft.notes, *flags.notes))
    if tunable:
        assert sources.script is not None
        note = f"{sources.script.name} takes {len(tunable)} flag{'s' * (len(tunable) > 1)} worth tuning."
        if sources.config is not None and sources.read:
            note += f" It also reads {sources.config.name}, which stays as it is."
        return _with_guesses(
            draft, {flag.name: (flag.default, flag.guess) for flag in flags.flags if flag.options}, note
        )
    if sources.config is not None and (sources.read or _takes_config(flags, text)):
        return _from_file(draft, sources.config, f"The parameters are the values in {sources.config.name}")
    if sources.config is not None:
        lies = f"{sources.config.name} is not used: the script does not name it."
        draft = replace(draft, notes=(*draft.notes, lies))
    if sources.script is not None and sources.script.suffix == ".py" and flags == Flags(()):
        own = _from_file(draft, sources.script, f"{sources.script.name} takes no flags: its own constants are edited")
        if own.space:
            return own
    return replace(draft, notes=(*draft.notes, "Nothing to tune was found: write the parameters into [space]."))


def _from_file(draft: Draft, config: Path, how: str) -> Draft:
    values = read(config)
    guesses = {}
    for key in keys(values):
        if find(values, key) in ({}, []):
            continue
        if any(part.isdecimal() for part in key.split(".")):
            guesses[key] = (find(values, key), Guess(None, "one element of a list"))
        else:
            guesses[_short_name(values, key)] = (find(values, key), guess(key, find(values, key)))
    draft = replace(draft, config=config.relative_to(draft.folder).as_posix())
    return _with_guesses(draft, guesses, f"{how}; each trial gets a copy with other values.")


def _short_name(values: Mapping[str, Any], key: str) -> str:
    """Leave out the table at the top that is a mere wrapper, as `CONFIG`, where the name stays clear."""
    top, _, rest = key.partition(".")
    is_wrapper = isinstance(values[top], dict) if top in values else False
    if not is_wrapper or not set(words(top)) & {"config", "cfg", "conf", "settings", "params", "hparams", "defaults"}:
        return key
    others = [value for name, value in values.items() if name != top and isinstance(value, dict)]
    first = rest.partition(".")[0]
    return key if first in values or any(first in other for other in others) else rest


def _with_guesses(draft: Draft, guesses: Mapping[str, tuple[Any, Guess]], note: str) -> Draft:
    space = {name: its.parameter for name, (_, its) in guesses.items() if its.parameter is not None}
    return replace(
        draft,
        space=space,
        values={name: guesses[name][0] for name in space},
        skipped={name: its.reason for name, (_, its) in guesses.items() if its.parameter is None},
        remarks={name: its.reason for name, (_, its) in guesses.items() if its.parameter is not None and its.reason},
        notes=(*draft.notes, note),
    )


def _with_command(draft: Draft, sources: Sources, flags: Flags, text: str) -> Draft:
    """Write the command with the flags that the script really has."""
    if sources.script is None:
        return replace(
            draft,
            command="python train.py --config {config} --out {trial_dir}",
            notes=(*draft.notes, "No script was found: correct the command."),
        )
    notes = list(draft.notes)
    script = sources.script.relative_to(sources.folder).as_posix()
    program = "bash" if re.match(r"#!.*bash", text) else INTERPRETERS.get(sources.script.suffix.lower())
    command = [*([program] if program else []), script if program else f"./{script}"]
    command = [shlex.quote(word) for word in command]
    if draft.config == script:
        command = ["python", "{config}"]
        notes.append(
            'If the script imports modules that lie beside it, set environment = { PYTHONPATH = "." } in [task].'
        )
    elif draft.config is not None:
        command += _config_words(draft.config, sources, flags, text, notes)
    else:
        command.append("{args}")
    seed = flags.option(*_SEED_FLAGS)
    command += [seed, "{seed}"] if seed else []
    out = flags.option(*_OUT_FLAGS)
    command += [out, "{trial_dir}"] if out else []
    metrics = draft.metrics
    if metrics in _TAKEN:
        notes.append(
            f"TO DO: {metrics} is a file of tunesmith's own in a trial's folder. Let the script use another name."
        )
    if metrics not in (None, "stdout") and out is None:
        notes.append(
            f"The script must write {metrics} into the trial's folder: let it take --out {{trial_dir}}, or use the "
            "variable TUNESMITH_TRIAL_DIR."
        )
    notes += _missing(flags, draft)
    return replace(draft, command=" ".join(command), notes=tuple(notes))


def _config_words(config: str, sources: Sources, flags: Flags, text: str, notes: list[str]) -> list[str]:
    """Return the words of the command that hand over the edited config, and say what the script lacks for that."""
    option = flags.option(*_CONFIG_FLAGS)
    if option is not None:
        return [option, "{config}"]
    if _takes_config(flags, text):
        return ["{config}"]
    assert sources.script is not None
    how = "imports" if sources.imported else "always reads"
    notes.append(
        f"TO DO: {sources.script.name} {how} {config} itself, and would never see the edited copy. Let it take "
        "the path of its config: --config PATH, as the command already says."
    )
    return ["--config", "{config}"]


def _takes_config(flags: Flags, text: str) -> bool:
    """Tell whether a script takes the path of a config: as a flag, or as its one argument."""
    if flags.option(*_CONFIG_FLAGS) is not None:
        return True
    if any(not flag.options and set(words(flag.name)) & {"config", "cfg", "conf"} for flag in flags.flags):
        return True
    return not flags.flags and re.search(r"sys\.argv\[1\]|\$1\b", text) is not None


def _missing(flags: Flags, draft: Draft) -> list[str]:
    """Return what the command still lacks: arguments that must be given and are not."""
    given = (*_CONFIG_FLAGS, *_OUT_FLAGS, *_SEED_FLAGS)
    lacking = [flag for flag in flags.flags if flag.required and not _is_given(flag, given, draft)]
    return [f"TO DO: the script cannot do without '{flag.name}': write it into the command." for flag in lacking]


def _is_given(flag: Flag, given: tuple[str, ...], draft: Draft) -> bool:
    if not flag.options:
        return draft.command.endswith("{config}") or bool(set(words(flag.name)) & {"config", "cfg", "conf"})
    return flag.name in draft.space or any(option in given for option in flag.options)


def _arranged(draft: Draft) -> Draft:
    """Let parameters fit together: heads divide widths, and what only SGD knows waits for SGD."""
    space = dict(draft.space)
    skipped, notes = dict(draft.skipped), list(draft.notes)
    heads = next((name for name in space if set(words(name)) & {"heads", "head"}), None)
    if heads is not None:
        _fit_heads(space, skipped, draft.values, heads, notes)
    optimizer = next((n for n, p in space.items() if isinstance(p, Choice) and "optimizer" in words(n)), None)
    for name in list(space):
        table = name.rpartition(".")[0]
        if optimizer is None or words(name) != ["momentum"] or draft.config is None:
            continue
        chosen = space[optimizer]
        assert isinstance(chosen, Choice)
        sgd = [option for option in chosen.options if str(option).lower().endswith("sgd")]
        if sgd:
            passed_on = bool(set(words(table)) & {"params", "args", "kwargs", "options"})
            condition = {optimizer: sgd[0]}
            space[name] = (
                replace(space[name], when=condition, inactive="remove")
                if passed_on
                else replace(space[name], when=condition)
            )
    if space:
        SearchSpace(space)
    return replace(draft, space=space, skipped=skipped, notes=tuple(notes))


def _fit_heads(
    space: dict[str, Parameter], skipped: dict[str, str], values: Mapping[str, Any], heads: str, notes: list[str]
) -> None:
    present = values[heads]
    widths = [n for n, p in space.items() if isinstance(p, Int) and p.log and is_width(n) and values[n] % present == 0]
    if not isinstance(present, int) or not widths:
        return
    options = sorted({1, present, 2 * present, *([present // 2] if present % 2 == 0 else [])})
    for name in widths:
        width = values[name]
        fitting = [w for w in (width // 4, width // 2, width, width * 2, width * 4) if w and w % (2 * present) == 0]
        if width not in fitting or len(fitting) < 2:
            del space[heads]
            skipped[heads] = f"it must divide {name}, which leaves it little to choose"
            return
        space[name] = Choice(fitting, ordered=True, default=width)
    space[heads] = Choice(options, ordered=True, default=present)
    notes.append(f"{heads} and {', '.join(widths)} have options that divide evenly, as attention needs.")
