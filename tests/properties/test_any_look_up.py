"""Whatever a study is like, and whatever is asked: what a tool tells is bounded, and JSON."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.agents.roles.planner import Change
from tunesmith.agents.tool_results import BYTES_PER_TOKEN, MAX_TOKENS, MAX_TOTAL_TOKENS
from tunesmith.agents.tools import Analysis
from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Failure
from tunesmith.errors import InputError
from tunesmith.history.history import History
from tunesmith.testing.histories import build_history, random_trials

names = st.text(min_size=1, max_size=300)
numbers = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def histories(draw: st.DrawFn) -> History:
    kinds = st.sampled_from(
        [Float(1e-3, 1.0, log=True), Int(0, 10**6), Choice(["a" * 300, "\U0001f600" * 300, True, 3])]
    )
    space = SearchSpace(
        dict(
            zip(
                draw(st.lists(names, min_size=1, max_size=8, unique=True)),
                draw(st.lists(kinds, min_size=8, max_size=8)),
                strict=False,
            )
        )
    )
    text = draw(st.text(max_size=500)) * draw(st.sampled_from([1, 200]))
    outcomes: list[Any] = [
        Failure(kind="exit", reason=text, log_tail=text),
        {"y": draw(numbers), **{draw(names): draw(numbers) for _ in range(draw(st.integers(0, 30)))}},
    ]
    drawn = draw(st.lists(st.integers(0, 1), max_size=15))
    return build_history(space, random_trials(space, len(drawn), lambda number, _: outcomes[drawn[number]]))


@settings(deadline=None, max_examples=40)
@given(history=histories(), data=st.data())
def test_what_is_told_is_bounded(history: History, data: st.DataObject) -> None:
    analysis = Analysis(history)
    known = st.sampled_from(history.space.names) | names
    for _ in range(12):
        tool = data.draw(st.sampled_from([*analysis.tools, analysis.rank_parameters]))
        arguments: dict[str, Any] = {}
        if tool == analysis.show_trial:
            arguments = {"number": data.draw(st.integers(-1, 15))}
        elif tool == analysis.describe_parameter:
            arguments = {"parameter": data.draw(known)}
        elif tool == analysis.find_trials:
            orders = st.sampled_from(["best", "worst", "latest", "highest", "lowest"])
            arguments = {"order": data.draw(orders), "parameter": data.draw(st.none() | known)}
            arguments |= {"low": data.draw(st.none() | numbers), "option": data.draw(st.none() | names | st.booleans())}
        elif tool == analysis.predict_metric:
            said = data.draw(st.lists(st.tuples(known, numbers | names | st.integers()), max_size=3))
            arguments = {"changes": [Change(parameter=name, value=value) for name, value in said]}
        try:
            told = tool(**arguments)
        except InputError as error:
            told = json.dumps(error.message)
        json.loads(told)
        assert len(told.encode()) <= MAX_TOKENS * BYTES_PER_TOKEN
    assert sum(len(text.encode()) for text in analysis.results) <= MAX_TOTAL_TOKENS * BYTES_PER_TOKEN
