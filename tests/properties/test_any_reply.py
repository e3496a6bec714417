"""A study with a language model whose every reply is changed at random: it always goes on, within its limits."""

import json
import math
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.integration.test_run_with_a_language_model import SECRET

import tunesmith as ts
from tunesmith.agents import gateway
from tunesmith.agents.roles.drafter import Drafter
from tunesmith.agents.roles.explainer import Explainer
from tunesmith.core.parameters import Parameter
from tunesmith.core.spending import Spending
from tunesmith.errors import ModelUnavailable
from tunesmith.init import Draft
from tunesmith.journal.events import ModelCalled
from tunesmith.journal.file import read_events
from tunesmith.llm.options import ModelOptions
from tunesmith.llm.spend_limiter import SpendLimiter, SpendLimits
from tunesmith.reports.explanation import Explanation
from tunesmith.testing.model_server import Altered, ModelRequest, ModelServer, Reply, Structured, ToolCall

SPACE: dict[str, Parameter] = {
    "lr": ts.Float(1e-5, 1e-1, log=True, default=1e-3),
    "layers": ts.Int(1, 6, default=2),
    "kind": ts.Choice(["plain", "fancy", None, True, 3]),
}
DEEP = "[" * 3000 + "]" * 3000
ATOMS: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, -0.0, 2**31, 2**63, 2**64, -(10**20), 10**20, 10**400, 10**4000),
    *(1e308, 5e-324, math.nan, math.inf, -math.inf, "", " ", "lr", "1e400", "9" * 5000, "x" * 100_000),
    *("\ud800", "caf\udce9", "\x1b[31m\x07", "\x00", "a\u202eb", "{lr}", "\u2028", "true", "NaN"),
    *([], {}, [[]], {"": {}}, [None], {"\ud800": 1}, ["lr"] * 300, DEEP),
)


def changed(value: Any, random: random.Random) -> Any:
    """Return a JSON value with one of its parts deleted, replaced, repeated, nested or moved."""
    if isinstance(value, dict | list) and value and random.random() < 0.85:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = random.choice(list(keys))
        copy: Any = dict(value) if isinstance(value, dict) else list(value)
        if random.random() < 0.12:
            del copy[key]
        elif random.random() < 0.05 and isinstance(copy, list):
            copy += [copy[key]] * random.choice([1, 9, 500])
        else:
            copy[key] = changed(copy[key], random)
        return copy
    if isinstance(value, str) and value[:1] in "{[":  # The arguments of a call.
        try:
            return to_json(changed(json.loads(value), random), random)
        except ValueError:
            return value[: random.randrange(len(value))]
    return random.choice([*ATOMS, [value], {"value": value}, str(value), [value] * 3])


def to_json(value: Any, random: random.Random) -> str:
    text = json.dumps(value, ensure_ascii=random.random() < 0.5)
    return text.replace(f'"{DEEP}"', DEEP)


def mutation(random: random.Random) -> Any:
    def alter(body: bytes) -> bytes:
        if random.random() < 0.1:
            place = random.randrange(len(body))
            return body[:place] + random.choice([b"\xff", b"\x00", b"{", b"\n\n", b""]) + body[place + 1 :]
        head, data, rest = body.rpartition(b"data: ")
        try:
            text = to_json(changed(json.loads(rest), random), random).encode("utf-8", "surrogatepass")
            return head + data + text + (b"\n\n" if data else b"")
        except ValueError:
            return body

    return alter


def answer(request: ModelRequest, random: random.Random) -> Any:
    """Return a sound answer for the role that asks."""
    schema = str(request.tools)
    if "prioritise" in schema:
        return {"decision": "go on", "prioritise": ["lr", "kind"], "freeze": ["layers"], "reason": "it improves"}
    if "replicate" in schema:
        return {"decision": "replicate", "reason": "a small gain"}
    if "'values'" in schema:
        return {"values": [random.choice([0.01, 3, "plain"]), 0.02], "reason": "it is usual"}
    if "six sentences" in schema:
        return {"answer": "Because of 42."}
    if "not_understood" in schema:
        return {"ranges": [{"words": "lr up to 0.1", "parameter": "lr", "high": 0.1}], "not_understood": ["a joke"]}
    changes = [
        {"parameter": "lr", "value": 10 ** random.uniform(-5, -1)},
        {"parameter": "layers", "value": random.randint(1, 6)},
        {"parameter": "kind", "value": random.choice(["plain", "fancy", None, True, 3])},
    ]
    idea = {"step": "medium", "changes": changes, "parent": 0, "reason": "a hundredth is usual", "expected": 0.1}
    return {"ideas": [idea, {**idea, "changes": changes[:1]}, {**idea, "step": "small"}]}


def reply(request: ModelRequest, random: random.Random) -> Reply:
    sound = answer(request, random)
    drawn = random.random()
    if drawn < 0.1:
        return Structured(sound)
    if drawn < 0.6:
        data = changed(sound, random)
        return Structured(data if isinstance(data, dict) else {"ideas": data})
    if drawn < 0.7:
        name = random.choice(["show_trial", "find_trials", "predict_metric", "describe_parameter", "no_such_tool"])
        arguments = {"number": 1, "parameter": "lr", "changes": [{"parameter": "lr", "value": 0.1}], "low": 0.0}
        altered = changed(arguments, random)
        return ToolCall(name, altered if isinstance(altered, dict) else {"number": altered})
    return Altered(Structured(sound), mutation(random))


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "_PAUSE_TRIALS", 0)
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)


def open_model(server: ModelServer, provider: str) -> dict[str, Any]:
    url = f"{server.url}/v1" if provider == "compatible" else server.url
    token = {"env": "OPENAI_API_KEY"}
    return {"name": f"{provider}:scripted", "base_url": url, "price": {"input": 1.0, "output": 5.0}, "token": token}


@pytest.mark.slow
@pytest.mark.parametrize("provider", ["compatible", "anthropic", "google"])
def test_a_study_goes_on_and_is_not_charged_more_than_was_reserved(provider: str, tmp_path: Path) -> None:
    drawn = random.Random(provider)
    with ModelServer(lambda request: reply(request, drawn)) as server:
        agents = {"model": open_model(server, provider), "timeout_seconds": 10, "output_tokens": 1000}
        folder = tmp_path / "study"
        options: dict[str, Any] = {"proposer": "language_model", "judge": "language_model", "folder": folder}
        with ts.Study(space=SPACE, objective="minimize y", model=agents, **options) as study:
            for _ in range(20):
                trial = study.ask()
                lr, layers = trial.parameters["lr"], trial.parameters["layers"]
                assert all(SPACE[name].contains(value) for name, value in trial.parameters.items())
                study.tell(trial.number, (math.log10(lr) + 2) ** 2 + 0.1 * abs(layers - 3))
            total = study.history.ledger.total
        assert len(server.requests) > 20
    calls = [event.call for event in read_events(folder / "journal.jsonl", kinds=[ModelCalled])]
    assert max(call.output_tokens for call in calls) <= 1000
    assert max(call.input_tokens for call in calls) <= 3 * 40_000
    with ts.load(folder) as again:
        assert again.history.ledger.total == total
        assert len(again.trials) == 20


@pytest.mark.slow
@pytest.mark.parametrize("provider", ["compatible", "anthropic", "google"])
def test_roles_outside_a_study_answer_or_say_that_no_model_does(provider: str) -> None:
    drawn = random.Random(provider)
    draft = Draft(name="d", folder=Path(), objective="minimize y", command="train", space=SPACE, metric_names=("y",))
    facts = Explanation.of("Study", [("best", ["Trial 7 is the best."])])
    outcomes: list[Any] = []
    failures: list[str] = []
    with ModelServer(lambda request: reply(request, drawn)) as server:
        options = ModelOptions.parse({"model": open_model(server, provider)})
        client = options.connect(os.environ, limiter=SpendLimiter(SpendLimits(), Spending))
        for _ in range(20):
            roles: tuple[Callable[[], Any], ...] = (
                lambda: Drafter(client).amend(draft, "lr up to 0.1, please"),
                lambda: Explainer(client).explain(facts, "Why?"),
            )
            for ask in roles:
                try:
                    outcomes.append(ask())
                except ModelUnavailable as error:
                    failures.append(str(error))
        client.close()
    assert outcomes
    assert all(map(str.isprintable, failures))
