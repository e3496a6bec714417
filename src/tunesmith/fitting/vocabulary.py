"""What the words of a request can name: the options, tasks, metrics and families of models of a kind of data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..agents.roles.request_reader import Option
from ..data.scores import ALIASES, SCORES
from ..families.base import BASELINE
from .options import COSTS
from .request_grammar import Phrase, phrases


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What words can name.

    Args:
        data: What is learned from, as `table`.
        options: The options that words can set.
        tasks: The tasks.
        maximize: Whether larger values are better, by the name of each metric.
        aliases: Further names of metrics.
        costs: What a limit may be on besides metrics.
        families: The folder of plugins that holds the families.
        baseline: The family that needs no mention.
        phrases: Yields the phrases that rules understand, from the names of the columns and the text.
    """

    data: str
    options: Sequence[Option]
    tasks: Sequence[str]
    maximize: Mapping[str, bool]
    aliases: Mapping[str, str]
    costs: Sequence[str]
    families: str
    baseline: str
    phrases: Callable[[Sequence[str], str], Iterator[Phrase]]


TABLES = Vocabulary(
    data="table",
    options=(
        *("target", "task", "metric", "limits", "interpretable", "families", "avoid", "prefer", "wishes", "exclude"),
        *("id", "group", "time", "weight", "positive", "minutes", "trials", "parallel", "memory_gb"),
    ),
    tasks=("classification", "binary", "multiclass", "multilabel", "regression"),
    maximize={name: score.maximize for name, score in SCORES.items()},
    aliases=ALIASES,
    costs=COSTS,
    families="families",
    baseline=BASELINE,
    phrases=phrases,
)
