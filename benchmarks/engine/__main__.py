"""`python -m benchmarks.engine`: measure, print the tables, and optionally write them to a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .machine import describe
from .measure import compare
from .tables import table
from .topics import topics

RESULTS = Path(__file__).parents[1] / "results" / "engine.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--only", help="one topic: loop, tpe, processes, ask, models or resume")
    parser.add_argument("--trials", type=int, help="so many trials in place of the usual numbers")
    parser.add_argument("--repetitions", type=int, default=3, help="how often each is measured; 3 by default")
    parser.add_argument("--ray", default=sys.executable, help="a Python that has Ray Tune")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} in benchmarks/results")
    asked = parser.parse_args()
    said = [
        "# Engine overhead",
        "",
        f"Medians of {asked.repetitions} repetitions, contenders alternating. How to read the tables: ../README.md.",
        "",
        describe(),
        "",
    ]
    print("\n".join(said), flush=True)
    for topic in topics(only=asked.only, trials=asked.trials, ray=asked.ray):
        repetitions = topic.repetitions or asked.repetitions
        print(f"{topic.title}, {repetitions} times", file=sys.stderr, flush=True)
        said.append(table(topic, compare(topic.entries, topic.trials, repetitions)))
        print(said[-1], flush=True)
        if asked.write:
            RESULTS.write_text("\n".join(said))


if __name__ == "__main__":
    main()
