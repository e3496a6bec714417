"""The graph that drives a study; the only file that imports LangGraph.

    prepare → coordinate ─→ propose ─→ dispatch → collect → judge ─┐
                  ↑  │  │└── ↗ ──────────↗                         │
                  │  │  └ ask_specialist (one each, side by side)  │
                  │  └─→ finish                                    │
                  └────────────────────────────────────────────────┘

One turn of the circle ends whenever a trial ends, so that a free slot is filled at once. The graph's state is a few
counters; the trials are in the study's history, and the futures in the runtime context.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import FrameType
from typing import TYPE_CHECKING, Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from ..core.trial import State
from ..errors import StudyFailed
from ..history.history import History
from .loop import Loop

if TYPE_CHECKING:
    from ..study.study import Study

log = logging.getLogger(__name__)


class Turn(TypedDict, total=False):
    """The graph's state.

    Args:
        count: How many trials to propose now.
        complete: The trials that have just completed, for the judge.
        specialists: The parameters whose specialists are to be asked.
        parameter: The one that a specialist is asked about.
        stop: Why the study ends; empty while it goes on.
        failed: Whether it ends because nothing works.
    """

    count: int
    complete: list[int]
    specialists: list[str]
    parameter: str
    stop: str
    failed: bool


@dataclass(frozen=True)
class Context:
    """What the nodes work on, and what no state could hold: futures, executor, journal."""

    loop: Loop


def prepare(state: Turn, runtime: Runtime[Context]) -> None:
    """Open the session, and clear up what an earlier one left."""
    runtime.context.loop.prepare()


def coordinate(state: Turn, runtime: Runtime[Context]) -> Turn:
    """Decide whether the study goes on, and how many trials to propose."""
    step = runtime.context.loop.coordinate()
    return {
        "count": runtime.context.loop.free_slots(step.room),
        "specialists": list(step.specialists),
        "stop": step.reason if step.stop else "",
        "failed": step.failed,
    }


def choose(state: Turn) -> str | list[Send]:
    """Return what follows the coordinator: the end, specialists side by side, proposals, or more waiting.

    Without specialists a plain edge is taken, as a `Send` takes a third more time.
    """
    if state["stop"]:
        return "finish"
    if state["specialists"]:
        return [Send("ask_specialist", {"count": state["count"], "parameter": name}) for name in state["specialists"]]
    return "propose" if state["count"] else "dispatch"


def ask_specialist(state: Turn, runtime: Runtime[Context]) -> None:
    """Ask the specialist of one parameter; several of these run at once."""
    runtime.context.loop.ask_specialist(state["parameter"])


def propose(state: Turn, runtime: Runtime[Context]) -> None:
    """Think of new trials."""
    runtime.context.loop.propose(state["count"])


def dispatch(state: Turn, runtime: Runtime[Context]) -> None:
    """Start waiting trials on the free slots."""
    runtime.context.loop.dispatch()


def collect(state: Turn, runtime: Runtime[Context]) -> Turn:
    """Wait until a trial ends."""
    return {"complete": runtime.context.loop.collect()}


def judge(state: Turn, runtime: Runtime[Context]) -> None:
    """Pass a verdict on every trial that completed."""
    runtime.context.loop.judge(state["complete"])


def finish(state: Turn, runtime: Runtime[Context]) -> None:
    """End the session."""
    runtime.context.loop.finish(state["stop"], failed=state["failed"])


@cache
def build() -> CompiledStateGraph[Turn, Context, Turn, Turn]:
    """Return the compiled graph; its runtime context is a `Context`."""
    graph = StateGraph(Turn, context_schema=Context)
    for node in (prepare, coordinate, ask_specialist, propose, dispatch, collect, judge, finish):
        graph.add_node(node)
    graph.add_edge(START, "prepare")
    graph.add_edge("prepare", "coordinate")
    graph.add_conditional_edges("coordinate", choose, ["ask_specialist", "propose", "dispatch", "finish"])
    graph.add_edge("ask_specialist", "propose")
    graph.add_edge("propose", "dispatch")
    graph.add_edge("dispatch", "collect")
    graph.add_edge("collect", "judge")
    graph.add_edge("judge", "coordinate")
    graph.add_edge("finish", END)
    return graph.compile()


def drive(study: Study) -> None:
    """Run a study until it ends or is interrupted.

    Raises:
        StudyFailed: Nothing worked; the message shows why.
        KeyboardInterrupt: It was interrupted.
    """
    loop = Loop(study)
    try:
        with study.executor, _interruptible(loop):
            # A study takes as many turns as it takes; the budget ends it, not the graph.
            end = build().invoke({}, context=Context(loop), config={"recursion_limit": sys.maxsize})
    finally:
        study.close()
    if loop.interrupted:
        raise KeyboardInterrupt
    if end["failed"]:
        raise StudyFailed(_why(study.history, end["stop"]))


@contextmanager
def _interruptible(loop: Loop) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the study in an orderly way; a second one ends it at once.

    A trial in this very process cannot be stopped from outside, so there the signal interrupts the trial itself.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: FrameType | None) -> None:
        if loop.interrupted or loop.executor.capabilities.in_process:
            loop.interrupted = True
            raise KeyboardInterrupt
        loop.interrupt()

    before: dict[int, Any] = {n: signal.signal(n, on_signal) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _why(history: History, reason: str) -> str:
    """Return why a study failed: the reason, and the last failure with the end of its log."""
    failed = [trial for trial in history.trials if trial.state is State.FAILED and trial.failure]
    if not failed or failed[-1].failure is None:
        return f"The study stopped: {reason}."
    failure = failed[-1].failure
    lines = [f"The study stopped: {reason}. Trial {failed[-1].number}: {failure.reason}"]
    if failure.log_tail:
        lines.append("The end of its log:\n" + "\n".join(f"    {line}" for line in failure.log_tail.splitlines()))
    lines.append("Mend the cause and run the same command again: failed trials are then tried once more.")
    return "\n".join(lines)
