"""Draw the live view of a finished fit at some moment: `python docs/draw_fit.py FOLDER [SECONDS]`.

Writes images/fit.svg, the picture of the README, after:

    tunesmith fit examples/churn/customers.csv --target churned --minutes 1
    python docs/draw_fit.py studies/customers 40
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console

from tunesmith import load
from tunesmith.cli.live import Frame
from tunesmith.history.history import History
from tunesmith.journal.file import read_events

PICTURE = Path(__file__).parent / "images" / "fit.svg"
WIDTH, HEIGHT = 100, 28


def draw(folder: Path, seconds: float) -> str:
    """Return the view as it was some seconds after the first trial began, as SVG."""
    study = load(folder)
    history = History(study.space, study.objective, study.folder)
    events = list(read_events(folder / "journal.jsonl"))
    until = events[0].time + seconds
    moment = [events[0].time]
    frame = Frame(study.name, Path("studies") / folder.name, study.budget, 2, clock=lambda: moment[0])
    for event in events:
        if event.time > until:
            break
        moment[0] = event.time
        history.apply(event)
        frame.record(event, history)
    moment[0] = until
    console = Console(file=io.StringIO(), record=True, width=WIDTH, height=HEIGHT, force_terminal=True)
    console.print(frame)
    return console.export_svg(title=f"tunesmith fit customers.csv --target {target_of(folder)} --minutes 1")


def target_of(folder: Path) -> str:
    """Return the target of a fit."""
    from tunesmith import FitResult

    return FitResult.load(folder).ensemble.problems[0].target


if __name__ == "__main__":
    PICTURE.write_text(draw(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 40.0))
    print(f"wrote {PICTURE}")
