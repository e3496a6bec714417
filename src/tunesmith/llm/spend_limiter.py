"""Budgets of language models: reserve the most that a call may cost, then settle what it did cost."""

from __future__ import annotations

import fcntl
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import IO

import orjson

from ..core.schema import expect_range
from ..core.spending import Spending
from ..errors import ModelUnavailable

_LOCK_SECONDS = 5.0
_POLL_SECONDS = 0.01


@dataclass(frozen=True, kw_only=True)
class SpendLimits:
    """Limits on spending; None for no limit.

    Args:
        usd: US dollars per study.
        tokens: Input and output tokens per study.
        usd_per_day: US dollars per day (UTC), over all studies of this user on this machine.
        tokens_per_day: Tokens per day, likewise.
    """

    usd: float | None = None
    tokens: int | None = None
    usd_per_day: float | None = None
    tokens_per_day: int | None = None

    def __post_init__(self) -> None:
        for name in vars(self):
            expect_range(self, name, 0, below=True)


@dataclass(frozen=True, kw_only=True)
class Amount:
    """An amount spent.

    Args:
        usd: US dollars.
        tokens: Input and output tokens.
    """

    usd: float = 0.0
    tokens: int = 0

    def __add__(self, other: Amount) -> Amount:
        """Return the sum."""
        return Amount(usd=self.usd + other.usd, tokens=self.tokens + other.tokens)


class SpendLimiter:
    """Keeps a study within its limits. Safe to use from several threads.

    Args:
        limits: The limits.
        spent: Returns what the study has spent, by its journal.
        daily: The usage of all studies; None keeps no daily limits.

    >>> limiter = SpendLimiter(SpendLimits(usd=0.01), Spending)
    >>> first = limiter.reserve(Amount(usd=0.008))
    >>> limiter.reserve(Amount(usd=0.008))
    Traceback (most recent call last):
    tunesmith.errors.ModelUnavailable: a call may cost up to $0.008, but only $0.002 of the study's $0.01 is left.
    """

    def __init__(self, limits: SpendLimits, spent: Callable[[], Spending], daily: DailyUsage | None = None) -> None:
        self.limits = limits
        self.daily = daily
        self._spent = spent
        self._reserved: dict[int, Amount] = {}
        self._numbers = count()
        self._lock = threading.Lock()

    def reserve(self, most: Amount) -> int:
        """Reserve the most that a call may cost, and return a number to settle it by.

        Raises:
            ModelUnavailable: It exceeds a limit.
        """
        with self._lock:
            spent = self._spent()
            taken = sum(self._reserved.values(), Amount(usd=spent.usd, tokens=spent.tokens))
            _check(most, taken, self.limits.usd, self.limits.tokens, "study")
            number = next(self._numbers)
            if self.daily is not None:
                try:
                    self.daily.reserve(number, most, self.limits)
                except UsageUnavailable:
                    if self.limits.usd_per_day is not None or self.limits.tokens_per_day is not None:
                        raise
                    self.daily = None  # No daily limit needs the file.
            self._reserved[number] = most
            return number

    def settle(self, number: int, amount: Amount) -> None:
        """Replace a reservation by what the call did cost, which the journal already holds."""
        with self._lock:
            del self._reserved[number]
            if self.daily is not None:
                # Keep an answer that is paid for. If the file is lost, the reservation counts.
                with suppress(UsageUnavailable):
                    self.daily.settle(number, amount)


class UsageUnavailable(ModelUnavailable):
    """The file of daily usage cannot be read or written."""


class DailyUsage:
    """Today's spending of all studies of a user, in a file that they share.

    A reservation that is never settled, as its process was killed, counts as spent.

    Args:
        path: The file; created on first use, readable only by its owner.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._id = uuid.uuid4().hex[:12]

    def reserve(self, number: int, most: Amount, limits: SpendLimits) -> None:
        """Reserve an amount.

        Raises:
            ModelUnavailable: It exceeds a daily limit.
        """
        with self._locked_file() as file:
            today = _today()
            lines = [line for line in map(_parse, file) if line is not None]
            amounts = {line.call: line.amount for line in lines if line.day == today}
            _check(most, sum(amounts.values(), Amount()), limits.usd_per_day, limits.tokens_per_day, "day")
            if not amounts:  # The first call of a day. Later ones only append, as a full disk must not lose any.
                file.seek(0)
                file.truncate()
            self._append(file, number, most)

    def settle(self, number: int, amount: Amount) -> None:
        """Replace a reservation by what the call did cost."""
        with self._locked_file() as file:
            self._append(file, number, amount)

    def _append(self, file: IO[bytes], number: int, amount: Amount) -> None:
        if length := file.seek(0, os.SEEK_END):
            file.seek(length - 1)
            if file.read(1) != b"\n":
                file.write(b"\n")  # Ends a line that a full disk cut off.
        line = {"day": _today(), "call": f"{self._id}-{number}", "usd": amount.usd, "tokens": amount.tokens}
        file.write(orjson.dumps(line) + b"\n")

    @contextmanager
    def _locked_file(self) -> Iterator[IO[bytes]]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                _lock(file)
                yield file
        except OSError as error:
            raise UsageUnavailable(f"the file of daily usage, {self.path}, cannot be used: {error}.") from None


def daily_usage() -> DailyUsage:
    """Return the daily usage in the user's state folder."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return DailyUsage(state / "tunesmith" / "spending.jsonl")


def _lock(file: IO[bytes]) -> None:
    """Lock the file. Do not wait forever, as its holder may be stopped."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise OSError("another process has locked it") from None
            time.sleep(_POLL_SECONDS)


@dataclass(frozen=True)
class _Line:
    """One line of the file."""

    day: str
    call: str
    amount: Amount


def _parse(text: bytes) -> _Line | None:
    """Return a line of the file; None for one that is incomplete or damaged."""
    try:
        line = orjson.loads(text)
        amount = Amount(usd=float(line["usd"]), tokens=int(line["tokens"]))
        return _Line(str(line["day"]), str(line["call"]), amount) if amount.usd >= 0 and amount.tokens >= 0 else None
    except (ValueError, TypeError, KeyError, OverflowError):
        return None


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _check(most: Amount, taken: Amount, usd: float | None, tokens: int | None, scope: str) -> None:
    if usd is not None and most.usd > 0 and taken.usd + most.usd > usd:
        left = max(0.0, usd - taken.usd)
        raise ModelUnavailable(
            f"a call may cost up to ${most.usd:.2g}, but only ${left:.2g} of the {scope}'s ${usd:g} is left."
        )
    if tokens is not None and taken.tokens + most.tokens > tokens:
        left = max(0, tokens - taken.tokens)
        raise ModelUnavailable(
            f"a call may take up to {most.tokens} tokens, but only {left} of the {scope}'s {tokens} are left."
        )
