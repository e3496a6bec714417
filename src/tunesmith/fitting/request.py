"""What a user asks of `fit` in plain words, by rules. Nothing is guessed: what is not understood is reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from ..init.request import has_meaning, plain
from .files import KeptOptions
from .request_grammar import Phrase, compiled, phrases
from .request_settings import Setting

_BOUNDARY = re.compile(r"(?<![0-9]),|,(?![0-9])|[;!?]|\.(?=\s|$)| (?:and|but|then|because) ")
_READ = "\0"
_REVERSES = re.compile(r"\b(?:not|no|never|without|except|unless|instead|rather|avoid|neither|nor|\w+n't)\b", re.I)
"""Words that may reverse the meaning of a phrase beside them."""
_FILLER = re.compile(
    r"\b(?:must|shall|will|has|have|make|build|create|give|model|models|modelling|modeling|prediction|predictions|"
    r"predictive|automl|data|dataset|table|csv|file|column|columns|result|results|work|fit|train|possible|there|using|"
    r"which|who|ideally|preferably|fully|very|really|easy|easily|quickly|also|only|from|than|by|per|any|some|something|"
    r"it'?s|that'?s|while|since|still|always)\b",
    re.I,
)
"""Words that carry no meaning of their own in a request about a table, besides those of `init`."""
SEVERAL = ("limits", "families", "avoid", "prefer", "wishes", "exclude", "id", "known")
"""Settings that a request may name more than once."""


@dataclass(frozen=True, kw_only=True)
class FitRequest:
    """What a user's words ask of `fit`.

    Args:
        words: The user's words, on one line.
        settings: What was understood, each with the phrase that asks for it.
        not_understood: The clauses, or the rest of them, that had no effect.
        refused: What a language model made of the words, and why that had no effect.
    """

    words: str
    settings: tuple[Setting, ...] = ()
    not_understood: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @classmethod
    def read(
        cls,
        words: str,
        columns: Sequence[str],
        phrases: Callable[[Sequence[str], str], Iterator[Phrase]] = phrases,
    ) -> Self:
        """Return what words ask for, by rules.

        Args:
            words: The user's words.
            columns: The names of the table's columns.
            phrases: Yields the phrases that are understood, from the columns and the text; those about a table by
                default.

        Raises:
            InputError: The request is empty, or very long.

        >>> request = FitRequest.read("predict churn, must be explainable, under 5 ms", ["age", "Churn"])
        >>> [(setting.name, setting.value) for setting in request.settings]
        [('target', ('Churn',)), ('interpretable', True), ('limits', ('predict_ms_per_1000_rows <= 5000',))]
        """
        text = plain(words)
        unread = text
        found: list[tuple[int, Setting]] = []
        for pattern, settings_of in phrases(columns, text):
            for match in compiled(pattern).finditer(unread):
                settings = settings_of(match)
                if settings is None:
                    continue
                found += [(match.start(), setting) for setting in settings]
                unread = unread[: match.start()] + _READ * len(match[0]) + unread[match.end() :]
        kept: list[tuple[int, Setting]] = []
        missed = []
        for start, end in _clauses(unread):
            rest = unread[start:end]
            if not _means_something(rest):
                kept += [entry for entry in found if start <= entry[0] < end]
            elif _REVERSES.search(rest):  # A word that is not understood may reverse what is.
                missed.append(text[start:end].strip(" :,;."))
            else:
                kept += [entry for entry in found if start <= entry[0] < end]
                missed += [part.strip(" :,;.") for part in rest.split(_READ) if _means_something(part)]
        consistent, contradicting = _consistent([setting for _, setting in sorted(kept, key=lambda entry: entry[0])])
        return cls(words=text, settings=consistent, not_understood=tuple(missed + contradicting))

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return what `to_table` returned."""
        settings = tuple(
            Setting(
                name=row["name"],
                value=tuple(row["value"]) if isinstance(row["value"], list) else row["value"],
                words=row["words"],
                note=row["note"],
                by=row.get("by", "rules"),
            )
            for row in table["settings"]
        )
        return cls(
            words=table["words"],
            settings=settings,
            not_understood=tuple(table["not_understood"]),
            refused=tuple(table.get("refused", ())),
        )

    def to_facts(self) -> dict[str, Any]:
        """Return the words, what each became by whom, and what had no effect."""
        return {
            "words": self.words,
            "understood": list(self.understood),
            "not_understood": list(self.not_understood),
            "refused": list(self.refused),
            "settings": [{"option": s.name, "value": s.value, "words": s.words, "by": s.by} for s in self.settings],
        }

    @property
    def lines(self) -> tuple[str, ...]:
        """What each phrase became and what had no effect, a line each, for people."""
        missed = (f"not understood: {words}" for words in self.not_understood)
        return (*self.understood, *missed, *self.refused)

    @property
    def understood(self) -> tuple[str, ...]:
        """What each phrase became, one sentence each; says where a language model read it."""
        return tuple(
            f"'{setting.words}': {setting}{'' if setting.by == 'rules' else f' (as the {setting.by} reads it)'}"
            for setting in self.settings
        )


def kept_request(folder: Path) -> FitRequest | None:
    """Return what was understood of the words that a study's fit began with; None if there were none."""
    kept = KeptOptions.load(folder)
    return FitRequest.from_table(kept.request) if kept is not None and kept.request else None


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for boundary in _BOUNDARY.finditer(text):
        yield start, boundary.start()
        start = boundary.end()
    yield start, len(text)


def _means_something(rest: str) -> bool:
    return has_meaning(_FILLER.sub(" ", rest.replace(_READ, " ")))


def _consistent(settings: Sequence[Setting]) -> tuple[tuple[Setting, ...], list[str]]:
    """Return settings without those that contradict an earlier one, and the phrases of these."""
    kept: list[Setting] = []
    contradicting = []
    for setting in settings:
        earlier = next((entry for entry in kept if entry.name == setting.name), None)
        if earlier is None or (setting.name in SEVERAL and setting not in kept):
            kept.append(setting)
        elif earlier.value != setting.value:
            contradicting.append(f"{setting.words} (it contradicts '{earlier.words}')")
    return tuple(kept), contradicting
