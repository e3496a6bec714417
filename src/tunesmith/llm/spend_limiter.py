"""Budgets of language models: what a call may cost is set aside before it is made, and settled after."""

from __future__ import annotations

import fcntl
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import IO, Any

import orjson

from ..core.spending import Spending
from ..errors import InputError, ModelUnavailable


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that may be spent; None for no limit.

    Args:
        usd: US dollars, of a study.
        tokens: Input and output, of a study.
        usd_per_day: US dollars on one day (UTC), of all studies of this user on this machine.
        tokens_per_day: Tokens on one day, likewise.
    """

    usd: float | None = None
    tokens: int | None = None
    usd_per_day: float | None = None
    tokens_per_day: int | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None and not 0 <= value < float("inf"):
                raise InputError(f"{name} must be 0 or more, but {value} was given.", keys=(name,))


@dataclass(frozen=True, kw_only=True)
class Amount:
    """Money and tokens.

    Args:
        usd: US dollars.
        tokens: Input and output together.
    """

    usd: float = 0.0
    tokens: int = 0

    def __add__(self, other: Amount) -> Amount:
        """Return both together."""
        return Amount(usd=self.usd + other.usd, tokens=self.tokens + other.tokens)


class SpendLimiter:
    """What a study may still spend, shared by all who ask at the same time.

    Args:
        limits: The most that may be spent.
        spent: Returns what the study has spent so far, as its journal has it.
        day: The book of all studies; None keeps none.

    >>> purse = SpendLimiter(Limits(usd=0.01), Spending)
    >>> first = purse.reserve(Amount(usd=0.008))
    >>> purse.reserve(Amount(usd=0.008))
    Traceback (most recent call last):
    tunesmith.errors.ModelUnavailable: a call may cost up to $0.008, but of the study's $0.01 only $0.002 is left.
    """

    def __init__(self, limits: Limits, spent: Callable[[], Spending], day: DailyUsage | None = None) -> None:
        self.limits = limits
        self.day = day
        self._spent = spent
        self._open: dict[int, Amount] = {}
        self._numbers = count()
        self._lock = threading.Lock()

    def reserve(self, most: Amount) -> int:
        """Set aside what a call may cost at the most, and return a number to settle it by.

        Raises:
            ModelUnavailable: It does not fit.
        """
        with self._lock:
            spent = self._spent()
            taken = sum(self._open.values(), Amount(usd=spent.usd, tokens=spent.tokens))
            _check(most, taken, self.limits.usd, self.limits.tokens, "study")
            number = next(self._numbers)
            if self.day is not None:
                try:
                    self.day.reserve(number, most, self.limits)
                except UsageUnavailable:
                    if self.limits.usd_per_day is not None or self.limits.tokens_per_day is not None:
                        raise
                    self.day = None  # Where no day has a limit, nobody needs the book.
            self._open[number] = most
            return number

    def settle(self, number: int, amount: Amount) -> None:
        """Give back what was set aside; what the call did cost stands in the journal by now."""
        with self._lock:
            del self._open[number]
            if self.day is not None:
                # An answer that is paid for is not thrown away: in a book that is lost, what was set aside counts.
                with suppress(UsageUnavailable):
                    self.day.settle(number, amount)


class UsageUnavailable(ModelUnavailable):
    """The book of a day's spending cannot be kept."""


class DailyUsage:
    """What all studies of a user have spent today, in one file that they share.

    What was set aside and never settled, as its process was killed, counts as spent.

    Args:
        path: The file; made on first use, readable by its owner alone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._name = uuid.uuid4().hex[:12]

    def reserve(self, number: int, most: Amount, limits: Limits) -> None:
        """Set an amount aside.

        Raises:
            ModelUnavailable: It does not fit into the limits of a day.
        """
        with self._opened() as file:
            today = _today()
            lines = [line for line in map(_line, file) if line is not None and line["day"] == today]
            amounts = {line["of"]: Amount(usd=line["usd"], tokens=line["tokens"]) for line in lines}
            taken = sum(amounts.values(), Amount())
            _check(most, taken, limits.usd_per_day, limits.tokens_per_day, "day")
            file.seek(0)
            file.truncate()
            file.writelines(orjson.dumps(line) + b"\n" for line in lines)
            self._enter(file, number, most)

    def settle(self, number: int, amount: Amount) -> None:
        """Put what a call did cost in the place of what was set aside for it."""
        with self._opened() as file:
            file.seek(0, os.SEEK_END)
            self._enter(file, number, amount)

    def _enter(self, file: IO[bytes], number: int, amount: Amount) -> None:
        line = {"day": _today(), "of": f"{self._name}-{number}", "usd": amount.usd}
        file.write(orjson.dumps(line | {"tokens": amount.tokens}) + b"\n")

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file
        except OSError as error:
            raise UsageUnavailable(f"the book of a day's spending, {self.path}, cannot be kept: {error}.") from None


def daily_usage() -> DailyUsage:
    """Return the book at its usual place."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return DailyUsage(state / "tunesmith" / "spending.jsonl")


def _line(text: bytes) -> dict[str, Any] | None:
    """Return a line of the book; None for what was cut off in the middle."""
    try:
        line = orjson.loads(text)
        return line if line.keys() >= {"day", "of", "usd", "tokens"} else None
    except (ValueError, AttributeError):
        return None


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _check(most: Amount, taken: Amount, usd: float | None, tokens: int | None, whose: str) -> None:
    if usd is not None and most.usd > 0 and taken.usd + most.usd > usd:
        left = max(0.0, usd - taken.usd)
        raise ModelUnavailable(
            f"a call may cost up to ${most.usd:.2g}, but of the {whose}'s ${usd:g} only ${left:.2g} is left."
        )
    if tokens is not None and taken.tokens + most.tokens > tokens:
        left = max(0, tokens - taken.tokens)
        raise ModelUnavailable(
            f"a call may take up to {most.tokens} tokens, but of the {whose}'s {tokens} only {left} are left."
        )
