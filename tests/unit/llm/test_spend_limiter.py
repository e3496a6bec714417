import fcntl
import multiprocessing
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.core.spending import Call, Ledger, Spending
from tunesmith.errors import InputError, ModelUnavailable
from tunesmith.llm import spend_limiter
from tunesmith.llm.spend_limiter import Amount, DailyUsage, SpendLimiter, SpendLimits

AMOUNTS = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted)


@given(st.lists(AMOUNTS, max_size=30), st.floats(0, 5), st.integers(1, 6))
def test_reserved_and_spent_amounts_never_exceed_the_limit(
    calls: list[tuple[float, float]], limit: float, at_once: int
) -> None:
    ledger = Ledger()
    own = SpendLimiter(SpendLimits(usd=limit), lambda: ledger.total)
    open_calls: list[tuple[int, float]] = []
    for cost, most in calls:
        if len(open_calls) == at_once:
            number, spent = open_calls.pop(0)
            ledger.add(Call(role="planner", model="m", usd=spent))
            own.settle(number, Amount(usd=spent))
        try:
            open_calls.append((own.reserve(Amount(usd=most)), cost))
        except ModelUnavailable:
            continue
    assert ledger.total.usd + sum(cost for _, cost in open_calls) <= limit + 1e-9


def test_a_free_call_fits_any_budget() -> None:
    own = SpendLimiter(SpendLimits(usd=0.0), Spending)
    own.settle(own.reserve(Amount(tokens=1000)), Amount())
    with pytest.raises(
        ModelUnavailable, match=r"a call may cost up to \$0.01, but only \$0 of the study's \$0 is left"
    ):
        own.reserve(Amount(usd=0.01))


def test_daily_usage_is_shared_by_all_studies_and_resets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = SpendLimits(usd_per_day=1.0)
    one, other = (SpendLimiter(limits, Spending, DailyUsage(tmp_path / "spending.jsonl")) for _ in range(2))
    one.settle(one.reserve(Amount(usd=0.9)), Amount(usd=0.4))
    reserved = other.reserve(Amount(usd=0.5))
    with pytest.raises(ModelUnavailable, match=r"only \$0.1 of the day's \$1 is left"):
        one.reserve(Amount(usd=0.2))
    other.settle(reserved, Amount(usd=0.1))
    one.settle(one.reserve(Amount(usd=0.5)), Amount(usd=0.5))
    monkeypatch.setattr(spend_limiter, "_today", lambda: "2999-01-01")
    one.settle(one.reserve(Amount(usd=0.9)), Amount(usd=0.9))
    assert len((tmp_path / "spending.jsonl").read_text().splitlines()) == 2  # Of days gone by nothing is kept.


def test_the_reservation_of_a_killed_process_counts_as_spent(tmp_path: Path) -> None:
    path = tmp_path / "spending.jsonl"
    SpendLimiter(SpendLimits(usd_per_day=1.0), Spending, DailyUsage(path)).reserve(Amount(usd=0.8))
    with pytest.raises(ModelUnavailable, match="of the day's"):
        SpendLimiter(SpendLimits(usd_per_day=1.0), Spending, DailyUsage(path)).reserve(Amount(usd=0.3))
    assert path.stat().st_mode & 0o077 == 0


def spend(path: Path) -> None:
    own = SpendLimiter(SpendLimits(usd_per_day=0.5), Spending, DailyUsage(path))
    for _ in range(50):
        try:
            own.settle(own.reserve(Amount(usd=0.02)), Amount(usd=0.01))
        except ModelUnavailable:
            return


def test_concurrent_processes_do_not_exceed_a_daily_limit(tmp_path: Path) -> None:
    path = tmp_path / "spending.jsonl"
    processes = [multiprocessing.get_context("spawn").Process(target=spend, args=(path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    lines = {line["call"]: line["usd"] for line in map(orjson.loads, path.read_bytes().splitlines())}
    assert 0.45 <= sum(lines.values()) <= 0.5 + 1e-9


def test_an_unusable_usage_file_makes_the_model_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder\n")
    path = tmp_path / "file" / "spending.jsonl"
    with pytest.raises(ModelUnavailable, match="cannot be used"):
        SpendLimiter(SpendLimits(usd_per_day=1.0), Spending, DailyUsage(path)).reserve(Amount(usd=0.3))
    own = SpendLimiter(SpendLimits(), Spending, DailyUsage(path))  # Where no day has a limit, nobody needs the book.
    own.settle(own.reserve(Amount(usd=0.3)), Amount())


def test_an_incomplete_line_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "spending.jsonl"
    path.write_text('{"day": "2026-01-01", "call"\nno JSON\n3\n')
    SpendLimiter(SpendLimits(usd_per_day=1.0), Spending, DailyUsage(path)).reserve(Amount(usd=0.3))
    assert len(path.read_text().splitlines()) == 1


@pytest.mark.parametrize("usd", ['"much"', "null", "-1e9", "[]", "{}", '"1"', "1e999"])
@pytest.mark.parametrize("tokens", ['"many"', "null", "-5", "1e999", "[1]"])
def test_a_damaged_line_neither_ends_a_study_nor_gives_anything_away(tmp_path: Path, usd: str, tokens: str) -> None:
    path = tmp_path / "spending.jsonl"
    limiter = SpendLimiter(SpendLimits(usd_per_day=1.0), Spending, DailyUsage(path))
    limiter.reserve(Amount(usd=0.6))
    today = orjson.loads(path.read_bytes())["day"]
    with path.open("a") as file:
        file.write(f'{{"day": "{today}", "call": "x", "usd": {usd}, "tokens": {tokens}}}\n\xff\n')
        file.write('{"day": "2026-01-01", "call"')
    with pytest.raises(ModelUnavailable, match="of the day's"):
        limiter.reserve(Amount(usd=0.6))
    limiter.settle(limiter.reserve(Amount(usd=0.3)), Amount(usd=0.1))  # On a line of its own.
    with pytest.raises(ModelUnavailable, match=r"only \$0.3 of the day's"):
        limiter.reserve(Amount(usd=0.35))


def test_a_locked_file_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "spending.jsonl"
    monkeypatch.setattr(spend_limiter, "_LOCK_SECONDS", 0.05)
    with path.open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(ModelUnavailable, match="cannot be used: another process has locked it"):
            SpendLimiter(SpendLimits(usd_per_day=1.0), Spending, DailyUsage(path)).reserve(Amount(usd=0.3))


def test_limiters_of_one_process_share_a_day(tmp_path: Path) -> None:
    path, limits = tmp_path / "spending.jsonl", SpendLimits(usd_per_day=0.05)
    for _ in range(5):
        own = SpendLimiter(limits, Spending, DailyUsage(path))
        own.settle(own.reserve(Amount(usd=0.01)), Amount(usd=0.01))
        del own
    with pytest.raises(ModelUnavailable, match="of the day's"):
        SpendLimiter(limits, Spending, DailyUsage(path)).reserve(Amount(usd=0.01))


def test_negative_limits_are_rejected() -> None:
    with pytest.raises(InputError, match="tokens must be at least 0"):
        SpendLimits(tokens=-1)


def test_losing_the_usage_file_during_a_call_does_not_lose_its_answer(tmp_path: Path) -> None:
    path = tmp_path / "spending.jsonl"
    own = SpendLimiter(SpendLimits(usd_per_day=1.0), Spending, DailyUsage(path))
    number = own.reserve(Amount(usd=0.3))
    path.unlink()
    path.mkdir()  # A file can no more be opened there.
    own.settle(number, Amount(usd=0.1))
    with pytest.raises(ModelUnavailable, match="cannot be used"):
        own.reserve(Amount(usd=0.3))
