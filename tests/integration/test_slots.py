"""Slots: filled at once, and never by more trials than there are slots."""

from __future__ import annotations

from pathlib import Path

from tests.integration.conftest import Tunesmith
from tunesmith.journal.events import Event, TrialFinished, TrialStarted
from tunesmith.journal.file import read_events

# Trial 0 reports until trial 6 has started, which can only be on the second slot. All others are pruned at their first
# report or soon after. The limit in time is for a study that keeps the second slot empty.
TRAIN = """
import json, os, sys, time
folder, place = sys.argv[1], float(sys.argv[2])
give_up = time.monotonic() + 60
epoch = 0
while time.monotonic() < give_up and not os.path.exists(folder + "/../0006") if place == 0.9 else epoch < 3:
    with open(folder + "/reports.jsonl", "a") as file:
        file.write(json.dumps({"step": epoch, "loss": 0.0 if place == 0.9 else 1 + place}) + "\\n")
    epoch += 1
    time.sleep(0.1)
json.dump({"loss": 0.0}, open(folder + "/metrics.json", "w"))
"""


def overlap(events: list[Event]) -> int:
    running, most = 0, 0
    for event in events:
        running += {"trial_started": 1, "trial_finished": -1, "trial_interrupted": -1}.get(event.kind, 0)
        most = max(most, running)
    return most


def test_a_slot_is_filled_as_soon_as_a_pruned_trial_leaves_it(study: Path, tunesmith: Tunesmith) -> None:
    text = (study / "study.toml").read_text()
    text = text.replace("{args}", "").replace("--out {trial_dir} --seed {seed}", "{trial_dir} {place}")
    (study / "study.toml").write_text(
        text.split("kind = {")[0] + '[budget]\ntrials = 8\n[search]\nparallel = 2\nproposer = "random"\n'
        'pruner = { name = "asha", reduction = 2, min_steps = 1 }\n'
    )
    (study / "train.py").write_text(TRAIN)
    tunesmith("run", "--quiet")
    events = list(read_events(study / "studies" / "small" / "journal.jsonl"))
    assert overlap(events) == 2
    # While trial 0 still ran, pruned trials followed one another on the second slot.
    end_of_0 = next(index for index, e in enumerate(events) if isinstance(e, TrialFinished) and e.trial == 0)
    assert sum(isinstance(event, TrialStarted) for event in events[:end_of_0]) >= 6
