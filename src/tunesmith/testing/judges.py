"""What every judge has to keep, as a function that a test calls.

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

    Args:
        judge: The judge.

    Raises:
        AssertionError: It does not keep its contract; the message says what.
    """
    for name, losses in _LOSSES.items():
        trials = [({"x": place / 10}, loss) for place, loss in enumerate(losses)]
        history = build_history(_SPACE, trials)
        before = list(history.trials)
        verdict = judge.judge(history, history.trials[-1])
        assert isinstance(verdict, Verdict), f"{name}: a judge returns a Verdict, not {verdict!r}"
        assert verdict.reason, f"{name}: a verdict needs a reason"
        assert judge.judge(history, history.trials[-1]) == verdict, f"{name}: the same trial, another verdict"
        assert history.trials == before, f"{name}: a judge must not change the history"
        turned = build_history(_SPACE, [(parameters, -loss) for parameters, loss in trials], MAXIMIZE)
        mirrored = judge.judge(turned, turned.trials[-1])
        assert mirrored is not None, f"{name}: maximising the negative gave no verdict"
        assert mirrored.decision == verdict.decision, f"{name}: maximising the negative gave {mirrored.decision}"
    worse = build_history(_SPACE, [({"x": 0.1}, 1.0), ({"x": 0.2}, 9.0)], MINIMIZE)
    verdict = judge.judge(worse, worse.trials[-1])
    assert verdict is not None, "what is nine times worse got no verdict"
    assert verdict.decision != "accept", "what is nine times worse must not be accepted"
