"""The command `hq` for want of HyperQueue, whose binary is in no package: jobs are processes, and nothing is packed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

_SCRIPT = """#!{python}
import argparse, os, pathlib, signal, subprocess, sys
jobs = pathlib.Path({folder!r})
parser = argparse.ArgumentParser()
parser.add_argument("--output-mode")
verbs = parser.add_subparsers(dest="verb", required=True)
verbs.add_parser("server").add_argument("what")
submit = verbs.add_parser("submit")
for name in ("name", "cwd", "stdout", "stderr", "cpus", "time-request", "time-limit", "priority"):
    submit.add_argument("--" + name)
submit.add_argument("--resource", action="append", default=[])
submit.add_argument("command", nargs="+")
job = verbs.add_parser("job").add_subparsers(dest="deed", required=True)
job.add_parser("list").add_argument("--all", action="store_true")
job.add_parser("cancel").add_argument("ids")
given = parser.parse_args()
if given.verb == "submit":
    if "gpus/nvidia=9" in given.resource:
        sys.exit("no worker has so many GPUs")
    number = len(list(jobs.glob("*.pid"))) + 1
    wrapped = 'bash "$0" || touch "$1"; touch "$2"'
    process = subprocess.Popen(
        ["bash", "-c", wrapped, given.command[-1], str(jobs / f"{{number}}.failed"), str(jobs / f"{{number}}.done")],
        stdin=subprocess.DEVNULL, stdout=open(given.stdout, "w"), stderr=open(given.stderr, "w"),
        cwd=given.cwd, start_new_session=True,
    )
    (jobs / f"{{number}}.pid").write_text(str(process.pid))
    (jobs / f"{{number}}.options").write_text(" ".join(sys.argv[1:]))
    print(number)
elif given.verb == "job" and given.deed == "list":
    for pid in jobs.glob("*.pid"):
        has = lambda ending: pid.with_suffix(ending).exists()
        states = {{".canceled": "CANCELED", ".failed": "FAILED", ".done": "FINISHED"}}
        print(pid.stem, next((state for ending, state in states.items() if has(ending)), "RUNNING"))
elif given.verb == "job":
    for number in given.ids.split(","):
        (jobs / f"{{number}}.canceled").touch()
        os.killpg(int((jobs / f"{{number}}.pid").read_text()), signal.SIGKILL)
"""


@contextmanager
def hyperqueue(folder: Path) -> Iterator[Path]:
    """Write the command into a folder, which is yielded and belongs on the path; end its jobs afterwards."""
    folder.mkdir(parents=True)
    command = folder / "hq"
    command.write_text(_SCRIPT.format(python=sys.executable, folder=str(folder)))
    command.chmod(0o755)
    yield folder
    for file in folder.glob("*.pid"):
        if psutil.pid_exists(number := int(file.read_text())):
            for process in psutil.Process(number).children(recursive=True):
                process.kill()
