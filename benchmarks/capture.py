"""`python -m benchmarks.capture`: what a pruner saves on training scripts that know nothing of tunesmith.

Five scripts (`capture_scripts`) print or log their validation loss, each with another library, and report nothing. Each
is tuned twice with the same seed and so the same configurations: without a pruner, and with ASHA.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tunesmith as ts
from tunesmith.tasks.command import CommandTask

from .machine import describe

RESULTS = Path(__file__).parent / "results" / "capture.md"
SCRIPTS = Path(__file__).parent / "capture_scripts"
NETWORK = {
    "lr": ts.Float(1e-4, 1.0, log=True),
    "hidden": ts.Int(8, 256, log=True),
    "momentum": ts.Float(0.0, 0.98),
    "weight-decay": ts.Float(1e-6, 1e-1, log=True),
}
BOOSTER = {
    "lr": ts.Float(1e-3, 0.5, log=True),
    "leaves": ts.Int(3, 63, log=True),
    "feature-fraction": ts.Float(0.2, 1.0),
    "lambda": ts.Float(1e-3, 10.0, log=True),
}


@dataclass(frozen=True)
class Script:
    """A script, and how it tells its loss.

    Args:
        file: Its name in `capture_scripts`.
        says: How it tells its validation loss, in words.
        metric: The name of that loss.
        space: The parameters, by flag.
        words: Further words of its command.
    """

    file: str
    says: str
    metric: str
    space: dict[str, ts.Float | ts.Int]
    words: str = ""


STUDIES = (
    Script("printed.py", "prints `\\| epoch 3 \\| valid loss 0.31`", "valid loss", NETWORK),
    Script("logged_to_wandb.py", "`wandb.log`", "valid/loss", NETWORK),
    Script(
        "written_for_tensorboard.py", "`SummaryWriter.add_scalar`", "Loss/valid", NETWORK, words="--out {trial_dir}/tb"
    ),
    Script("keras_fit.py", "Keras `fit`, `verbose=0`", "val_loss", NETWORK),
    Script("lightgbm_rounds.py", "LightGBM's evaluations", "valid multi_logloss", BOOSTER),
)


@dataclass(frozen=True)
class Run:
    """What a study cost and reached.

    Args:
        steps: The epochs or rounds that all trials ran.
        seconds: The processor time of all trials.
        best: The lowest final loss.
        pruned: How many trials were stopped.
    """

    steps: int
    seconds: float
    best: float
    pruned: int


def run(script: Script, *, pruner: str, trials: int, seed: int, folder: Path) -> Run:
    """Tune a script."""
    command = f"{sys.executable} {script.file} {script.words} {{args}}"
    task = CommandTask(command=command, metric=script.metric, folder=SCRIPTS)
    study = ts.Study(
        task=task,
        space=script.space,
        objective=f"minimize {script.metric}",
        budget=ts.Budget(trials=trials),
        proposer="random",
        pruner=pruner,
        judge={"name": "rules", "repeats": 0},
        seed=seed,
        folder=folder,
        executor="inline",
    )
    before = _processor_seconds()
    history = study.run()
    finished = [trial for trial in history.trials if trial.reports]
    return Run(
        steps=sum(len(trial.reports) for trial in finished),
        seconds=_processor_seconds() - before,
        best=min(trial.metrics[script.metric] for trial in history.trials if script.metric in trial.metrics),
        pruned=sum(trial.state is ts.State.PRUNED for trial in history.trials),
    )


def _processor_seconds() -> float:
    """Return the processor time of all scripts so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def report(rows: Sequence[tuple[Script, list[Run], list[Run]]], trials: int) -> str:
    """Return the table."""
    lines = [
        "# What a pruner saves on scripts without an edit\n",
        describe(("tunesmith", "keras", "lightgbm", "numpy", "tensorboardX", "wandb")) + "\n",
        f"{trials} trials of each script, with the same configurations, without a pruner and with ASHA, one trial at a "
        f"time. Sums over {len(rows[0][1])} seed(s). *Time* is processor time of the scripts, with their start and "
        "imports; *best* is the lowest final loss, a mean over seeds.\n",
        "| script | its loss | stopped | steps without, with | steps saved | time saved | best without, with |",
        "| --- | --- | --: | --: | --: | --: | --: |",
    ]
    for script, whole, pruned in rows:
        steps, fewer = sum(r.steps for r in whole), sum(r.steps for r in pruned)
        seconds, less = sum(r.seconds for r in whole), sum(r.seconds for r in pruned)
        stopped = sum(r.pruned for r in pruned)
        best, reached = (sum(r.best for r in runs) / len(runs) for runs in (whole, pruned))
        lines.append(
            f"| `{script.file}` | {script.says} | {stopped} of {trials * len(whole)} | {steps:,}, {fewer:,} "
            f"| {1 - fewer / steps:.0%} | {1 - less / seconds:.0%} | {best:.4f}, {reached:.4f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the studies and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capture", description=__doc__)
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--scripts", nargs="+", default=[script.file for script in STUDIES], metavar="FILE")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} in benchmarks/results")
    arguments = parser.parse_args()
    rows = []
    for script in (script for script in STUDIES if script.file in arguments.scripts):
        runs: dict[str, list[Run]] = {"none": [], "asha": []}
        for seed in arguments.seeds:
            for pruner, done in runs.items():
                with tempfile.TemporaryDirectory() as folder:
                    study = Path(folder) / "study"
                    done.append(run(script, pruner=pruner, trials=arguments.trials, seed=seed, folder=study))
                print(script.file, seed, pruner, done[-1], flush=True)
        rows.append((script, runs["none"], runs["asha"]))
    text = report(rows, arguments.trials)
    print(text)
    if arguments.write:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
