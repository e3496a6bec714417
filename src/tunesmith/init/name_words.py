"""The words in a parameter's name and help text, and whether they speak against tuning it."""

from __future__ import annotations

import re
from itertools import product

from ..tasks.command.template import RESERVED

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_COLUMN = re.compile(r"(?!proto)[a-z]{1,6}cols?")
"""A column of a table, as in `xcol`."""
_COUNTED = (
    "head heads layer layers hid hidden inp emb embd units filters block blocks thread threads proc procs gpu gpus cpu "
    "cpus worker workers job jobs class classes epoch epochs iter iters step steps env envs estimators samples splits "
    "folds round rounds warmup fold rep reps repeat repeats"
)
_MADE = (
    "train noise points point items item users user obs observations records examples instances customers products "
    "docs patients events days hours weeks genes cells reads ratings interactions"
)
"""Words of names that count what a script makes or reads, as in `n_users`."""
_FILTERED = {"users", "items", "ratings", "interactions", "genes", "cells", "reads", "records", "observations", "obs"}
"""What a script leaves out where it has too few of them, as in `min_ratings`."""
_PARTS_OF_DATA = "test val rows cols columns features origins cutoffs"
_DENIED = (
    "val eval test save plots plot log logs cuda gpu accel mps cache bias augment aug shuffle amp wandb progress "
    "resume verify autoanchor"
)
_COMPOUNDS = {
    **{first + last: f"{first} {last}" for first, last in product(("n", "num", "max", "min"), _COUNTED.split())},
    **{
        first + last: f"{first} {last}" for first, last in product(("n", "num"), _MADE.split() + _PARTS_OF_DATA.split())
    },
    **{first + last: f"{first} {last}" for first, last in product(("no", "use", "disable"), _DENIED.split())},
    **{
        first + last: f"{first} {last}"
        for first, last in product(("out", "save", "data", "log", "work"), ("dir", "path"))
    },
    **{first + "seed": f"{first} seed" for first in ("manual", "random", "rand", "rng", "torch", "np", "split")},
    "batchsize": "batch size",
    "minibatch": "batch",
    "learningrate": "learning rate",
    "lrate": "learning rate",
    "weightdecay": "weight decay",
    "lrdecay": "lr decay",
    "minlr": "min lr",
    "lrf": "lr final",
    "emsize": "em size",
    "dmodel": "d model",
    "dff": "d ff",
    "seqlen": "seq len",
    "maxlen": "max len",
    "mincount": "min count",
    "minfreq": "min freq",
    "gradclip": "grad clip",
    "embdim": "emb dim",
    "hiddensize": "hidden size",
    "lvl": "level",
    "lmbda": "lambda",
    "ncomp": "n comp",
    "ncomps": "n comps",
    "npcs": "n pcs",
    "nboot": "n boot",
    "nh": "n hidden",
    "nf": "n filters",
}
_ONE_WORD = {
    "drop out": "dropout",
    "drop path": "dropout",
    "log 1 p": "log1p",
    "learn rate": "learning rate",
    "l 1": "l1",
    "l 2": "l2",
    "b 1": "beta 1",
    "b 2": "beta 2",
}

_SEED = "a random seed, which tunesmith sets"
_PATH = "a file or folder"
_OUTPUT = "affects only output or names"
_DATA = "determined by the data"
_PROBLEM = "a part of the problem"
_MACHINE = "depends on the machine"
_LENGTH = "sets how long a trial trains"
_EVALUATION = "affects only the evaluation"
_SWITCH = "switches what the script does"
_PLACEHOLDER = "its name is that of a placeholder in the command"
_REASONS = {
    _SEED: "seed seeds random_state",
    _LENGTH: "epoch epochs step steps iter iters iteration iterations timesteps updates",
    _PATH: "path paths dir directory folder file files filename url uri root checkpoint checkpoints ckpt resume load "
    "cache outdir workdir savedir datadir logdir",
    _MACHINE: "device devices gpu gpus cuda cpu cpus worker workers thread threads jobs proc procs port host hosts "
    "rank world distributed dist amp fp16 fp32 bf16 half precision pin prefetch compile deterministic backend accel "
    "accelerator mps tpu xla ddp fsdp parallel nodes node strategy dtype tf32 autocast fused flash sdpa offload "
    "multiprocessing nccl sync jit memory nthread nj",
    _OUTPUT: "name names verbose verbosity log logs logging logger print save plot plots show quiet silent progress "
    "wandb mlflow tensorboard tb project entity tag tags debug version config cfg interval freq frequency every title "
    "note notes comment user email help description desc des dry display visualize vis video render track upload "
    "push hub experiment exp run trace profile itr digits decimals dpi",
    _EVALUATION: "val valid validation eval evaluate evaluation test tests infer inference predict benchmark rect "
    "metric metrics decimal repeats repeat repetitions rep reps replicates runs trials holdout heldout "
    "backtest backtests origins cutoffs fpr far",
    _DATA: "class classes labels vocab target targets column columns horizon pred fold folds cv split splits "
    "samples sentences documents rows cols image img input inputs output outputs in out dataset datasets data shuffle "
    "washout burn burnin seq sequence length len lookback resolution height token tokens bos eos pad tokenizer "
    "season seasons seasonality seconds secs duration",
    "a stopping rule of the training": "patience early tol tolerance stopping",
    _SWITCH: "is do mode task training pretrain pretrained finetune freeze skip only",
}
"""The reason to leave a parameter alone, to the words of a name that give it."""
_NOISE = {"noise", "level", "std", "sd", "scale", "sigma", "amplitude", "variance"}
"""Words of a noise of which nothing says that it is one of the training, so that it may be that of the data."""
_OF_MADE_DATA = ("flip_y", "class_sep", "n_informative", "n_redundant", "n_clusters_per_class")
"""Arguments of scikit-learn's makers of data."""
_TUNABLE = {
    "dropout", "lr", "learning", "smoothing", "optimizer", "optim", "activation", "scheduler", "min",
}  # fmt: skip
"""Words that outweigh one about data or the evaluation, as in `input_dropout` and `optimizer_class`."""
_TABLES_OF_DATA = {
    "data", "dataset", "datasets", "dataloader", "loader", "datamodule", "series", "source", "sources", "simulation",
    "synthetic",
}  # fmt: skip
_TABLES_OF_PROBLEM = {"problem", "pde", "physics", "equation", "domain", "geometry", "material"}
_TABLES_OF_EVALUATION = {
    "eval", "evaluation", "evaluate", "val", "validation", "test", "testing", "backtest", "backtesting", "cv",
    "metrics", "scoring", "inference",
}  # fmt: skip
_TABLES_OF_OUTPUT = {"output", "outputs", "logging", "logger", "log", "report", "reporting", "plot", "plots", "export"}
_TUNABLE_OF_DATA = {"batch", "aug", "augment", "augmentation", "mixup", "cutmix", "crop", "flip", "jitter"}
"""Words that outweigh a table of the data, as in `data.batch_size`."""
_HELP = (
    (_SEED, r"random seed"),
    (_MACHINE, r"gpus?|cuda|cpus?|tpus?|devices?|data.?load\w* workers|threads|processes|mixed.precision|accelerator"),
    (_PATH, r"paths?|director(?:y|ies)|folder|filename|checkpoint to|file (?:to|with|name)"),
    (
        _OUTPUT,
        r"log(?:ging|s|ged)?|wandb|tensorboard|print|verbos\w+|debug\w*|plots?|save|saving|visuali[sz]\w+|progress",
    ),
    (
        _EVALUATION,
        r"evaluat\w+|validat\w+|inference|test(?:ing| set| only)?|(?:precision|recall|ndcg|hit|hits)@\w+|metrics?",
    ),
    (_SWITCH, r"status|mode|task name"),
    (_DATA, r"number of classes|vocabulary|image size|sequence length|input (?:size|length)|data ?sets?|columns?"),
    (
        _DATA,
        r"(?:drop|remove|keep|ignore|filter)s? (?:out )?(?:only )?(?:users|items|rows|samples|records)",
    ),
)
"""The reason to leave an option of unknown name alone, to the pattern in its help text that gives it."""
KINDS = ("name", "type", "kind", "class", "cls", "_target_")
"""Last words of a name that add nothing to the one before, as in `optimizer.name`."""


def option_words(name: str) -> list[str]:
    """Return the lower-case words of the last part of a dotted name.

    >>> [option_words(name) for name in ("model.hiddenSize", "batch-size", "LR_DECAY", "beta1", "noval")]
    [['hidden', 'size'], ['batch', 'size'], ['lr', 'decay'], ['beta', '1'], ['no', 'val']]
    """
    table, _, last = name.rpartition(".")
    if table and last.lower() in KINDS:
        last = table.rpartition(".")[2]
    joined = " ".join(_COMPOUNDS.get(word, word) for word in " ".join(_WORD.findall(last)).lower().split())
    for apart, word in _ONE_WORD.items():
        joined = f" {joined} ".replace(f" {apart} ", f" {word} ")
    return joined.split()


def is_never_tuned(name: str) -> bool:
    """Tell whether a name is that of a seed, a file, an output or a placeholder: not tuned even on request."""
    return reason_to_leave(name) in (_SEED, _PATH, _OUTPUT, _PLACEHOLDER)


def reason_to_leave(name: str) -> str | None:
    """Return why a parameter of this name is not tuned, or None if it may be.

    >>> reason_to_leave("num_workers"), reason_to_leave("is_training"), reason_to_leave("noval")
    ('depends on the machine', 'switches what the script does', 'affects only the evaluation')
    >>> reason_to_leave("data.noise"), reason_to_leave("data.batch_size"), reason_to_leave("n_train")
    ('determined by the data', None, 'determined by the data')
    >>> reason_to_leave("val_dataloader.batch_size"), reason_to_leave("output.width"), reason_to_leave("period")
    ('affects only the evaluation', 'affects only output or names', 'determined by the data')
    >>> reason_to_leave("n_boot"), reason_to_leave("noise_lvl"), reason_to_leave("manualseed")
    ('affects only the evaluation', 'determined by the data', 'a random seed, which tunesmith sets')
    >>> reason_to_leave("pde.alpha"), reason_to_leave("clip_seconds"), reason_to_leave("half_life")
    ('a part of the problem', 'determined by the data', None)
    >>> reason_to_leave("zcol"), reason_to_leave("colsample")
    ('determined by the data', None)
    >>> reason_to_leave("ntrain"), reason_to_leave("n_users"), reason_to_leave("num_train_steps")
    ('determined by the data', 'determined by the data', 'sets how long a trial trains')
    """
    parts = option_words(name)
    if not parts or name.rpartition(".")[2].startswith("__"):
        return _OUTPUT
    if name.lower() in _OF_MADE_DATA:
        return _DATA
    # Only as the whole name: the output of a layer has more words, as in `d_out`.
    if parts in (["out"], ["output"], ["outputs"]):
        return _PATH
    if parts == ["train"]:
        return _SWITCH
    if parts in (["from"], ["to"], ["start"], ["end"], ["begin"]):  # Of what is read.
        return _DATA
    if parts in (["period"], ["periods"]):  # Of a season; that of a schedule has more words.
        return _DATA
    if {"random", "state"} <= {*parts}:
        return _SEED
    tables = set(name.lower().replace("_", "").replace("-", "").split(".")[:-1])
    if tables & _TABLES_OF_DATA and not {*parts} & (_TUNABLE | _TUNABLE_OF_DATA):
        return _DATA
    if tables & _TABLES_OF_PROBLEM and not {*parts} & _TUNABLE:
        return _PROBLEM
    if tables & _TABLES_OF_EVALUATION or {*option_words(name.rpartition(".")[0])} & _TABLES_OF_EVALUATION:
        return _EVALUATION
    if "." in name and name.partition(".")[0].lower() in _TABLES_OF_OUTPUT:
        return _OUTPUT
    if "warmup" in parts:
        return None
    if len(parts) > 1 and parts[0] in ("n", "num") and parts[1] in ("boot", "boots", "bootstrap", "bootstraps", "grid"):
        return _EVALUATION
    for reason, listed in _REASONS.items():
        if any(word in listed.split() and not _is_exception(word, reason, parts) for word in parts):
            return reason
    return _DATA if _is_of_data(parts) else _PLACEHOLDER if name in RESERVED else None


def _is_of_data(parts: list[str]) -> bool:
    """Tell whether the words of a name, none of which tells it alone, together speak of the data."""
    words = {*parts}
    if {"block", "size"} <= words:  # The length of a context.
        return True
    if any(map(_COLUMN.fullmatch, parts)):
        return True
    if parts[-2:] == ["min", "count"]:  # Of the words of a vocabulary.
        return True
    if "noise" in words and (words & {"label", "labels", "pixel", "feature"} or words <= _NOISE):
        return True
    if words & {"features", "train"} and parts[0] in ("n", "num"):
        return True
    if parts[-1] in _MADE.split() and {*parts[:-1]} & {"n", "num", "nr", "number", "total"} and "top" not in parts:
        return True
    if parts[0] == "min" and parts[-1] in _FILTERED:
        return True
    if len(parts) == 1 and parts[0] in ("users", "items", "points", "observations", "records", "examples", "customers"):
        return True
    is_share = bool(words & {"fraction", "frac", "ratio", "share", "pct", "percent"})
    is_size = "size" in words and bool(words & {"train", "sample"})
    return (is_size or (is_share and "train" in words)) and "batch" not in words


def reason_in_help(text: str) -> str | None:
    """Return why the help text of an option of unknown meaning speaks against tuning it, or None.

    >>> reason_in_help("number of GPUs to use"), reason_in_help("the scale of the noise")
    ('depends on the machine', None)
    """
    return next((reason for reason, pattern in _HELP if re.search(rf"\b(?:{pattern})\b", text, re.I)), None)


def _is_exception(word: str, reason: str, parts: list[str]) -> bool:
    """Tell whether the other words of a name outweigh one that speaks against tuning."""
    all_words = set(parts)
    if reason in (_DATA, _EVALUATION) and all_words & _TUNABLE:
        return True
    if word == "metric":  # A distance, as of neighbours.
        return len(parts) == 1 or "distance" in all_words
    if word == "device":  # The batch that each device gets.
        return {"per", "batch"} <= all_words
    if word == "samples":  # Of a contrast, as in word2vec.
        return bool(all_words & {"neg", "negative"})
    if word == "half":  # A time, not a precision.
        return "life" in all_words
    if word == "epochs":  # The passes over what was collected, as PPO's.
        return "update" in all_words
    if word == "rank":
        return "lora" in all_words
    if word in ("is", "do", "run"):
        return parts[0] != word
    if word == "skip":
        return bool(all_words & {"connection", "connections"})
    if word == "freq":
        return bool(all_words & {"bagging", "subsample"})
    if word == "node":  # of a tree
        return bool(all_words & {"min", "max", "leaf"})
    if word == "nodes":
        return "leaf" in all_words
    if word == "val":  # Of a value, as in Lightning's `gradient_clip_val`.
        return "clip" in all_words
    return word in ("step", "steps") and bool(all_words & {"size", "lr"})  # the shape of a schedule
