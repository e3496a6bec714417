"""Commands as a shell reads them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.text.shell import command

_ECHO = "import os, sys; os.write(1, b'\\0'.join(map(os.fsencode, sys.argv[1:])))"
_BYTES = st.binary(min_size=1, max_size=12).filter(lambda name: b"\0" not in name).map(os.fsdecode)
_NASTY = st.text("a -$`'\"\\\n\t\x1b\x9b\u202e\u2028!*?~#;&|<>(){}[]=%", max_size=12)


@pytest.mark.parametrize("shell", ["sh", "bash"])
@given(st.lists(_NASTY | _BYTES, min_size=1, max_size=6))
def test_every_word_arrives_exactly(shell: str, words: list[str]) -> None:
    line = command(sys.executable, "-c", _ECHO, *words)
    assert line.replace("\n", "").isprintable()
    done = subprocess.run([shell, "-c", line], capture_output=True, check=True, timeout=60)
    assert [os.fsdecode(word) for word in done.stdout.split(b"\0")] == words


def test_a_path_is_never_an_option() -> None:
    assert command("tunesmith", "show", PurePath("-n"), -1) == "tunesmith show ./-n -1"
