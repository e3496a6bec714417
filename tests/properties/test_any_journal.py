"""Properties of journals: a damaged one is loaded or named with its line, and whatever threads do can be loaded."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.damaged_journals import damage, nodes, write_study

import tunesmith as ts
from tunesmith.cli import main
from tunesmith.core.spending import Call
from tunesmith.core.trial import Failure, Proposal, State, Verdict
from tunesmith.errors import TunesmithError
from tunesmith.journal import events
from tunesmith.journal.events import Event
from tunesmith.study.study import Study

Lines = list[bytes]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def lines(folder: Path) -> Lines:
    write_study(folder)
    return (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)


@pytest.fixture
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Return the exit status of a command and what it printed to stderr."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    assert isinstance(caught.value.code, int)
    return caught.value.code, capsys.readouterr().err


@pytest.mark.usefixtures("_quiet")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(random=st.randoms(use_true_random=False))
def test_a_damaged_journal_is_read_or_named_with_its_line(
    folder: Path, lines: Lines, capsys: pytest.CaptureFixture[str], random: Random
) -> None:
    what, damaged = damage(lines, random)
    (folder / "journal.jsonl").write_bytes(b"".join(damaged))
    others = [("show", folder, 0), ("explain", folder), ("explain", folder, 1), ("report", folder)]
    for verb in (("status", folder), random.choice(others)):
        status, error = printed(capsys, *verb)
        assert "Traceback" not in error, what
        if status:
            assert error.count("tunesmith: ") == 1, what
            named = re.search(rf"line \d+ of {re.escape(str(folder))}/journal.jsonl is not: ", error)
            assert named or "there is no trial" in error or "has an empty one" in error, what


@pytest.mark.usefixtures("_quiet")
def test_a_journal_cut_anywhere_is_read_up_to_there(folder: Path, lines: Lines) -> None:
    whole = b"".join(lines)
    for length in Random(1).sample(range(len(whole)), 60):
        (folder / "journal.jsonl").write_bytes(whole[:length])
        complete = whole[:length].count(b"\n")
        if complete:
            assert ts.load(folder).history.events_seen == complete
        else:
            with pytest.raises(ts.InputError, match="has an empty one"):
                ts.load(folder)


def test_keys_of_a_later_version_are_ignored_and_kept(folder: Path, lines: Lines) -> None:
    """Everywhere but in the space, the objective and the plugins, whose options a version must know."""
    more: Lines = []
    for line in lines:
        record = orjson.loads(line)
        tables = [record, *(container[key] for container, key in nodes(record))]
        for table in tables:
            is_known = isinstance(table, dict) and table.keys() & {"event", "proposer", "kind", "role", "by", "budget"}
            if is_known and not table.keys() & {"low", "options"}:
                table["of_a_later_version"] = {"x": 1}
        more.append(orjson.dumps(record) + b"\n")
    journal = folder / "journal.jsonl"
    journal.write_bytes(b"".join(more))
    study = ts.load(folder)
    journal.write_bytes(b"".join(lines))
    assert study.trials == ts.load(folder).trials
    journal.write_bytes(b"".join(more))
    study = ts.load(folder)
    study.note(0, "written by this version")
    assert journal.read_bytes().splitlines(keepends=True)[:-1] == more


text = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=20)
"""Any text, with lone surrogates."""
numbers = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**30), 10**30)
values = st.recursive(st.none() | st.booleans() | numbers | text, st.lists, max_leaves=5)
metrics = st.dictionaries(text, numbers, max_size=3)
tables = st.dictionaries(text, values, max_size=3)
emitted: st.SearchStrategy[Event] = st.one_of(
    st.builds(events.TrialNoted, trial=st.just(0), text=text),
    st.builds(events.Decision, reason=text, by=text),
    st.builds(events.AdviceRefused, reason=text, step=text, changes=tables, advice=text),
    st.builds(events.SearchFocused, reason=text, prioritise=st.tuples(text), freeze=st.tuples(text, text)),
    st.builds(events.ModelPaused, reason=text, until=numbers, failures=st.integers(-2, 2**70)),
    st.builds(
        events.ModelCalled,
        call=st.builds(Call, role=text, model=text, input_tokens=st.integers(0, 2**80), usd=numbers, failure=text),
    ),
    st.builds(
        events.TrialJudged,
        trial=st.just(0),
        verdict=st.builds(Verdict, decision=st.just("reject"), reason=text, by=text),
    ),
    st.builds(events.TrialReported, trial=st.just(1), step=st.integers(0, 2**70), metrics=metrics),
    st.builds(events.TrialTested, trial=st.just(0), metrics=metrics),
    st.builds(
        events.TrialProposed,
        trial=st.just(2),
        proposal=st.builds(Proposal, parameters=tables, reason=text, proposer=text, expectation=numbers),
        seed=st.integers(0, 2**70),
    ),
    st.builds(
        events.TrialFinished,
        trial=st.just(1),
        state=st.just(State.FAILED),
        failure=st.builds(Failure, kind=st.just("exit"), reason=text, log_tail=text),
        seconds=st.none() | numbers,
        peak_memory_bytes=st.none() | st.integers(0, 2**80),
    ),
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=st.lists(emitted, max_size=4))
def test_what_is_applied_is_what_is_read_later(tmp_path_factory: pytest.TempPathFactory, stream: list[Event]) -> None:
    folder = tmp_path_factory.mktemp("any") / "study"
    study = ts.Study(space={"x": ts.Float(0, 1)}, objective="minimize y", folder=folder, proposer="random")
    study.tell(study.ask().number, 1.0)
    study.ask()
    for event in stream:
        seen = study.history.events_seen
        try:
            study.recorder.emit(event)
        except TunesmithError:
            assert study.history.events_seen == seen
    loaded = ts.load(folder)
    assert repr(loaded.trials) == repr(study.trials)
    assert repr(loaded.history.decisions) == repr(study.history.decisions)
    assert repr(loaded.history.ledger) == repr(study.history.ledger)
    assert loaded.history.events_seen == study.history.events_seen


steps = st.lists(st.sampled_from(["ask", "tell", "fail", "report", "add", "note", "accept", "start"]), max_size=8)


def take(study: Study, step: str, random: Random) -> object:
    """Take a step with any trial."""
    number = random.randrange(len(study.trials) + 1)
    trial: Callable[..., Any] = {
        "ask": study.ask,
        "tell": lambda: study.tell(number, random.random()),
        "fail": lambda: study.tell(number, ts.Failure(kind="told", reason="no")),
        "report": lambda: study.engine.record_report(number, random.randrange(4), {"y": random.random()}),
        "add": lambda: study.add({"x": random.choice([0.25, random.random()])}, random.random()),
        "note": lambda: study.note(number, "a note"),
        "accept": lambda: study.note(number, "this one", accept=True),
        "start": lambda: study.engine.start(number),
    }[step]
    return trial()


@settings(max_examples=15)
@given(plans=st.lists(steps, min_size=2, max_size=5), seed=st.integers(0, 99))
def test_whatever_threads_do_can_be_loaded(
    tmp_path_factory: pytest.TempPathFactory, plans: list[list[str]], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("threads") / "study"
    options: dict[str, Any] = {"space": {"x": ts.Float(0, 1)}, "objective": "minimize y", "proposer": "random"}
    study = ts.Study(folder=folder, **options)
    errors: list[Exception] = []

    def work(plan: list[str], random: Random) -> None:
        for step in plan:
            try:
                take(study, step, random)
            except TunesmithError:
                pass  # Such as a trial that is settled already.
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=work, args=(plan, Random(seed + i))) for i, plan in enumerate(plans)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    if study.history.events_seen:
        assert ts.load(folder).trials == study.trials
