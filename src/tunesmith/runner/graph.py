"""The graph that drives a study; the only module that imports LangGraph.

    coordinate ─┬──────────────────→ run_trials ─→ coordinate
                ├─→ ask_specialist ──↗   (one per parameter, side by side)
                └─→ finish

`run_trials` fills each slot as soon as it is free, and returns when a role is due or the study must stop, so the graph
costs nothing per trial. Its state is a few values: the trials are in the study's history, the futures in the runtime
context.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from .loop import Loop


class Turn(TypedDict, total=False):
    """The graph's state.

    Args:
        count: The number of trials to propose now.
        specialists: The parameters whose specialists are asked.
        parameter: The parameter that one specialist is asked about.
        stop: Why the study ends; empty while it continues.
        failed: Whether it ends because nothing works.
    """

    count: int
    specialists: list[str]
    parameter: str
    stop: str
    failed: bool


@dataclass(frozen=True)
class Context:
    """The graph's runtime context: the running study, whose futures no graph state can hold."""

    loop: Loop


def coordinate(state: Turn, runtime: Runtime[Context]) -> Turn:
    """Decide whether the study continues, and how many trials to propose."""
    loop = runtime.context.loop
    step = loop.coordinate()
    return {
        "count": loop.free_slots(step.room),
        "specialists": list(step.specialists),
        "stop": step.reason if step.stop else "",
        "failed": step.failed,
    }


def choose(state: Turn) -> str | list[Send]:
    """Return the next node: the end, specialists side by side, or more trials."""
    if state["stop"]:
        return "finish"
    if state["specialists"]:
        return [Send("ask_specialist", {"count": state["count"], "parameter": name}) for name in state["specialists"]]
    return "run_trials"


def ask_specialist(state: Turn, runtime: Runtime[Context]) -> None:
    """Ask the specialist of one parameter; several run at once."""
    runtime.context.loop.ask_specialist(state["parameter"])


def run_trials(state: Turn, runtime: Runtime[Context]) -> None:
    """Run trials until a role is due or the study must stop."""
    runtime.context.loop.run_trials(state["count"])


def finish(state: Turn, runtime: Runtime[Context]) -> None:
    """End the session."""
    runtime.context.loop.finish(state["stop"], failed=state["failed"])


@cache
def build() -> CompiledStateGraph[Turn, Context, Turn, Turn]:
    """Return the compiled graph; its runtime context is a `Context`."""
    graph = StateGraph(Turn, context_schema=Context)
    for node in (coordinate, ask_specialist, run_trials, finish):
        graph.add_node(node)
    graph.add_edge(START, "coordinate")
    graph.add_conditional_edges("coordinate", choose, ["ask_specialist", "run_trials", "finish"])
    graph.add_edge("ask_specialist", "run_trials")
    graph.add_edge("run_trials", "coordinate")
    graph.add_edge("finish", END)
    return graph.compile()
