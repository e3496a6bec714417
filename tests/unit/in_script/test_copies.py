from __future__ import annotations

import os
from pathlib import Path

import pytest

from tunesmith.in_script.copies import Copies


class Meddled(os.PathLike[str]):
    """A path at which, as it is looked at, something else happens as in another thread."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.meanwhile = lambda: None

    def __fspath__(self) -> str:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return self.path


@pytest.mark.parametrize("forgotten", ["config0.json", "config1.json", "config2.json"])
def test_a_file_may_be_forgotten_while_another_thread_looks_for_one(tmp_path: Path, forgotten: str) -> None:
    paths = [tmp_path / f"config{number}.json" for number in range(3)]
    copy = tmp_path / "copy.json"
    for path in (*paths, copy):
        path.write_text("{}")
    meddled = Meddled(paths[1])
    copies = Copies({path: str(copy) for path in (str(paths[0]), meddled, str(paths[2]))}, None)  # type: ignore[misc]
    meddled.meanwhile = lambda: copies.forget(tmp_path / forgotten)
    assert copies.of(paths[2]) == (None if forgotten == "config2.json" else str(copy))
    meddled.meanwhile = lambda: copies.forget(paths[1])
    copies.forget(paths[1])
    assert copies.of(paths[1]) is None
