import os
import sys

import psutil
import pytest

from tunesmith.init.file_changes import FileWatch


def changed(watch, folder):
    return {str(change.path.relative_to(folder)): change.is_new for change in watch.changes()}


def test_new_and_changed_files_are_told_apart_and_others_are_left_out(tmp_path):
    for name in ("kept.txt", "grown.csv", "same_size.bin", "sub/inner.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    for folder in (".git", "__pycache__", "venv", "studies"):
        (tmp_path / folder).mkdir()
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    watch = FileWatch([tmp_path], without=[tmp_path / "studies"])
    with (tmp_path / "grown.csv").open("a") as file:
        file.write("2")
    (tmp_path / "same_size.bin").write_text("2")
    os.utime(tmp_path / "same_size.bin", (1, 1))
    for name in ("new.pt", "sub/new.pt", ".git/x", "__pycache__/x.pyc", "venv/x", "studies/x"):
        (tmp_path / name).write_text("new")
    expected = {"grown.csv": False, "same_size.bin": False, "new.pt": True, "sub/new.pt": True}
    assert changed(watch, tmp_path) == expected
    assert not watch.left_out


def test_of_a_large_tree_the_files_near_its_top_are_looked_at(tmp_path):
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "top.txt").touch()
    for index in range(20):
        (deep / f"{index}.txt").touch()
    watch = FileWatch([tmp_path], most=10)
    (tmp_path / "top.txt").write_text("changed")
    assert watch.left_out
    assert changed(watch, tmp_path) == {"top.txt": False}


def test_of_a_large_folder_no_more_is_listed_than_is_looked_at(tmp_path, monkeypatch):
    for index in range(20):
        (tmp_path / f"{index}").mkdir()
    looked_at = []
    monkeypatch.setattr(FileWatch, "_is_left_out_folder", lambda self, path: looked_at.append(path))
    assert FileWatch([tmp_path], most=10).left_out
    assert len(looked_at) == 10


def test_of_a_large_tree_an_old_file_that_is_seen_later_is_not_new(tmp_path):
    for index in range(20):
        (tmp_path / f"{index:02}.txt").touch()
        os.utime(tmp_path / f"{index:02}.txt", (1, 1))
    watch = FileWatch([tmp_path], most=10)
    for path in sorted(tmp_path.iterdir())[:12]:
        path.unlink()
    (tmp_path / "new.txt").touch()
    assert changed(watch, tmp_path) == {"new.txt": True}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells how a file is open")
def test_a_file_elsewhere_is_seen_while_a_process_writes_it(tmp_path):
    inside, elsewhere = tmp_path / "inside", tmp_path / "elsewhere"
    inside.mkdir()
    elsewhere.mkdir()
    (elsewhere / "read.txt").touch()
    watch = FileWatch([inside])
    with (elsewhere / "best.pt").open("w"), (elsewhere / "read.txt").open():
        watch.note_open([psutil.Process()])
    paths = [change.path for change in watch.changes()]
    assert elsewhere / "best.pt" in paths
    assert elsewhere / "read.txt" not in paths


def test_a_place_that_does_not_exist_yet_may_be_watched(tmp_path):
    watch = FileWatch([tmp_path / "out" / "model.pt"])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.pt").write_text("weights")
    assert changed(watch, tmp_path) == {"out/model.pt": True}
