"""What a parameter's name says: the words in it, and whether it is a thing to tune."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_NOISE = "the seed is chance, not a choice; tunesmith sets it"
_PLACE = "a place of files"
_TALK = "only about what is printed, saved or how it is called"
_DATA = "given by the data"
_REASONS = {
    _NOISE: "seed random_state",
    "how long a trial trains, which makes it better and slower, not different": "epoch epochs step steps iter iters "
    "iteration iterations",
    _PLACE: "path paths dir directory folder file filename url uri root checkpoint checkpoints ckpt resume load cache "
    "outdir workdir savedir datadir",
    "a matter of the machine": "device devices gpu gpus cuda cpu cpus worker workers thread threads jobs port host "
    "rank world distributed amp fp16 bf16 precision pin prefetch compile deterministic backend",
    _TALK: "name names verbose verbosity log logs logging logger print save plot show quiet silent progress wandb "
    "mlflow tensorboard project entity tag tags debug version config cfg interval freq frequency every title note "
    "comment user email help description dry",
    _DATA: "class classes labels vocab target targets column columns horizon pred fold folds cv split splits test "
    "val valid validation eval evaluate samples rows image img input inputs output outputs in out dataset data "
    "seq sequence length len lookback resolution height token tokens bos eos pad",
    "decides when training stops": "patience early tol tolerance stopping",
}
"""Why a parameter is left alone, to the words in its name that say so."""
_TUNABLE_ALL_THE_SAME = {
    "dropout",
    "lr",
    "learning",
    "smoothing",
    "optimizer",
    "optim",
    "activation",
    "scheduler",
    "min",
}
"""Words that outweigh one that is about data, as in `input_dropout` and `optimizer_class`."""
KINDS = ("name", "type", "kind", "class", "cls", "_target_")
"""Last words of a name that say nothing beside the one before, as in `optimizer.name`."""


def words(name: str) -> list[str]:
    """Return the lower-case words of the last part of a dotted name.

    >>> words("model.hiddenSize"), words("batch-size"), words("LR_DECAY"), words("beta1")
    (['hidden', 'size'], ['batch', 'size'], ['lr', 'decay'], ['beta', '1'])
    """
    table, _, last = name.rpartition(".")
    if table and last.lower() in KINDS:
        last = table.rpartition(".")[2]  # optimizer.name is the optimizer
    joined = " ".join(_WORD.findall(last)).lower()
    return joined.replace("drop out", "dropout").replace("drop path", "dropout").split()


def is_never_tuned(name: str) -> bool:
    """Tell whether a name is that of chance, or of a place of files: no word of a user makes these worth tuning."""
    return reason_to_leave(name) in (_NOISE, _PLACE, _TALK)


def reason_to_leave(name: str) -> str | None:
    """Return why a parameter of this name is not tuned, or None where it may be.

    >>> reason_to_leave("num_workers")
    'a matter of the machine'
    """
    found = words(name)
    if not found or name.rpartition(".")[2].startswith("__"):
        return _TALK
    if {"random", "state"} <= {*found}:
        return _NOISE
    if "warmup" in found:
        return None
    for reason, listed in _REASONS.items():
        if any(word in listed.split() and not _is_exception(word, reason, {*found}) for word in found):
            return reason
    is_of_data = ("features" in found and found[0] in ("n", "num")) or (
        "size" in found and {"train", "sample"} & {*found} and "batch" not in found
    )
    return _DATA if is_of_data else None


def _is_exception(word: str, reason: str, found: set[str]) -> bool:
    """Tell whether the other words of a name outweigh one that speaks against it."""
    if reason == _DATA:
        return bool(found & _TUNABLE_ALL_THE_SAME)
    if word == "rank":
        return "lora" in found
    return word in ("step", "steps") and bool(found & {"size", "lr"})  # the shape of a schedule
