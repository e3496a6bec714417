"""The request reader: reads the parts of a request to `fit` that rules do not understand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from ...text.cleaning import short
from .model import Model, ask

Option = Literal[
    "target", "task", "metric", "limits", "interpretable", "families", "avoid", "prefer", "wishes", "exclude", "id",
    "group", "time", "weight", "positive", "minutes", "trials", "parallel", "memory_gb", "horizon", "frequency",
    "known", "country", "windows",
]  # fmt: skip
LONGEST_NAME = 120
"""Characters of a column's name in a question."""

_ROLE = "request_reader"
_MOST_COLUMNS = 300
_MOST_PHRASES = 30
_MOST_VALUES = 20


class Phrase(BaseModel):
    """What one phrase of the request asks for."""

    option: Option = Field(description="the option that it sets")
    values: list[bool | int | float | str] = Field(
        min_length=1, max_length=_MOST_VALUES, description="the option's value; several where it takes several"
    )
    words: str = Field(description="the phrase of the request, letter by letter")


class RequestReading(BaseModel):
    """The request reader's answer."""

    phrases: list[Phrase] = Field(default_factory=list, max_length=_MOST_PHRASES)
    not_understood: list[str] = Field(
        default_factory=list, max_length=_MOST_PHRASES, description="phrases that no option can give"
    )


class RequestReader:
    """Reads what a request asks of `fit`. Its answer is unchecked: `tunesmith.fitting.request_reading` checks it.

    Args:
        model: The language model.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def read(
        self,
        request: str,
        *,
        data: str = "table",
        options: Sequence[Option] = (),
        understood: Sequence[str],
        not_understood: Sequence[str],
        columns: Mapping[str, Any],
        metrics: Sequence[str],
        families: Mapping[str, str],
    ) -> RequestReading:
        """Return what the model reads.

        Args:
            request: The user's words.
            data: What is learned from: a table, or time series.
            options: The options that can be set.
            understood: What rules made of them.
            not_understood: What rules made nothing of.
            columns: What is known of each column, by its name.
            metrics: The metrics to choose from.
            families: The purpose of each family of models, by its name.

        Raises:
            ModelUnavailable: No model answered.
        """
        question = {
            "request": request,
            "data": data,
            "options": list(options),
            "understood": list(understood),
            "not_understood": list(not_understood),
            "columns": {short(name, LONGEST_NAME): about for name, about in list(columns.items())[:_MOST_COLUMNS]},
            "metrics": list(metrics),
            "families": dict(families),
        }
        return ask(self.model, _ROLE, json.dumps(question, ensure_ascii=False, default=str), RequestReading)
