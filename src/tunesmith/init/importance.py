"""How likely it is that a parameter matters, by its name and help text."""

from __future__ import annotations

import re

from .name_words import option_words

_SCHEDULE = "scheduler schedule sched warmup cosine poly anneal annealing onecycle plateau restart restarts pct"
_OF_RATES = {*f"{_SCHEDULE} decay cos step gamma milestones min final end factor power cycle".split()}
"""Words beside `lr` that make a name that of a schedule."""
_GROUPS = (
    "lr eta eta0",
    "wd l2 l1 reg regularization lambda lam alpha penalty ridge c",
    "batch bs",
    "width hidden hid rnn gru lstm dim dims model embed embedding emb embd em units channels filters ff ffn neurons "
    "latent features leaves inp factors bottleneck trunk netwidth comp comps components pcs topics nz ngf ndf "
    "reservoir",
    "layers layer depth netdepth blocks block stages estimators trees ntree ntrees rounds round",
    "dropout drop dropconnect",
    "optimizer optimiser optim opt",
    _SCHEDULE,
    "momentum beta betas nesterov amsgrad rho ema polyak",
    "smoothing damping damped phi mixup cutmix augment aug augmentation crop flip jitter noise corruption subsample "
    "colsample bagging fraction",
    "activation act nonlinearity norm bn batchnorm layernorm bias residual",
    "clip grad gradient",
    "heads head kernel patch stride",
    "entropy ent coef vf gae discount gamma tau critic update",
    "child leaf bins neighbors gini criterion kernel svm intercept mtry nodesize maxnodes sampsize",
    "rank lora temperature temp margin",
    "negative negatives neg radius leak leakage sparsity lag lags order multires neighbours strength",
)
"""Words of names, the likeliest to matter first."""
_IN_HELP = (
    r"learning.rate", r"weight.decay|regulari[sz]ation|l2", r"batch.size",
    r"(?:hidden|embedding|layer).(?:size|units|dim)|hidden units|word embeddings|width|channels|latent variables"
    r"|(?:latent|principal) (?:components|factors)|components",
    r"number of layers|depth", r"drop.?out", r"optimi[sz]er", r"schedul|warm.?up", r"momentum|adam",
    r"smoothing|augment", r"activation", r"clip", r"heads|kernel", r"entropy|discount|gamma", r"temperature|margin",
)  # fmt: skip


def importance(name: str, help_text: str = "") -> int:
    """Return a rank: the higher the likelier to matter, 0 if neither the name nor the help text says anything.

    >>> importance("lr") > importance("dropout") > importance("lr_step_size") > importance("thing", "weight of things")
    True
    """
    parts = option_words(name)
    groups = [set(group.split()) for group in _GROUPS]
    most = len(groups)
    if {"learning", "rate"} <= {*parts}:
        parts = ["lr", *(part for part in parts if part not in ("learning", "rate"))]
    if parts in (["l1"], ["l2"]):
        return most - 1
    if "lr" in parts and {*parts} & _OF_RATES:
        return most - _GROUPS.index(_SCHEDULE)
    if "decay" in parts:
        return most - 1 if "weight" in parts else most - _GROUPS.index(_SCHEDULE)
    for index, group in enumerate(groups):
        if group & {*parts}:
            return most - index
    for index, pattern in enumerate(_IN_HELP):
        if re.search(rf"\b(?:{pattern})", help_text, re.I):
            return most - index
    return 0
