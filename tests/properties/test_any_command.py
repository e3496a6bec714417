"""Whatever passes the checks of a command reaches the script unchanged."""

import argparse
import math
import shlex
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import TrialRequest
from tunesmith.errors import InputError
from tunesmith.tasks.command import CommandTask
from tunesmith.tasks.command.template import RESERVED, fill, placeholders, split_command

PIECES = st.sampled_from([*"{}'\"\\ $`-;", "{x}", "{args}", "{{", "}}"])
TEXTS = st.lists(PIECES | st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=4)).map(
    "".join
)
ODD_TEXTS = TEXTS | st.text(st.sampled_from("aé\n\0\ud800"))


@given(ODD_TEXTS | st.lists(ODD_TEXTS), st.booleans(), ODD_TEXTS)
def test_any_template_is_filled_without_splitting_a_value_or_refused(command, shell, value):
    try:
        words = split_command(command, shell=shell)
        names = set(placeholders(words)) - {"args"}
        filled = fill(words, dict.fromkeys(names, value), ["--y", value], shell=shell)
    except InputError:
        return
    if shell and words == ["{x}"]:
        assert shlex.split(filled[0]) == [value]
    if not shell:
        assert len(filled) == len(words) + words.count("{args}")
        assert filled.count(value) >= words.count("{x}")


_KINDS = {int: int, float: float}
NAMES = st.sampled_from(["lr", "n", "weight-decay", "depth", *RESERVED])
# In the user's own words, and behind a short option, argparse takes a text such as -x for an option.
OPTIONS = st.booleans() | st.integers(-9, 9) | st.floats(-1, 1) | TEXTS.filter(lambda text: not text.startswith("-"))
PARAMETERS = st.one_of(
    st.tuples(st.floats(-1e9, 0, exclude_max=True), st.floats(0, 1e9, exclude_min=True)).map(lambda ends: Float(*ends)),
    st.tuples(st.integers(-99, -1), st.integers(0, 99)).map(lambda ends: Int(*ends)),
    st.lists(OPTIONS, min_size=2, max_size=4, unique_by=repr).map(Choice),
)


@settings(max_examples=300)
@given(st.dictionaries(NAMES, PARAMETERS, min_size=1), st.booleans(), st.data())
def test_what_passes_the_check_is_what_argparse_gets(space, joined, data):
    used = data.draw(st.sets(st.sampled_from(sorted(space)) | NAMES, max_size=2))
    words = [sys.executable]
    for name in sorted(used):
        words += [f"--{name}={{{name}}}"] if joined else [f"--{name}", f"{{{name}}}"]
    folder = Path("/")
    # A placeholder that stands alone becomes the words of `flags`, if it is named there.
    spellings = {name: [f"--{name}=true", f"--{name}=false"] for name in space if name not in used}
    try:
        task = CommandTask(command=[*words, "{args}"], metric="y", folder=folder, flags=spellings)
        task.check(SearchSpace(space))
    except InputError:
        return
    values = {
        name: data.draw(
            st.sampled_from(parameter.options)
            if isinstance(parameter, Choice)
            else st.integers(parameter.low, parameter.high)
            if isinstance(parameter, Int)
            else st.floats(parameter.low, parameter.high) | st.just(max(parameter.low, -1e-5))
        )
        for name, parameter in space.items()
    }
    request = TrialRequest(number=0, attempt=1, parameters=values, seed=3, folder=folder)
    command = shlex.split(task.reproduce(request))
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name, value in values.items():
        options = [f"--{name}", *([f"-{name}"] if len(name) == 1 else [])]
        parser.add_argument(*options, dest=name, type=_KINDS.get(type(value), str))
    got = vars(parser.parse_known_args(command[command.index(sys.executable) + 1 :])[0])
    for name, value in values.items():
        assert got[name] == (str(value).lower() if isinstance(value, bool) else value)
        assert not isinstance(value, float) or math.copysign(1, got[name]) == math.copysign(1, value)
