"""The words in a parameter's name, and whether they speak against tuning it."""

from __future__ import annotations

import re

from ..tasks.command.template import RESERVED

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_SEED = "a random seed, which tunesmith sets"
_PATH = "a file or folder"
_OUTPUT = "affects only output or names"
_DATA = "determined by the data"
_PLACEHOLDER = "its name is that of a placeholder in the command"
_REASONS = {
    _SEED: "seed random_state",
    "sets how long a trial trains": "epoch epochs step steps iter iters iteration iterations",
    _PATH: "path paths dir directory folder file filename url uri root checkpoint checkpoints ckpt resume load cache "
    "outdir workdir savedir datadir",
    "depends on the machine": "device devices gpu gpus cuda cpu cpus worker workers thread threads jobs port host "
    "rank world distributed amp fp16 bf16 precision pin prefetch compile deterministic backend",
    _OUTPUT: "name names verbose verbosity log logs logging logger print save plot show quiet silent progress wandb "
    "mlflow tensorboard project entity tag tags debug version config cfg interval freq frequency every title note "
    "comment user email help description dry",
    _DATA: "class classes labels vocab target targets column columns horizon pred fold folds cv split splits test "
    "val valid validation eval evaluate samples rows image img input inputs output outputs in out dataset data "
    "seq sequence length len lookback resolution height token tokens bos eos pad",
    "a stopping rule of the training": "patience early tol tolerance stopping",
}
"""The reason to leave a parameter alone, to the words of a name that give it."""
_TUNABLE = {"dropout", "lr", "learning", "smoothing", "optimizer", "optim", "activation", "scheduler", "min"}
"""Words that outweigh one about data, as in `input_dropout` and `optimizer_class`."""
KINDS = ("name", "type", "kind", "class", "cls", "_target_")
"""Last words of a name that add nothing to the one before, as in `optimizer.name`."""


def words(name: str) -> list[str]:
    """Return the lower-case words of the last part of a dotted name.

    >>> words("model.hiddenSize"), words("batch-size"), words("LR_DECAY"), words("beta1")
    (['hidden', 'size'], ['batch', 'size'], ['lr', 'decay'], ['beta', '1'])
    """
    table, _, last = name.rpartition(".")
    if table and last.lower() in KINDS:
        last = table.rpartition(".")[2]
    joined = " ".join(_WORD.findall(last)).lower()
    return joined.replace("drop out", "dropout").replace("drop path", "dropout").split()


def is_never_tuned(name: str) -> bool:
    """Tell whether a name is that of a seed, a file, an output or a placeholder: not tuned even on request."""
    return reason_to_leave(name) in (_SEED, _PATH, _OUTPUT, _PLACEHOLDER)


def reason_to_leave(name: str) -> str | None:
    """Return why a parameter of this name is not tuned, or None if it may be.

    >>> reason_to_leave("num_workers")
    'depends on the machine'
    """
    parts = words(name)
    if not parts or name.rpartition(".")[2].startswith("__"):
        return _OUTPUT
    # Only as the whole name: the output of a layer has more words, as in `d_out`.
    if parts in (["out"], ["output"], ["outputs"]):
        return _PATH
    if {"random", "state"} <= {*parts}:
        return _SEED
    if "warmup" in parts:
        return None
    for reason, listed in _REASONS.items():
        if any(word in listed.split() and not _is_exception(word, reason, {*parts}) for word in parts):
            return reason
    is_of_data = ("features" in parts and parts[0] in ("n", "num")) or (
        "size" in parts and {"train", "sample"} & {*parts} and "batch" not in parts
    )
    return _DATA if is_of_data else _PLACEHOLDER if name in RESERVED else None


def _is_exception(word: str, reason: str, parts: set[str]) -> bool:
    """Tell whether the other words of a name outweigh one that speaks against tuning."""
    if reason == _DATA:
        return bool(parts & _TUNABLE)
    if word == "rank":
        return "lora" in parts
    return word in ("step", "steps") and bool(parts & {"size", "lr"})  # the shape of a schedule
