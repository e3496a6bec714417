import os
import socket
import unicodedata

import pytest
from studies import add, empty

from tunesmith.core.approval_request import ApprovalRequest
from tunesmith.core.budget import Budget
from tunesmith.core.parameters import Choice, Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Verdict
from tunesmith.journal.events import (
    ApprovalAnswered,
    ApprovalRequested,
    SessionClosed,
    SessionOpened,
    StudyStopped,
    TrialInterrupted,
    TrialJudged,
    TrialNoted,
    TrialTested,
)
from tunesmith.reports.explain_study import explain_study
from tunesmith.reports.explain_trial import explain_trial
from tunesmith.reports.explanation import Explanation
from tunesmith.service.process import running_process

OTHER = {"lr": 0.5, "act": "gelu"}
FAR = {"lr": 0.9, "act": "relu"}


def topics(explained: Explanation) -> dict[str, list[str]]:
    return {part.topic: list(part.sentences) for part in explained.parts}


def a_study():
    history = empty()
    add(history, 2.0, verdict={"decision": "accept", "reason": "first result"})
    add(history, 1.0, parameters=OTHER, proposer="gp", parent=0, expectation=1.25, reason="it promises most")
    add(history, 1.2, parameters=OTHER, proposer="rules", parent=1, repeat_of=1)
    failure = {"kind": "exit", "reason": "it ended with status 1", "log_tail": "first\n\x1b[31mboom\x1b[0m \u202e\n\n"}
    add(history, parameters=FAR, state="failed", failure=failure, proposer="tpe")
    history.apply(SessionOpened(time=1000.0))
    history.apply(SessionClosed(reason="done", time=1090.0, elapsed=90.0))
    return history


def test_every_topic_of_a_study_says_what_the_history_holds():
    history = a_study()
    history.apply(StudyStopped(reason="no new best in 2 trials"))
    budget = Budget(trials=10, minutes=2, target=0.5, patience=2, usd=0.5, seconds_per_trial=60, memory_gb=1.5)
    explained = explain_study(history, name="mine", budget=budget)
    assert explained.about == "Study mine"
    assert topics(explained) == {
        "goal": ["Minimize loss.", "The search space has 2 parameters: lr (0.0001 to 1, log), act (relu, gelu)."],
        "best trial": [
            "Trial 1 is the best, with loss 1.1 (mean of 2 runs). It was proposed by gp.",
            "That is 45 % better than your own configuration (trial 0): 1.1 instead of 2; "
            "at 5.2 standard errors, the difference is larger than the noise.",
            "It differs from trial 0 in lr (0.01 → 0.5), act (relu → gelu).",
        ],
        "noise": [
            "The standard deviation between runs of one configuration is ± 0.141, from 1 repeat, so this is a rough "
            "estimate."
        ],
        "parameter importance": ["It cannot be estimated: it takes 10 configurations with a result, and there are 2."],
        "proposers": [
            "gp: 1 trial (1 complete), a new best; best loss 1.",
            "rules: 1 trial (1 complete); best loss 1.2.",
            "tpe: 1 trial (1 failed).",
            "user: 1 trial (1 complete), a new best; best loss 2.",
        ],
        "failures": [
            "1 trial failed.",
            "Trial 3 (exit): it ended with status 1.",
            "Last line of the latest log: boom",
        ],
        "status": [
            "4 trials: 3 complete, 1 failed.",
            "The study has run for 1 min 30 s.",
            "It stopped: no new best in 2 trials.",
        ],
        "budget": [
            "6 of 10 trials are left.",
            "0.5 of 2 minutes are left.",
            "The target is loss 0.5; the best is 1.",
            "The study stops after 2 trials without a new best; 2 so far.",
            "0.5 of 0.5 dollars for models are left.",
            "A trial may take at most 1 min.",
            "A trial may use at most 1.5 GB of memory.",
        ],
    }


def test_every_topic_of_a_trial_says_what_the_history_holds():
    history = a_study()
    history.apply(TrialJudged(trial=1, verdict=Verdict(decision="accept", reason="45% better than trial 0")))
    history.apply(TrialTested(trial=1, metrics={"loss": 1.5}))
    history.apply(TrialNoted(trial=1, text="looks \x1b[1mfine"))
    explained = explain_trial(history, history.trials[1])
    assert explained.about == "Trial 1: complete"
    assert topics(explained) == {
        "why it was tried": ["It was proposed by gp, starting from trial 0.", "Reason: it promises most."],
        "parameters": ["Different from trial 0: lr (0.01 → 0.5), act (relu → gelu)."],
        "prediction": ["loss 1.25 was predicted; 1 was measured."],
        "result": [
            "It reached loss 1.",
            "That is 45 % better than trial 0: 1.1 instead of 2; at 5.2 standard errors, the difference is larger than "
            "the noise.",
            "It is the best of 3 complete trials.",
        ],
        "verdict": ["rules accepted it.", "Reason: 45% better than trial 0."],
        "held-out test data": ["It scores loss 1.5."],
        "notes": ["looks fine"],
    }


def test_a_first_a_repeated_and_a_failed_trial():
    history = a_study()
    own, _, again, failed = (topics(explain_trial(history, trial)) for trial in history.trials)
    assert own["why it was tried"] == ["It is your own configuration, the baseline for every comparison."]
    assert own["parameters"] == ["lr 0.01, act relu."]
    assert again["why it was tried"] == ["It repeats trial 1 with another seed (0), as rules asked."]
    assert again["parameters"] == ["The same as trial 1."]
    assert failed["parameters"] == ["Different from trial 0: lr (0.01 → 0.9)."]
    assert failed["failure"] == [
        "It failed because its command exited with an error status (exit): it ended with status 1."
    ]
    assert failed["end of the log"] == ["first", "boom"]
    assert "result" not in failed


def test_a_pruned_a_running_and_a_waiting_trial():
    history = empty()
    verdict = {"decision": "reject", "reason": "too slow", "by": "asha"}
    add(history, 3.0, state="pruned", reports={1: 4.0, 2: 3.0}, verdict=verdict)
    add(history, state="running", reports={1: 4.0}, parameters=OTHER)
    add(history, state="waiting", parameters=FAR)
    pruned, running, waiting = (topics(explain_trial(history, trial)) for trial in history.trials)
    assert pruned["result"] == [
        "It was stopped early. Its last report was loss 3.",
        "It reported 2 times: loss 4 at step 1, 3 at step 2.",
    ]
    assert pruned["verdict"] == ["asha stopped it.", "Reason: too slow."]
    assert running["result"] == [
        "It is running.",
        "It reported once, at step 1: loss 4.",
    ]
    assert waiting["result"] == ["It waits for a free slot."]


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (
            9.0,
            "That is 350 % worse than trial 0: 9 instead of 2; at 40 standard errors, the difference is larger than ",
        ),
        (
            2.1,
            "That is 5.0 % worse than trial 0: 2.1 instead of 2; at 0.58 standard errors, the difference may be noise",
        ),
    ],
)
def test_a_worse_trial_is_compared_with_the_noise_as_well(loss, words):
    history = empty()
    add(history, 2.0)
    for repeated in (3.0, 3.173):
        add(history, repeated, parameters=FAR)
    number = add(history, loss, parameters=OTHER)
    assert any(text.startswith(words) for text in topics(explain_trial(history, history.trials[number]))["result"])


def test_a_study_without_a_result():
    explained = topics(explain_study(empty()))
    assert explained["best trial"] == ["No trial has a result yet."]
    assert explained["status"] == ["0 trials."]
    assert explained["budget"] == ["There is no limit: the study runs until it is stopped."]
    assert not explained.keys() & {"noise", "parameter importance", "proposers", "failures"}


def test_your_own_configuration_may_lead_or_have_no_result():
    history = empty()
    add(history, 1.0)
    best = topics(explain_study(history))["best trial"]
    assert best == ["Trial 0 is the best, with loss 1.", "No trial but your own configuration (trial 0) has a result."]
    add(history, 1.0, parameters=OTHER, proposer="gp")
    best = topics(explain_study(history))["best trial"]
    assert best == ["Trial 0 is the best, with loss 1.", "No trial has beaten your own configuration (trial 0)."]
    result = topics(explain_trial(history, history.trials[1]))["result"]
    assert result[:2] == ["It reached loss 1.", "The result is the same as that of trial 0."]
    history = empty()
    add(history, state="failed", failure={"kind": "exit", "reason": "no"})
    add(history, 1.0, parameters=OTHER, proposer="gp")
    best = topics(explain_study(history))["best trial"]
    assert best[1] == "Your own configuration (trial 0) has no result to compare with: its state is failed."


def test_a_front_is_told_as_one():
    history = empty("minimize loss, maximize speed")
    add(history, metrics={"loss": 2.0, "speed": 1.0})
    add(history, metrics={"loss": 1.0, "speed": 3.0}, parameters=OTHER, proposer="gp")
    add(history, metrics={"loss": 1.5, "speed": 9.0}, parameters=FAR, proposer="gp")
    explained = topics(explain_study(history))
    assert explained["goal"][:2] == [
        "Minimize loss, maximize speed.",
        "The result is a Pareto front: no trial on it can be improved in one metric without loss in another.",
    ]
    assert explained["best trial"][0] == "The Pareto front has 2 trials: 1, 2."
    assert explained["best trial"][2] == (
        "Your own configuration (trial 0) is dominated: 2 trials on the front are at least as good in every metric."
    )
    assert topics(explain_trial(history, history.trials[0]))["result"][-1] == "It is not on the Pareto front."
    assert (
        topics(explain_trial(history, history.trials[1]))["result"][-1] == "It is one of 2 trials on the Pareto front."
    )


@pytest.mark.parametrize(
    ("closed", "at_work", "words"),
    [
        (True, False, "It was interrupted, and can be resumed."),
        (False, True, "It is running now: trial 0."),
        (False, False, "Its last session did not end: the process was killed, or runs on another machine. It can be "),
    ],
)
def test_what_a_study_that_did_not_stop_is_doing(closed, at_work, words):
    history = empty()
    history.apply(StudyStopped(reason="an earlier end", time=500.0))
    history.apply(SessionOpened(time=1000.0))
    add(history, state="running")
    if closed:
        history.apply(TrialInterrupted(trial=0, reason="interrupted"))
        history.apply(SessionClosed(reason="interrupted"))
    told = topics(explain_study(history, at_work=at_work))["status"]
    assert told[-1].startswith(words)


def test_the_process_at_work_is_alive_and_older_than_its_session():
    for pid, host, began, at_work in (
        (os.getpid(), socket.gethostname(), 2e9, os.getpid()),
        (os.getpid(), socket.gethostname(), 0.0, None),  # the number is another process's by now
        (os.getpid(), "elsewhere", 2e9, None),
        (2**22 + 1, socket.gethostname(), 2e9, None),
    ):
        history = empty()
        history.apply(SessionOpened(pid=pid, host=host, time=began))
        assert running_process(history) == at_work
        history.apply(SessionClosed())
        assert running_process(history) is None


def test_a_study_of_10_000_trials_gives_a_page():
    space = SearchSpace(
        {f"layer{number}.width": Float(0, 1) for number in range(60)} | {"kind": Choice(list("abcdefghij"))}
    )
    history = empty(space=space)
    parameters = dict.fromkeys(space.names, 0.5) | {"kind": "a"}
    for number in range(10_000):
        failure = {"kind": "exit", "reason": "x" * 5000 + "abcdefghij"[number % 10], "log_tail": "y" * 5000}
        state = "failed" if number % 2 else "complete"
        added = {"failure": failure} if number % 2 else {"value": float(number % 7)}
        add(
            history,
            parameters={**parameters, "layer3.width": number / 10_000},
            state=state,
            proposer=f"p{number % 40}",
            **added,
        )
    for explained in (explain_study(history), explain_trial(history, history.trials[5001])):
        assert len(str(explained)) < 6000
        assert all(len(line) < 1500 for part in explained.parts for line in part.sentences)


def test_what_users_and_models_write_cannot_steer_the_terminal():
    evil = "\x1b]0;title\x07\x1b[2J\u202egone\nnext" + "z" * 1000
    space = SearchSpace({evil: Float(0, 1), "act": Choice([evil, "b"])})
    history = empty(space=space)
    add(history, 1.0, parameters={evil: 0.5, "act": "b"}, proposer=evil, reason=evil)
    add(
        history,
        0.5,
        parameters={evil: 0.7, "act": evil},
        proposer=evil,
        reason=evil,
        verdict={"decision": "accept", "reason": evil},
    )
    add(
        history,
        state="failed",
        parameters={evil: 0.1, "act": "b"},
        failure={"kind": "told", "reason": evil, "log_tail": evil},
    )
    history.apply(TrialNoted(trial=1, text=evil))
    for explained in (explain_study(history, name=evil), *(explain_trial(history, trial) for trial in history.trials)):
        lines = [explained.about, *(line for part in explained.parts for line in part.sentences)]
        for line in lines:
            assert not {unicodedata.category(character) for character in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
            assert len(line) < 1000


def test_steps_that_a_person_was_asked_to_approve():
    history = empty()
    add(history, 2.0)
    for number in range(1, 7):
        changes = {"lr": {"from": 0.01, "to": 0.5}, "act": {"to": "\x1b[31mgelu"}}
        request = ApprovalRequest(
            number=number,
            step="radical",
            parameters=OTHER,
            changes=changes,
            advice="it is usual",
            parent=0,
            deadline=1000.0,
            default="reject",
        )
        history.apply(ApprovalRequested(reason="may it?", request=request))
        if number < 6:
            history.apply(ApprovalAnswered(reason="no", number=number, answer="reject", by="user", text=f"no {number}"))
    assert topics(explain_study(history))["approval"] == [
        "2 earlier questions were answered.",
        "Question 3 was rejected by the user: no 3.",
        "Question 4 was rejected by the user: no 4.",
        "Question 5 was rejected by the user: no 5.",
        "Question 6: approve a radical step from trial 0 (lr 0.01 → 0.5, act not active → gelu)? Reason: it is usual.",
        "Without an answer it is rejected at 1970-01-01 00:16 UTC.",
    ]
