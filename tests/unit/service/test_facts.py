"""Facts of studies and trials stay small enough to read."""

import tunesmith as ts
from tunesmith.service.facts import trial_facts


def test_many_reports_are_sampled_from_the_first_to_the_last() -> None:
    study = ts.Study(space={"x": ts.Float(0, 1)}, objective="minimize y")
    trial = study.ask()
    for step in range(900):
        trial.report(step, y=1.0)
    facts = trial_facts(study.trials[0])
    assert [report["step"] for report in facts["reports"]] == list(range(900))
    assert "reports_in_all" not in facts
    for step in range(900, 5000):
        trial.report(step, y=1.0)
    facts = trial_facts(study.trials[0])
    steps = [report["step"] for report in facts["reports"]]
    assert len(steps) <= 1001
    assert (steps[0], steps[-1], facts["reports_in_all"]) == (0, 4999, 5000)
