"""The contract check for authors of judges.

>>> from tunesmith.judges.rules import RulesJudge
>>> check_judge(RulesJudge())
"""

from __future__ import annotations

from ..core.parameters import Float
from ..core.space import SearchSpace
from ..core.trial import Verdict
from ..judges.base import Judge
from .contracts import MAXIMIZE, MINIMIZE, build_history

_SPACE = SearchSpace({"x": Float(0.0, 1.0)})
_LOSSES = {
    "the first": [1.0],
    "far better": [1.0, 0.1],
    "far worse": [1.0, 9.0],
    "a little better": [1.0, 0.99],
    "a tie": [1.0, 1.0],
    "around zero": [0.0, -1e-9],
    "huge": [1e300, -1e300],
}


def check_judge(judge: Judge) -> None:
    """Check that a judge gives reasons, is pure, and treats a metric and its negative alike.

    Raises:
        AssertionError: A requirement is violated; the message names it.
    """
    for name, losses in _LOSSES.items():
        trials = [({"x": index / 10}, loss) for index, loss in enumerate(losses)]
        history = build_history(_SPACE, trials)
        before = list(history.trials)
        verdict = judge.judge(history, history.trials[-1])
        assert isinstance(verdict, Verdict), f"{name}: expected a Verdict, got {verdict!r}"
        assert verdict.reason, f"{name}: a verdict needs a reason"
        assert judge.judge(history, history.trials[-1]) == verdict, f"{name}: the same trial must get the same verdict"
        assert history.trials == before, f"{name}: a judge must not change the history"
        negated = build_history(_SPACE, [(parameters, -loss) for parameters, loss in trials], MAXIMIZE)
        mirrored = judge.judge(negated, negated.trials[-1])
        assert mirrored is not None, f"{name}: maximising the negative gave no verdict"
        assert mirrored.decision == verdict.decision, f"{name}: maximising the negative gave {mirrored.decision}"
    worse = build_history(_SPACE, [({"x": 0.1}, 1.0), ({"x": 0.2}, 9.0)], MINIMIZE)
    verdict = judge.judge(worse, worse.trials[-1])
    assert verdict is not None, "a loss nine times as large must get a verdict"
    assert verdict.decision != "accept", "a loss nine times as large must not be accepted"
