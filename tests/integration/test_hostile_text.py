"""Text from scripts, files and arguments, on its way to the terminal: nothing there obeys it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.integration.conftest import Tunesmith, command

EVIL = (
    "\x1b[31mred\x1b[0m \x1b[2Jcleared \x1b]52;c;cm0gLXJmIH4=\x07 \x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\ "
    "\x9b31mc1 \u202eflip\u2066 [bold red]markup[/] [link=http://evil]m[/link] \x08\x7f\x1b]0;title"
)
TRAIN = f"""
import json, os, pathlib, sys
EVIL = {EVIL!r}
print(EVIL)
print(EVIL, file=sys.stderr)
sys.stdout.buffer.write(b"caf\\xe9 " + EVIL.encode())
x = float(sys.argv[2])
folder = pathlib.Path(sys.argv[1])
with open(folder / "reports.jsonl", "w") as reports:
    reports.write(json.dumps({{"step": 1, "loss": x, EVIL: x}}) + "\\n")
if x > 0.8:
    sys.exit(EVIL)
(folder / "artifacts").mkdir()
(folder / "artifacts" / "\\x1b[31mred").touch()
(folder / "metrics.json").write_text(json.dumps({{"loss": x, "m" + EVIL: x, "surrogate \\udce9": x}}))
"""
STUDY = f"""
[study]
name = "hostile"
objective = "minimize loss"
folder = "study"
[task]
command = ["{sys.executable}", "-S", "train.py", "{{trial_dir}}", "{{x}}", "{{kind}}"]
[space]
x = {{ type = "float", low = 0.0, high = 1.0, default = 0.5 }}
kind = {{ type = "choice", options = [{json.dumps(EVIL)}, "\\u001b[31mred"] }}
[budget]
trials = 6
[search]
proposer = "random"
"""
RICH = re.compile(r"\x1b\[(\?25[lh]|[0-9;]*[mKAH])")
"""The escapes that rich writes: colours, and moves of the cursor for the live view."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study of a hostile script, which has run."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "train.py").write_text(TRAIN)
    (folder / "study.toml").write_text(STUDY)
    done = subprocess.run(command("run"), cwd=folder, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert_harmless(done.stdout + done.stderr)
    return folder


def assert_harmless(written: bytes, *, colours: bool = False) -> None:
    text = written.decode()
    if colours:
        text = RICH.sub("", text).replace("\r\n", "\n")
        assert "\x1b[31m" not in written.decode()
    hidden = {character for character in text if not character.isprintable()} - {"\n", "\r" if colours else "\n"}
    assert not hidden, text


VERBS = [
    ["run", "--dry-run"],
    ["status", "study"],
    ["show", "study", "failed"],
    ["explain", "study"],
    ["report", "study"],
    ["reproduce", "study", "0"],
    ["reproduce", "study", "failed"],
    ["note", "study", "0", EVIL],
    ["tell", "study", "0", EVIL],
    ["ask", "study"],
    ["add", "study", EVIL, "loss=1"],
    ["add", "study", json.dumps({"x": 0.5, "kind": EVIL}), f"loss={EVIL}"],
    ["approve", "study", EVIL],
    ["init", EVIL, "--yes"],
    ["init", "train.py", "--yes", "--request", EVIL, "--no-agents", "--to", "other.toml", "--force"],
    ["doctor", "--run"],
    ["run", EVIL],
    ["run", f"--{EVIL}"],
    [EVIL],
]


@pytest.mark.slow
@pytest.mark.parametrize("words", VERBS, ids=lambda words: "-".join(words)[:20].encode("ascii", "replace").decode())
def test_no_verb_writes_what_a_terminal_would_obey(hostile: Path, words: list[str]) -> None:
    failed = next(path.parent for path in hostile.glob("study/trials/*/result.json") if '"failed"' in path.read_text())
    words = [str(int(failed.name)) if word == "failed" else word for word in words]
    status, screen = on_a_terminal(hostile, words)
    assert status in (0, 1, 2), screen
    assert b"Traceback" not in screen
    assert_harmless(screen, colours=True)
    piped = subprocess.run(command(*words, "--json"), cwd=hostile, capture_output=True, timeout=120)
    assert piped.returncode in (0, 1, 2)
    assert_harmless(piped.stdout + piped.stderr)


def on_a_terminal(folder: Path, words: list[str]) -> tuple[int, bytes]:
    """Return the exit status and the output of a command on a terminal of its own."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        arguments = command(*words)
        os.execve(arguments[0], arguments, {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"})
    screen = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # It has ended.
            break
        if not piece:
            break
        screen += piece
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), screen


@pytest.mark.slow
def test_the_live_view_of_a_hostile_study_is_harmless(hostile: Path) -> None:
    status, screen = on_a_terminal(hostile, ["run", "--folder", "again", "--trials", "3"])
    assert status == 0
    assert b"hostile" in screen
    assert_harmless(screen, colours=True)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_of_another_encoding_is_no_fault(hostile: Path, encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "LANG": "C", "LC_ALL": "C"}
    for words in (
        ["status", "study"],
        ["show", "study", "0"],
        ["note", "study", "0", "größe 学"],
        ["show", "study", "x学"],
    ):
        done = subprocess.run(
            command(*words), cwd=hostile, capture_output=True, timeout=60, env=environment, check=False
        )
        assert done.returncode == (2 if "x学" in words else 0), done.stderr
        assert b"Traceback" not in done.stderr
        (done.stdout + done.stderr).decode(encoding)


def test_output_that_cannot_be_written_is_one_message(study: Path) -> None:
    with Path("/dev/full").open("w") as full:
        words = command("run", "--trials", "2")
        done = subprocess.run(words, cwd=study, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "tunesmith: standard output must be writable, got: No space left on device.\n",
    )
    status = subprocess.run(command("status", "studies/small", "--json"), cwd=study, capture_output=True, check=True)
    assert json.loads(status.stdout)["counts"] == {"complete": 2}


@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&- <&-", "| true", "2>/dev/full"])
def test_a_closed_stream_is_no_fault(study: Path, closing: str) -> None:
    line = f"{sys.executable} -m tunesmith run --trials 2 {closing}"
    done = subprocess.run(["sh", "-c", line], cwd=study, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    status = subprocess.run(command("status", "studies/small", "--json"), cwd=study, capture_output=True, check=True)
    assert json.loads(status.stdout)["counts"] == {"complete": 2}


def test_a_current_folder_that_was_removed_is_one_message(tmp_path: Path) -> None:
    line = f"mkdir gone && cd gone && rmdir ../gone && {sys.executable} -m tunesmith status x"
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr == "tunesmith: the current folder must exist, but it was removed. Change to another one.\n"


def test_settings_that_cannot_be_kept_are_one_message(study: Path, tunesmith: Tunesmith) -> None:
    (study / "studies" / "small" / "study.toml").mkdir(parents=True)
    message = tunesmith("run", status=1).stderr
    assert message.startswith("tunesmith: ")
    assert "study.toml must be writable, got: Is a directory. Fix that, or choose another place." in message
    (study / "studies" / "small" / "study.toml").rmdir()
    tunesmith("run", "--trials", "1")


def test_a_report_that_cannot_be_written_is_one_message(study: Path, tunesmith: Tunesmith) -> None:
    tunesmith("run", "--trials", "1", "--quiet")
    message = tunesmith("report", "studies/small", "--to", "nowhere/report.html", status=1).stderr
    assert message == (
        f"tunesmith: {study}/nowhere/report.html must be writable, got: No such file or directory. "
        "Fix that, or choose another place.\n"
    )
    tunesmith("report", "studies/small", "--to", "/dev/null")
    assert Path("/dev/null").is_char_device()


def test_a_draft_is_valid_whatever_the_config_holds(tmp_path: Path, tunesmith: Tunesmith) -> None:
    evil = "\n[evil]\nx = 1\n" + EVIL
    config = {f"out{evil}": "p", f"seed{evil}": 1, f"lr{evil}": 0.1, f"kind{evil}": f"a{evil}", "lr": 0.1, evil: [1, 2]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "train.py").write_text(f"import json, sys\njson.load(open(sys.argv[1]))\nprint('loss=1')\n# {evil!r}\n")
    tunesmith("init", ".", "--yes", "--request", f"minimize loss{evil} in 10 trials", "--no-agents")
    study = tomllib.loads((tmp_path / "study.toml").read_text())
    assert study.keys() == {"study", "task", "space", "budget", "search"}
    assert study["task"]["command"] == "python train.py {config}"
    tunesmith("run", "--dry-run")
