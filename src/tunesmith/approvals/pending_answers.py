"""Pending answers to approval requests: one small file each, in the study's folder.

Only the process that runs a study writes its journal. Other processes leave a file, which that process reads.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from ..core.approval_request import APPROVE, REJECT, Answer, ApprovalRequest
from ..core.machine_faults import writing
from ..errors import InputError
from ..text.cleaning import valid
from ..text.shell import command

log = logging.getLogger(__name__)

FOLDER_NAME = "answers"
MAX_TEXT = 2000
"""Characters of a person's words that are kept."""
_MAX_BYTES = 65536


@dataclass(frozen=True)
class PendingAnswer:
    """An answer that is not in the journal yet.

    Args:
        answer: `"approve"` or `"reject"`.
        text: The person's own words.
        by: Its origin; see `ApprovalRequest.answered_by`.
    """

    answer: Answer
    text: str = ""
    by: str = "user"


def write_answer(folder: Path, request: ApprovalRequest, pending: PendingAnswer) -> None:
    """Write an answer into a study's folder; the first one counts.

    Raises:
        InputError: The request already has an answer.
        OutputError: The folder is not writable.
    """
    path = _path(folder, request.number)
    # The deadline identifies the request: a restored folder may reuse its number.
    record = {
        "question": request.number,
        "deadline": request.deadline,
        "answer": pending.answer,
        "text": valid(pending.text),
    }
    with writing(path):
        path.parent.mkdir(exist_ok=True)
        is_first = _create(path, orjson.dumps(record))
    if not is_first:
        raise InputError(
            f"a question takes one answer, but question {request.number} has one that is not read yet. "
            f"See its outcome with: {command('tunesmith', 'status', folder)}"
        )


def _create(path: Path, content: bytes) -> bool:
    """Create a file atomically; return False if it exists."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError:  # Not every file system has links.
            if path.exists():
                return False
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def read_answer(folder: Path, request: ApprovalRequest) -> PendingAnswer | None:
    """Return the pending answer to a request, or None. Rename an unusable file, with a warning."""
    path = _path(folder, request.number)
    try:
        with path.open("rb") as file:
            record = orjson.loads(file.read(_MAX_BYTES))
        return _parse(record, request)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _set_aside(path, str(error))
        return None


def remove_answer(folder: Path, request: ApprovalRequest) -> None:
    """Remove the pending answer to a request, if there is one."""
    with suppress(OSError):
        _path(folder, request.number).unlink()


def _parse(record: object, request: ApprovalRequest) -> PendingAnswer:
    if not isinstance(record, Mapping) or record.get("answer") not in (APPROVE, REJECT):
        raise ValueError("it is not an answer")
    if record.get("deadline") != request.deadline:
        raise ValueError("it answers another question")
    return PendingAnswer(record["answer"], str(record.get("text", ""))[:MAX_TEXT])


def _set_aside(path: Path, reason: str) -> None:
    try:
        path.replace(path.with_suffix(".unusable"))
    except OSError:
        return  # The file is read again at every poll: do not repeat the warning.
    again = command("tunesmith", "approve", path.parent.parent)
    log.warning("%s was ignored: %s. Answer again with: %s", path, reason, again)


def _path(folder: Path, number: int) -> Path:
    return folder / FOLDER_NAME / f"{number}.json"
