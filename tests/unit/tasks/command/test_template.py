"""The words of one trial: how each parameter is spelled."""

import pytest

from tunesmith.core.parameters import Choice, Float
from tunesmith.core.space import SearchSpace
from tunesmith.errors import InputError
from tunesmith.tasks.command import CommandTask
from tunesmith.tasks.command.template import FORMS, fill, flags

SPACE = SearchSpace({
    "opt": Choice(["adam", "sgd"]),
    "momentum": Float(0.0, 0.9, when={"opt": "sgd"}),
    "amp": Choice([True, False]),
})  # fmt: skip
SPELLINGS = {"momentum": "--momentum={}", "amp": ["--amp", ""]}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("--name value", ["--model.lr", "0.1", "--shift=-2", "-n", "3", "--sizes", "1", "2", "--bias", "yes"]),
        ("--name=value", ["--model.lr=0.1", "--shift=-2", "-n=3", "--sizes=[1, 2]", "--bias", "yes"]),
        ("name=value", ["model.lr=0.1", "shift=-2", "n=3", "sizes=[1, 2]", "--bias", "yes"]),
    ],
)
def test_parameters_are_written_in_one_form_but_for_those_with_words_of_their_own(form, words):
    values = {"model.lr": 0.1, "shift": -2, "n": 3, "sizes": [1, 2], "bias": True}
    assert flags(values, {"bias": ["--bias yes", "--bias no"]}, form) == words


@pytest.mark.parametrize(
    ("spelling", "value", "words"),
    [
        ("+opt.lr={}", -1e-5, ["+opt.lr=-1e-05"]),
        ("-o lr={}", 0.1, ["-o", "lr=0.1"]),
        ("--lr {}", -1e-5, ["--lr", "-0.00001"]),
        ("'two words' {}", "a b", ["two words", "a b"]),
        ("--x={}", [1, 2], ["--x=[1, 2]"]),
    ],
)
def test_words_with_a_place_for_the_value(spelling, value, words):
    assert flags({"x": value}, {"x": spelling}) == words


@pytest.mark.parametrize("shell", [False, True])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"opt": "sgd", "momentum": 0.5, "amp": True}, ["train", "--amp", "--opt", "sgd", "--momentum=0.5"]),
        ({"opt": "adam", "amp": False}, ["train", "--opt", "adam"]),
    ],
)
def test_a_placeholder_that_stands_alone_is_written_as_its_words_or_not_at_all(shell, values, expected):
    words = ["train", "{amp}", "--opt", "{opt}", "{momentum}"]
    filled = fill([" ".join(words)] if shell else words, values, [], SPELLINGS, shell=shell)
    assert " ".join(filled).split() == expected


def test_an_option_that_stands_before_its_placeholder_is_not_repeated():
    spellings = {"bias": ["--bias yes", "--bias no"], "lr": "--lr {}"}
    words = ["--bias", "{bias}", "--lr", "{lr}", "x{lr}"]
    assert fill(words, {"bias": False, "lr": 1}, [], spellings, shell=False) == ["--bias", "false", "--lr", "1", "x1"]


def test_a_conditional_parameter_may_have_a_place_of_its_own(tmp_path):
    (tmp_path / "train.sh").touch()
    task = {"metric": "y", "folder": tmp_path, "flags": SPELLINGS}
    CommandTask(command="sh train.sh {amp} --opt {opt} {momentum} end", **task).check(SPACE)
    for command in ("sh train.sh {amp} {opt} x{momentum}", "sh train.sh {momentum} {amp} {opt} --m={momentum}"):
        with pytest.raises(InputError, match="'momentum' is not active in every trial") as caught:
            CommandTask(command=command, **task).check(SPACE)
        assert 'let {momentum} stand alone and add its words to [task], as flags = { momentum = "--momentum {}" }' in (
            caught.value.message
        )


@pytest.mark.parametrize(
    ("changes", "keys", "message"),
    [
        ({"spelling": "-name value"}, ("spelling",), "one of '--name value', '--name=value', 'name=value'"),
        ({"flags": {"x": "'--x {}"}}, ("flags", "x"), "quotes must match"),
        ({"flags": {"x": "--x"}}, ("flags", "x"), 'as "--x={}"'),
    ],
)
def test_spellings_that_cannot_be_right_are_refused(tmp_path, changes, keys, message):
    with pytest.raises(InputError) as caught:
        CommandTask(command="ls {args}", metric="y", folder=tmp_path, **changes)
    assert (caught.value.keys, message in caught.value.message) == (keys, True)


def test_spellings_survive_in_the_table(tmp_path):
    assert "spelling" not in CommandTask(command="ls", metric="y", folder=tmp_path).to_table()
    task = CommandTask(command="ls {args}", metric="y", folder=tmp_path, flags=SPELLINGS, spelling=FORMS[2])
    table = task.to_table()
    del table["kind"]
    assert CommandTask(**table, metric="y") == task
