"""How names of metrics are compared: `val_loss`, `Val Loss`, `val/loss` and `valLoss` are the same."""

from __future__ import annotations

import re
from functools import lru_cache

_BETWEEN = re.compile(r"'s\b|[\W_]+|(?<=[a-z])(?<!^[a-z])(?<![^A-Za-z][a-z])(?<!Io)(?=[A-Z])")
"""What lies between words; a single letter belongs to the word behind it, as in `nDCG` and `mIoU`."""


@lru_cache(maxsize=4096)
def metric_words(name: str) -> tuple[str, ...]:
    """Return the words of a name, in lower case.

    >>> metric_words("valid_0's l2"), metric_words("eval/LossMean"), metric_words("F1")
    (('valid', '0', 'l2'), ('eval', 'loss', 'mean'), ('f1',))
    >>> metric_words("val_mIoU"), metric_words("nDCG@10"), metric_words("mAP")
    (('val', 'miou'), ('ndcg', '10'), ('map',))
    """
    return tuple(word.lower() for word in _BETWEEN.split(name) if word)


class WantedNames:
    """The metrics that a study needs, and which of them another name stands for.

    A name stands for a metric if it has the same words, whatever their case and what lies between them.

    Args:
        names: The metrics, as the study spells them.

    >>> WantedNames(["val_loss"]).find("Val Loss")
    'val_loss'
    """

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self.names = names
        self._by_words = {metric_words(name): name for name in reversed(names) if metric_words(name)}

    def find(self, name: str) -> str | None:
        """Return the metric that a name stands for, or None."""
        return name if name in self.names else self._by_words.get(metric_words(name))
