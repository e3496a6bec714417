"""What a Python program shows while it tunes: on a real terminal, in a pipe, and in a real notebook."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import logging, os, sys, threading
import tunesmith as ts

settings = dict(space={"x": ts.Float(0, 1)}, objective="minimize y", proposer="random")

def train(parameters, trial):
    print("printed by the function")
    print("50 %|#####", end="\\r", file=sys.stderr)
    if not (child := os.fork()):
        os._exit(any(hasattr(handler.stream, "rich_proxied_file") for handler in logging.getLogger().handlers))
    assert os.waitpid(child, 0)[1] == 0, "a forked process would wait for the view's lock"
    ts.tune(lambda inner: inner["x"], budget=ts.Budget(trials=2), **settings)
    return parameters["x"]
"""
SCRIPT = f"""{PROGRAM}
stdout, stderr = sys.stdout, sys.stderr
logging.basicConfig()
print("before")
settings["progress"] = "quiet" not in sys.argv
threads = [threading.Thread(target=ts.tune, args=(train,), kwargs=dict(settings, budget=ts.Budget(trials=3)))]
threads.append(threading.Thread(target=print, args=("from a thread",)))
for thread in threads:
    thread.start()
study = ts.tune(train, budget=ts.Budget(trials=4), **settings)
for thread in threads:
    thread.join()
assert (sys.stdout, sys.stderr) == (stdout, stderr)
assert all(handler.stream is stderr for handler in logging.getLogger().handlers)
print("after", len(study.trials))
"""
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def on_terminal(folder: Path, *arguments: str, **environment: str) -> str:
    """Run the script on a terminal of its own, and return everything that was written to it."""
    (folder / "script.py").write_text(SCRIPT)
    reader, writer = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "script.py", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=writer,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environment},
    )
    os.close(writer)
    written = b""
    try:
        while piece := os.read(reader, 65536):
            written += piece
    except OSError:  # The program has ended.
        pass
    os.close(reader)
    assert process.wait() == 0, written.decode()
    return written.decode()


def test_a_terminal_shows_the_progress_and_what_else_is_printed(tmp_path: Path) -> None:
    written = on_terminal(tmp_path)
    text = CODES.sub("", written)
    assert "before" in text
    assert "from a thread" in text
    assert re.search(r"★ y 0\.\d+ .*trial \d", text)
    assert "are done" in text
    assert text.splitlines()[-1] == "after 4"
    assert "printed by the function" not in text, "it is in the trial's log"
    assert "50 %" not in text
    assert "Traceback" not in text
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") >= 1, "the cursor is back"


@pytest.mark.parametrize(("arguments", "environment"), [(["quiet"], {}), ([], {"TERM": "dumb"})])
def test_no_control_codes_where_none_are_wanted(
    tmp_path: Path, arguments: list[str], environment: dict[str, str]
) -> None:
    assert "\x1b" not in on_terminal(tmp_path, *arguments, **environment).replace("\x1b[?25h", "")


@pytest.mark.parametrize("variables", [{}, {"FORCE_COLOR": "1"}])
def test_a_pipe_gets_only_what_the_program_prints(tmp_path: Path, variables: dict[str, str]) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    ended = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, env={**os.environ, **variables}, capture_output=True, text=True
    )
    assert (sorted(ended.stdout.splitlines()), ended.stderr) == (["after 4", "before", "from a thread"], "")


def run_notebook(folder: Path, *cells: str) -> list[list[Any]]:
    """Run cells in a real kernel, and return the outputs of each."""
    (folder / "cells.json").write_text(json.dumps(cells))
    runner = """
import json, sys, nbclient, nbformat
cells = [nbformat.v4.new_code_cell(cell) for cell in json.load(open("cells.json"))]
book = nbclient.NotebookClient(nbformat.v4.new_notebook(cells=cells), timeout=120).execute()
json.dump([cell.outputs for cell in book.cells], open("outputs.json", "w"))
"""
    subprocess.run([sys.executable, "-c", runner], cwd=folder, check=True, capture_output=True)
    outputs: list[list[Any]] = json.loads((folder / "outputs.json").read_text())
    return outputs


def test_a_notebook_shows_the_progress_below_the_cell(tmp_path: Path) -> None:
    shown, quiet = run_notebook(
        tmp_path,
        f"{PROGRAM}\nstudy = ts.tune(train, budget=ts.Budget(trials=4), **settings)",
        "study = ts.tune(train, budget=ts.Budget(trials=4), progress=False, **settings)",
    )
    assert [output["output_type"] for output in shown] == ["display_data"], "one output, which was updated"
    html = "".join(shown[0]["data"]["text/html"])
    assert "4 of 4" in html
    assert "all 4 trials are done" in html
    assert html.startswith("<pre")
    assert quiet == []
