"""Which of the files that a run read is tuned; the run itself is in `tests/unit/cli/test_trying_a_draft.py`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tunesmith.init import CommandLine, draft_study, sources_of
from tunesmith.init.redrafting import redraft
from tunesmith.init.tryout import FileChange, Tryout

PARSER = "import argparse\nparser = argparse.ArgumentParser()\n"


def redrafted(folder: Path, read: Sequence[str], *, written: Sequence[str] = ()) -> tuple[str | None, list[str]]:
    own = sources_of(CommandLine.parse(["python", "train.py"], folder))
    tryout = Tryout(
        words=("python", "train.py"),
        folder=folder / "studies" / "tryout",
        project=folder,
        ending="finished",
        seconds=1.0,
        files_read=tuple((folder / name).resolve() for name in read),
        files=tuple(FileChange(path=folder / name, is_new=False, size_bytes=1) for name in written),
    )
    draft = redraft(draft_study(own), tryout, own, objective=None, asked=None)
    return draft.config, sorted(draft.space)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "train.py": "print('val_loss', 1)\n",
        "zoo/a.yaml": "lr: 0.1\n",
        "zoo/b.yaml": "lr: 0.1\nwidth: 16\nseed: 1\n",
        "zoo/vocabulary.json": '{"the": 1, "rate": 2, "hidden": 3, '
        + ", ".join(f'"word{n}": {n}' for n in range(40))
        + "}",
        "zoo/net.py": "WIDTH = 16\nDROPOUT = 0.1\n",
        "zoo/layers.py": "WIDTH = 16\nDROPOUT = 0.1\nprint('imported')\n",
        ".cache/lib.yaml": "lr: 0.1\nwidth: 16\ndepth: 2\n",
        "config.yaml": "lr: 0.2\n",
    }
    for name, text in files.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "project"


@pytest.mark.parametrize(
    ("read", "config", "tuned"),
    [
        (["zoo/a.yaml"], "zoo/a.yaml", ["lr"]),
        (["zoo/a.yaml", "zoo/b.yaml"], "zoo/b.yaml", ["lr", "width"]),
        (["zoo/vocabulary.json"], None, []),
        (["zoo/net.py"], "zoo/net.py", ["DROPOUT", "WIDTH"]),
        (["zoo/layers.py"], None, []),  # It does more than to assign.
        ([".cache/lib.yaml"], None, []),
        (["missing.yaml"], None, []),
    ],
)
def test_the_file_with_the_most_hyperparameters_is_tuned(
    read: list[str], config: str | None, tuned: list[str], project: Path
) -> None:
    (project / "config.yaml").unlink()
    assert redrafted(project, ["train.py", *read]) == (config, tuned)


def test_a_file_that_the_run_itself_wrote_is_no_config(project: Path) -> None:
    assert redrafted(project, ["zoo/b.yaml"], written=["zoo/b.yaml"]) == (None, [])


def test_a_config_that_is_read_stays_and_one_that_is_not_read_goes(project: Path) -> None:
    (project / "train.py").write_text("print('config.yaml')\n")
    assert redrafted(project, ["config.yaml", "zoo/b.yaml"]) == ("config.yaml", ["lr"])
    assert redrafted(project, ["train.py", "zoo/b.yaml"]) == ("zoo/b.yaml", ["lr", "width"])
    assert redrafted(project, ["train.py"]) == (None, [])
    assert redrafted(project, []) == ("config.yaml", ["lr"])  # No Python told what it reads.


def test_a_module_is_tuned_only_if_it_has_more_than_the_options(project: Path) -> None:
    options = "".join(f"parser.add_argument('--{name}', type=float, default=0.1)\n" for name in ("lr", "dropout"))
    (project / "train.py").write_text(f"{PARSER}{options}parser.parse_args()\n")
    assert redrafted(project, ["zoo/net.py"]) == (None, ["dropout", "lr"])
    assert redrafted(project, ["zoo/b.yaml"])[0] == "zoo/b.yaml"
    (project / "train.py").write_text(f"{PARSER}parser.add_argument('--gpu')\nparser.parse_args()\n")
    assert redrafted(project, ["zoo/net.py"]) == ("zoo/net.py", ["DROPOUT", "WIDTH"])
