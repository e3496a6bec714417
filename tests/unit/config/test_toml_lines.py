"""The lines of keys in TOML."""

from __future__ import annotations

import pytest

from tunesmith.config.toml_lines import line_of

TEXT = '''# one
[a]
x = 1

text = """
y = 2
"""
list = [
  1,
]
"p.q" = { r = 1 }
[b.c]
d = 4
'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("a",), 2),
        (("a", "x"), 3),
        (("a", "text"), 5),
        (("a", "list"), 8),
        (("a", "p.q", "r"), 11),
        (("b.c", "d"), 13),
        (("b", "c", "missing"), 12),
        (("a", "y"), 2),
        (("nowhere",), None),
        ((), None),
    ],
)
def test_line_of(keys: tuple[str, ...], line: int | None) -> None:
    assert line_of(TEXT, keys) == line
