"""`python -m benchmarks.engine`: measure, print the tables, and optionally write them to a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..machine import describe
from .measure import compare
from .tables import table
from .topics import topics

RESULTS = Path(__file__).parents[1] / "results" / "engine.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--only", help="one topic: loop, tpe, trackers, processes, ask, models, reports or resume")
    parser.add_argument("--trials", type=int, help="so many trials in place of the usual numbers")
    parser.add_argument("--repetitions", type=int, default=3, help="how often each is measured; 3 by default")
    parser.add_argument("--ray", default=sys.executable, help="a Python that has Ray Tune")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} in benchmarks/results")
    options = parser.parse_args()
    lines = [
        "# Engine overhead",
        "",
        f"Medians of {options.repetitions} repetitions, contenders alternating. How to read the tables: ../README.md.",
        "",
        describe(),
        "",
    ]
    print("\n".join(lines), flush=True)
    for topic in topics(only=options.only, trials=options.trials, ray=options.ray):
        repetitions = topic.repetitions or options.repetitions
        print(f"{topic.title}, {repetitions} times", file=sys.stderr, flush=True)
        lines.append(table(topic, compare(topic.entries, topic.trials, repetitions)))
        print(lines[-1], flush=True)
        if options.write:
            RESULTS.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
