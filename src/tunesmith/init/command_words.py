"""A user's command with placeholders where a trial differs from it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from .command_line import CommandLine
from .script_option import ScriptOption

_SAFE = re.compile(r"[\w@%+=:,./{}-]+", re.ASCII)


def escaped(word: str) -> str:
    """Return a word in which braces are no placeholders."""
    return word.replace("{", "{{").replace("}", "}}")


def quoted(words: Sequence[str]) -> str:
    """Return words with placeholders as one line, quoted where a shell needs it."""
    return " ".join(word if _SAFE.fullmatch(word) else shlex.quote(word) for word in words)


def spelling_of(option: ScriptOption) -> str:
    """Return how an option is written: the first long spelling."""
    long = [spelling for spelling in option.spellings if spelling.startswith("--")]
    return (long or list(option.spellings) or [option.name])[0]


def written(option: ScriptOption, text: str) -> list[str]:
    """Return the words that give an option a value, or a placeholder.

    >>> written(ScriptOption(name="lr", spellings=("-l", "--lr")), "{lr}")
    ['--lr', '{lr}']
    """
    spelling = spelling_of(option)
    if option.form == "positional":
        return [text]
    if option.form == "--name value":
        return [f"{spelling}={text}"] if re.match(r"-\D", text) and spelling.startswith("--") else [spelling, text]
    return [f"{spelling}={text}"]


@dataclass(frozen=True)
class Span:
    """The words of a command that set one option.

    Args:
        start: The first one.
        stop: The one after the last.
        before: The text before the value in the last one, as `--lr=`.
    """

    start: int
    stop: int
    before: str


@dataclass
class CommandWords:
    """The words of a trial's command while it is written.

    Args:
        command: The user's own.
        spellings: How all options of the script are spelled: a word that is one of them is no abbreviation of another.
        in_environment: Whether the script reads its options from the environment: they stand before it, after `env`.
    """

    command: CommandLine
    spellings: Collection[str] = ()
    in_environment: bool = False
    _variables: list[str] = field(default_factory=list)
    _replaced: dict[int, list[str]] = field(default_factory=dict)
    _inserted: dict[int, list[str]] = field(default_factory=dict)
    _appended: list[str] = field(default_factory=list)
    _script: str | None = None

    def replace_script(self, text: str) -> None:
        """Run something else in place of the script."""
        self._script = text

    def replace_word(self, index: int, text: str) -> None:
        """Write something else in place of an argument."""
        self._replaced[index] = [text]

    def set(self, option: ScriptOption, text: str) -> None:
        """Give an option a value, where it stands, or else at the end."""
        span = self.find(option)
        if span is None:
            self.append(written(option, text))
        else:
            self._replaced[span.stop - 1] = [span.before + text]

    def set_words(self, option: ScriptOption, placeholder: str) -> bool:
        """Put a placeholder in place of all words of an option; tell whether there were any."""
        span = self.find(option)
        if span is None:
            return False
        self._replaced |= {index: [] for index in range(span.start, span.stop)}
        self._replaced[span.start] = [placeholder]
        return True

    def insert(self, before: str, words: Sequence[str]) -> None:
        """Insert words before the first argument that is this word."""
        self._inserted.setdefault(self.command.arguments.index(before), []).extend(words)

    def append(self, words: Sequence[str]) -> None:
        """Append words to the arguments, or to the variables before the script."""
        if self.in_environment:
            self._variables += words
        else:
            self._appended += words

    def text(self) -> str:
        """Return the command as one line."""
        own, arguments = self.command.own_words, self.command.arguments
        head = [escaped(word) for word in own[: len(own) - len(arguments)]]
        if self._script is not None:
            head[-1] = self._script
        rest: list[str] = []
        end = arguments.index("--") if "--" in arguments else len(arguments)
        for index, word in enumerate(arguments):
            rest += self._appended if index == end else []
            rest += self._inserted.get(index, [])
            rest += self._replaced.get(index, [escaped(word)])
        rest += self._appended if end == len(arguments) else []
        return quoted([*(("env", *self._variables) if self._variables else ()), *head, *rest])

    def find(self, option: ScriptOption) -> Span | None:
        """Return the words that set an option last, or None if there are none."""
        spans = [span for index in range(len(self.command.arguments)) if (span := self._span(option, index))]
        if not spans and option.given and option.form == "positional":
            same = [n for n, word in enumerate(self.command.arguments) if _is_same(word, option.value)]
            spans = [Span(same[0], same[0] + 1, "")] if len(same) == 1 else []
        return spans[-1] if spans else None

    def _span(self, option: ScriptOption, index: int) -> Span | None:
        """Return the words from one argument on, if these set an option."""
        word = self.command.arguments[index]
        name, equals, _ = word.partition("=")
        takes_value = option.switch is None or ("" not in option.switch and "=" in "".join(option.switch))
        for spelling in (*option.spellings, *(option.switch or ())):
            plain = spelling.partition("=")[0]
            if equals and _alike(name.lstrip("+~") if option.form == "name=value" else name, plain):
                return Span(index, index + 1, f"{name}=")
            is_word = plain.startswith("-") or (option.form == "--name value" and option.switch is None)
            if option.form == "name=value" or not is_word:  # The keys of yacs have no dashes.
                continue
            abbreviates = option.given and word not in self.spellings and _is_short_for(word, plain)
            if _alike(word, plain) or abbreviates:
                if not takes_value:
                    return Span(index, index + 1, "")
                if index + 1 < len(self.command.arguments):
                    return Span(index, index + 2, "")
            is_own = word in self.spellings  # As `-de`, which is no `-d e`.
            if (
                takes_value
                and len(plain) == 2
                and word.startswith(plain)
                and word[1] != "-"
                and len(word) > 2
                and not is_own
            ):
                return Span(index, index + 1, plain)
        return None


def _alike(word: str, spelling: str) -> bool:
    return word == spelling or (word[:2] == "--" and word.replace("_", "-") == spelling.replace("_", "-"))


def _is_short_for(word: str, spelling: str) -> bool:
    """Tell whether a word is the beginning of an option, which argparse accepts."""
    return len(word) > 3 and word.startswith("--") and spelling.startswith(word)


def _is_same(word: str, value: Any) -> bool:
    if word == str(value):
        return True
    try:
        return not isinstance(value, bool | str) and float(word) == float(value)
    except (TypeError, ValueError):
        return False
