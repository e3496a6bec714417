"""Keywords that a library uses only with some values of another parameter, as `l1_ratio` with the elastic net."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..core.values import Value
from .conditions import with_condition
from .draft import Draft
from .name_words import KINDS, option_words

_SCHEDULES = "scheduler schedule sched lrscheduler lrschedule lrsched"
_OF_STEPS = " ".join(f"{schedule}{word}" for schedule in _SCHEDULES.split() for word in ("gamma", "stepsize"))
_KERNELS = "linear poly rbf sigmoid"
_BOOSTERS = "gbtree gblinear gbdt rf dart goss"
_STEPS = "step exponential plateau exp steplr multistep multisteplr exponentiallr reducelronplateau"
_SMOOTH = "cosine cos cosineannealinglr linear poly polynomial onecycle onecyclelr constant none"


@dataclass(frozen=True)
class _Use:
    """With which values of another parameter a keyword is used.

    Args:
        keywords: The words of each keyword, joined.
        parents: Those of each name that the other parameter may have.
        using: The values with which it is used, the usual ones first.
        others: The values with which it is not.
    """

    keywords: str
    parents: str
    using: str
    others: str

    def is_used(self, value: Value) -> bool:
        """Tell whether the keyword is used with a value, or may be."""
        return _bare(value) in self.using.split() or _bare(value) not in self.others.split()


_USES = (
    _Use("l1ratio", "penalty", "elasticnet", "l1 l2 none"),
    _Use("gamma", "kernel", "poly rbf sigmoid", _KERNELS),
    _Use("degree", "kernel", "poly", _KERNELS),
    _Use("coef0", "kernel", "poly sigmoid", _KERNELS),
    _Use("ratedrop skipdrop maxdrop droprate", "booster boosting boostingtype", "dart", _BOOSTERS),
    _Use("toprate otherrate", "boosting boostingtype", "goss", _BOOSTERS),
    _Use("baggingtemperature", "bootstraptype", "bayesian", "bernoulli mvs poisson no none"),
    _Use("subsample", "bootstraptype", "bernoulli mvs poisson", "bayesian no"),
    _Use(f"decayrate lrdecayrate lrgamma lrstepsize {_OF_STEPS}", _SCHEDULES, _STEPS, _SMOOTH),
)


def with_uses(draft: Draft) -> Draft:
    """Return a draft in which a keyword is active only with the values of another parameter that use it."""
    for name in draft.space:
        for parent, use in _parents(draft, name):
            draft = with_condition(draft, name, parent, use.is_used, " or ".join(use.using.split()[:3]))
    return draft


def _parents(draft: Draft, name: str) -> Iterator[tuple[str, _Use]]:
    """Yield the parameters that decide about a keyword: those beside it whose names begin in the same way."""
    for use in _USES:
        places = _places(name, use.keywords)
        yield from ((parent, use) for parent in draft.values if places & _places(parent, use.parents))


def _places(name: str, keys: str) -> set[tuple[str, str]]:
    """Return the table and the words before a key, for every key with which a name ends.

    The name of a table may be the first word: `scheduler.gamma` is `gamma` in `scheduler`, and `schedulergamma`.
    """
    table, _, last = name.rpartition(".")
    above, _, middle = table.rpartition(".")
    words = "".join(option_words(last))
    spelled = {(table, words)} if last not in KINDS else set()
    if table:
        spelled.add((above, _bare(middle) + ("" if last in KINDS else words)))
    return {(place, full.removesuffix(key)) for place, full in spelled for key in keys.split() if full.endswith(key)}


def _bare(value: Value) -> str:
    return str(value).lower().rpartition(".")[2].replace("_", "").replace("-", "")
