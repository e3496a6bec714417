"""Whatever a script prints, a value is read only where the whole token is that number."""

import json
import math
import re
from argparse import Namespace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.tasks.command.printed_metrics import PrintedMetrics
from tunesmith.tasks.command.printed_names import is_printable

NAMES = st.sampled_from(["y", "loss", "val/acc", "lr", "a.b-c"])
FRAGMENTS = st.sampled_from([
    *"0123456789.,_'%:=-+eE/ \n\r\t(){}[]\"|", "y", "loss", "lr", "=", ": ", "y=", "loss: ", "1,500", "1 500", "0.5",
    "1e-3", "nan", "inf", "{", "}", "Namespace(", ")", "'y': ", '"loss": ', "\\", "\x1b[0m", "é", "−", "\u00a0",
    "\u2028", "\0",
])  # fmt: skip
TEXTS = st.lists(FRAGMENTS | st.text(max_size=3), max_size=40).map("".join)


def read(*pieces: bytes, **parameters) -> PrintedMetrics:
    printed = PrintedMetrics(parameters, ["loss"])
    for piece in pieces:
        printed.feed(piece)
    return printed


def numbers_in(text: str) -> set[float]:
    """Return the numbers among the tokens of a text, which end at spaces, quotes, brackets, and between names."""
    numbers = set()
    for token in re.split(r"""[\s=:;|!?<>(){}\[\]&"'\\%，；：。、）】\x1b]|,(?![0-9])""", text, flags=re.ASCII):
        for candidate in (token, token.removesuffix(".")):
            try:
                numbers.add(float(candidate.replace(",", "")))
            except ValueError:
                continue
    return numbers


@settings(max_examples=500)
@given(TEXTS, st.lists(st.integers(0, 200), max_size=4))
def test_any_text_is_read_the_same_in_any_pieces_and_holds_the_numbers_that_are_read(text, cuts):
    data = text.encode(errors="replace")
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    whole = read(data, lr=0.5)
    pieces = read(*(data[start:end] for start, end in pairwise(places)), lr=0.5)
    assert repr(pieces.values()) == repr(whole.values())
    assert pieces.unread() == whole.unread()
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode(errors="replace"))
    known = numbers_in(plain)
    for name, value in whole.values().items():
        assert is_printable(name)
        assert math.isnan(value) or value in known
    assert not whole.values().keys() & whole.unread().keys()


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_error(data):
    assert all(is_printable(name) for name in read(b"y=", data, lr=1).values())


@given(
    NAMES,
    st.floats(allow_nan=False),
    st.sampled_from(["{}", "{:.3e}", "{:.4f}", "{:+.2f}", "{:,.2f}", "{:g}", "{:_.1f}", "{!r}"]),
    st.sampled_from(["{}={}", "{}: {}", "epoch 1 | {} = {} | done", "'{}': {},", "[{}={}]", "{}={}.", "{}={}, x=1"]),
)
def test_a_number_in_any_usual_notation_is_read_as_it_was_printed(name, value, notation, line):
    written = notation.format(value)
    values = read(line.format(name, written).encode(), lr="text").values()
    assert values[name] == float(written.replace(",", ""))


SETTINGS = st.dictionaries(
    st.sampled_from(["y", "loss", "optim", "path"]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
)


@given(SETTINGS, st.integers() | st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([None, 2]))
def test_no_value_is_read_from_a_dump_of_settings(others, lr, indent):
    values = {**others, "lr": lr}
    for dump in (repr(values), json.dumps(values, indent=indent), repr(Namespace(**values))):
        assert read(f"config: {dump}\n".encode(errors="replace"), lr=lr).values() == {}
