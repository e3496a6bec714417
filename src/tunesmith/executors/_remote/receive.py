"""Receive files by their content: what this machine has already does not travel again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.trial import check_relative

_LINKED_BYTES = 10_000_000
"""From this size on, a file is a read-only link to the store; smaller ones are copies."""


def receive(root: Path, word: str) -> None:
    """Receive a tree of files.

    A line of JSON comes in, `{"files": {path: [sha256, mode]}, "name": folder}`. The hashes that are missing here go
    out, then a tar archive of these comes in, whose members are named by their hashes. The tree appears at once.

    Args:
        root: The folder of `store/` and `code/`.
        word: Precedes every line that is sent.
    """
    wanted = json.loads(sys.stdin.buffer.readline())
    store, target = root / "store", root / "code" / wanted["name"]
    store.mkdir(parents=True, exist_ok=True)
    hashes = {sha256 for sha256, _ in wanted["files"].values()}
    missing = sorted(sha256 for sha256 in hashes if not (store / sha256).exists())
    if target.exists():
        missing = []
    print(word, json.dumps({"missing": missing}), flush=True)
    if missing:
        _fill(store, set(missing))
    if not target.exists():
        _build(store, target, wanted["files"])
    print(word, json.dumps({"code": str(target.resolve())}), flush=True)


def _fill(store: Path, missing: set[str]) -> None:
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|*") as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is None or member.name not in missing:
                raise ValueError(f"{member.name} was not asked for")
            draft = store / f"{member.name}.{os.getpid()}.tmp"
            digest = hashlib.sha256()
            with draft.open("wb") as file:
                while chunk := content.read(1 << 20):
                    digest.update(chunk)
                    file.write(chunk)
            if digest.hexdigest() != member.name:
                draft.unlink()
                raise ValueError(f"{member.name} was damaged on its way")
            draft.replace(store / member.name)


def _build(store: Path, target: Path, files: Mapping[str, Any]) -> None:
    draft = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    draft.mkdir(parents=True)
    for name, (sha256, mode) in files.items():
        path = draft / check_relative(name, "the path of a file")
        path.parent.mkdir(parents=True, exist_ok=True)
        if (store / sha256).stat().st_size < _LINKED_BYTES:
            shutil.copyfile(store / sha256, path)
            path.chmod(mode)
        else:
            os.link(store / sha256, path)
            path.chmod(0o444)
    draft.replace(target)


def main() -> None:
    """Receive files below the folder in the first argument; the second is the word."""
    os.umask(0o077)  # Other users of the machine need not see what is tuned.
    receive(Path(sys.argv[1]), sys.argv[2])


if __name__ == "__main__":
    main()
