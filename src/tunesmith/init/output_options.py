"""The options that say where a script writes, which a trial sends to its own folder."""

from __future__ import annotations

from pathlib import Path, PurePath

from ..trial_folder.names import ARTIFACTS_FOLDER, ENVIRONMENT_FILE, LOG_FILE, PARAMETERS_FILE, RESULT_FILE
from .name_words import option_words
from .option_guess import name_of, present_value
from .script_option import ScriptOption

_TAKEN = (PARAMETERS_FILE, ENVIRONMENT_FILE, RESULT_FILE, LOG_FILE)
"""Files that tunesmith writes into a trial's folder."""
_ARTIFACTS = f"{{trial_dir}}/{ARTIFACTS_FOLDER}"
_USUAL = {
    "out", "output", "output-dir", "out-dir", "outdir", "save-dir", "save-path", "log-dir", "logdir", "results-dir",
    "workdir", "work-dir", "o", "default-root-dir",
}  # fmt: skip
_WRITTEN = {
    "out",
    "output",
    "outputs",
    "save",
    "log",
    "logs",
    "results",
    "result",
    "work",
    "ckpt",
    "checkpoint",
    "checkpoints",
}
_PLACES = {"dir", "path", "folder", "file", "directory", "root"}
_READ = {
    "load", "resume", "init", "from", "pretrained", "data", "input", "restore", "weights", "train", "val", "test",
    "dataset", "config", "cache", "vocab", "tokenizer", "interval", "freq", "every", "level",
}  # fmt: skip


def output_place(option: ScriptOption, folder: Path, *, is_needed: bool = False, text: str = "") -> str | None:
    """Return what a trial gives an option for the place of its output, or None if it is no such option.

    One without a value is left alone, as the script then writes nothing, unless it is required or needed.

    Args:
        option: The option.
        folder: The folder in which the script runs.
        is_needed: Whether the metrics are read from a file that the script writes.
        text: The script's text. If it names a file that tunesmith itself writes into the trial's folder, as `log.txt`,
            the output goes to the trial's artifacts.
    """
    name, value = name_of(option), present_value(option)
    parts = set(option_words(name))
    if option.kind not in ("str", "path", "other") or option.choices is not None or option.switch is not None:
        return None
    if not (value is None or isinstance(value, str)) or option.form == "positional":
        return None
    is_usual = name.replace("_", "-").rpartition(".")[2].lower() in _USUAL
    is_named = bool(value) and bool(parts & _WRITTEN) and (bool(parts & _PLACES) or len(parts) == 1)
    if parts & _READ or not (is_usual or is_named):
        return None
    if value is None and not (is_usual and (option.required or is_needed)):
        return None
    is_shared = any(name in text for name in _TAKEN)
    return _inside_trial(value or "", folder, _ARTIFACTS if is_shared else "{trial_dir}")


def _inside_trial(value: str, folder: Path, own: str) -> str | None:
    place = PurePath(value)
    if place.suffix and not (folder / place).is_dir():
        return f"{_ARTIFACTS if place.name in _TAKEN else '{trial_dir}'}/{place.name}"
    return f"{own}/" if value.endswith("/") else own
