"""Answers to open questions on their way to the process that runs the study: one small file each, in its folder.

Only one process may write a study's journal. Whoever answers from another one leaves a file, which that one takes in.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ..core.approval_request import APPROVE, REJECT, Answer, ApprovalRequest
from ..errors import InputError

log = logging.getLogger(__name__)

FOLDER_NAME = "answers"
MOST_TEXT = 2000
"""How many characters of what was said with an answer are kept."""
_MOST_BYTES = 65536


@dataclass(frozen=True)
class Given:
    """An answer that nobody has taken in yet.

    Args:
        answer: `"approve"` or `"reject"`.
        text: What was said with it.
        by: Who gave it.
    """

    answer: Answer
    text: str = ""
    by: str = "user"


def leave(folder: Path, question: ApprovalRequest, given: Given) -> None:
    """Leave an answer in a study's folder; of several, the first counts.

    Raises:
        InputError: It was answered already, or the folder cannot be written to.
    """
    path = _path(folder, question.number)
    # The deadline tells whether it is the same question, where a folder was put back to an earlier state.
    told = {"question": question.number, "deadline": question.deadline, "answer": given.answer, "text": given.text}
    try:
        path.parent.mkdir(exist_ok=True)
        is_first = _put(orjson.dumps(told), path)
    except OSError as error:
        raise InputError(
            f"an answer must be written into the study's folder, but {path} failed: {error.strerror or error}. Mend "
            "that, and answer again."
        ) from None
    if not is_first:
        raise InputError(
            f"a question is answered once, but an answer to question {question.number} is on its way already. See what "
            "became of it with: tunesmith status"
        )


def _put(content: bytes, path: Path) -> bool:
    """Write a file that is there as a whole or not at all, and return whether it was not there before."""
    written = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        written.write_bytes(content)
        try:
            os.link(written, path)
        except FileExistsError:
            return False
        except OSError:  # Not every file system knows links.
            if path.exists():
                return False
            written.replace(path)
    finally:
        written.unlink(missing_ok=True)
    return True


def left(folder: Path, question: ApprovalRequest) -> Given | None:
    """Return the answer that was left for a question; None where there is none.

    What is no answer to it is put aside under another name, with a warning.
    """
    path = _path(folder, question.number)
    try:
        with path.open("rb") as file:
            told = orjson.loads(file.read(_MOST_BYTES))
        return _read(told, question)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _put_aside(path, str(error))
        return None


def remove(folder: Path, question: ApprovalRequest) -> None:
    """Take away whatever was left for a question."""
    with suppress(OSError):
        _path(folder, question.number).unlink()


def _read(told: Any, question: ApprovalRequest) -> Given:
    if not isinstance(told, Mapping) or told.get("answer") not in (APPROVE, REJECT):
        raise ValueError("it is no answer")
    if told.get("deadline") != question.deadline:
        raise ValueError("it answers another question")
    return Given(told["answer"], str(told.get("text", ""))[:MOST_TEXT])


def _put_aside(path: Path, reason: str) -> None:
    try:
        path.replace(path.with_suffix(".unusable"))
    except OSError:
        return  # It stays, is looked at again, and is not warned of each time.
    log.warning("%s is left out, as it cannot be used: %s. Answer again with: tunesmith approve", path, reason)


def _path(folder: Path, number: int) -> Path:
    return folder / FOLDER_NAME / f"{number}.json"
