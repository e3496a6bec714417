import json
import pprint
from argparse import Namespace
from collections import namedtuple
from dataclasses import make_dataclass

import pytest

from tunesmith.tasks.command.printed_metrics import PrintedMetrics, is_printable

PARAMETERS = {"lr": 0.03, "optim.name": "adam", "layers": 2, "amp": True}


def read(*pieces, parameters=PARAMETERS, options=()):
    printed = PrintedMetrics(parameters, options)
    for piece in pieces:
        printed.feed(piece if isinstance(piece, bytes) else piece.encode())
    return printed


def found(*pieces, **options):
    return read(*pieces, **options).values()


@pytest.mark.parametrize(
    ("line", "metrics"),
    [
        ("val_mse=0.31", {"val_mse": 0.31}),
        ("val_mse: 3.1e-1, acc = 97.5%", {"val_mse": 0.31, "acc": 97.5}),
        ("| loss -0.5 | loss=-.5.", {"loss": -0.5}),
        ("\x1b[32mval/mse=0.31\x1b[0m", {"val/mse": 0.31}),
        ("y=inf", {"y": float("inf")}),
        ("acc=0.9,loss=0.2;f1=0.3|auc=1", {"acc": 0.9, "loss": 0.2, "f1": 0.3, "auc": 1.0}),
        ("at 12:30:45 version=1.2.3 id=12abc see http://host:80/ time: 12:30", {}),
        (b"\xff\xfey=1", {"y": 1.0}),
        ("损失 loss: 0.31，acc: 0.9。", {"loss": 0.31, "acc": 0.9}),
        ("2026-01-02 12:00:00,123 INFO train: val_loss: 0.25 (best: epoch 3)", {"val_loss": 0.25}),
        ("10/10 - 0s 12ms/step - loss: 0.3000 - val_loss: 0.2", {"loss": 0.3, "val_loss": 0.2}),
        ("Epoch 1:  50%|##5  | 5/10 [00:01<00:01,  4.9it/s, loss=0.2, v_num=0]", {"loss": 0.2, "v_num": 0.0}),
        ("[19]\ttrain-rmse:0.10\tvalid-rmse:0.2", {"train-rmse": 0.1, "valid-rmse": 0.2}),
        ("{'eval_loss': 0.0081, 'epoch': 3.0}", {"eval_loss": 0.0081, "epoch": 3.0}),
        ("{'loss': '0.31', \"acc\": 1}", {"loss": 0.31, "acc": 1.0}),
        ("{'loss': 0.4, 'learning_rate': 4.9e-05, 'lr': 0.02}", {"loss": 0.4, "learning_rate": 4.9e-05, "lr": 0.02}),
        ("epoch 3: lr=0.03 loss=0.2", {"loss": 0.2}),
    ],
)
def test_numbers_with_a_name_are_metrics(line, metrics):
    assert found(line) == metrics


@pytest.mark.parametrize(
    ("token", "number"),
    [
        ("1,500.00", 1500.0), ("1,234,567", 1234567.0), ("-1,234,567.5", -1234567.5), ("1_500", 1500.0),
        ("1e3", 1000.0), ("1.5e+03", 1500.0), ("12%", 12.0), ("+.5", 0.5), ("5.", 5.0), ("nan", None),
        ("1e400", float("inf")),
    ],
)  # fmt: skip
def test_a_number_is_read_where_the_whole_token_is_one(token, number):
    for text in (f"y={token}", f"y: {token} ms", f"(y = {token})", f"{{'y': {token}}}", f"y={token}, z=1"):
        value = found(text)["y"]
        assert value == number or (number is None and value != value)


@pytest.mark.parametrize(
    "token",
    [
        "1,500", "1,5", "0,500.25", "1,50,000.0", "1 500", "1 500.00", "1'500", "1.2k", "0x10", "1/3", "45 / 50",
        "9823/10000 (98%)", "3.5.1", "2026-01-02", "12:30", "0.3-0.4", "0.3±0.1", "1\u00a0500", "1\u202f500", "1e",
        "12ms",        "0.31(2)", "0.35 -> 0.31", "0.35 --> 0.31", "0.35->0.31", "0.3,0.4", "[0.3, 0.4]", "tensor(0.3)",
        "np.float64(0.3)", "0.3...", "−0.5", "1__5", "1_50",
    ],
)  # fmt: skip
def test_what_only_begins_like_a_number_is_never_read_in_part(token):
    for text in (f"y: {token}", f"step y={token}"):
        assert "y" not in found(text)
        assert token in read(text).unread()["y"]
        # It is the last value, so an earlier one does not count, and a later one does.
        assert "y" not in found(f"y=1\n{text}\n")
        assert found(f"{text}\ny=1\n")["y"] == 1.0


def test_words_after_a_name_are_not_its_value():
    assert found("y=1\ny: see the plot\ny = None\nhigher y: better\n") == {"y": 1.0}


SETTINGS = {"lr": 0.03, "mse": 0.0, "optim": "adam"}
NESTED = {"model": {"layers": 2, "note": "a } or ) 'in' it"}, "loss": {"mse": 0.0}}


@pytest.mark.parametrize(
    "dump",
    [
        f"Args: {Namespace(**SETTINGS)}",
        f"INFO:root:{Namespace(file='a) b', **SETTINGS)}",
        f"{make_dataclass('Config', SETTINGS)(**SETTINGS)}",
        f"{namedtuple('Config', SETTINGS)(**SETTINGS)}",
        "Config(\n    lr=0.03,\n    model=Model(\n        width=64,\n    ),\n    mse=0.0\n)",
        f"{SETTINGS}",
        json.dumps(SETTINGS),
        json.dumps(SETTINGS, indent=2),
        json.dumps(NESTED, indent=4),
        pprint.pformat(NESTED, width=20),
        f"args = {NESTED!r}",
        "mse_weight(mse=0.0)",
    ],
)
def test_a_dump_of_settings_is_no_metric(dump):
    assert "mse" not in found(dump)
    assert "mse" in read(dump).unread()
    assert found(f"{dump}\nmse=0.25\n")["mse"] == 0.25
    assert found(f"mse=0.25\n{dump}\nbye\n")["mse"] == 0.25


@pytest.mark.parametrize("dump", ["lr: 0.03\nmse: 0.0", "alpha: 1\nmse: 0.0\noptim:\n  name: adam", "mse=0.0 lr=0.03"])
def test_where_a_metric_is_an_option_too_its_first_value_beside_parameters_is_the_options(dump):
    assert "mse" not in found(dump, options=["mse"])
    assert read(dump, options=["mse"]).unread()["mse"]
    assert found(f"{dump}\nmse=0.25\n", options=["mse"])["mse"] == 0.25
    assert found("mse=0.25\n", options=["mse"])["mse"] == 0.25
    assert found(dump)["mse"] == 0.0


def test_a_parameter_that_is_printed_is_no_metric():
    for text in ("lr=0.03", "LR: 3e-2", "'lr': 0.03", "optim.lr: 0.03", "layers = 2, amp: True, amp=true"):
        assert found(text) == {}
    assert found("lr=0.01 layers: 3") == {"lr": 0.01, "layers": 3.0}


def test_brackets_that_are_never_closed_hide_nothing():
    text = "loading (the data, {of all\nfit(\n" + "".join(f"epoch {step}: y={step}\n" for step in range(9))
    assert found(text)["y"] == 8.0
    assert found(text + "x" * 70_000 + "\n" + "don't {\n" * 9000 + "y=9\n")["y"] == 9.0


def test_the_last_value_of_a_name_counts():
    assert found("y=1\ny=2\r y=3\n") == {"y": 3.0}


def test_pieces_may_break_anywhere():
    text = b"first y=1.25\nsecond y=2.5\n"
    assert found(*(text[place : place + 1] for place in range(len(text)))) == {"y": 2.5}


def test_very_long_lines_are_passed_over_and_the_next_ones_not():
    long = b"x" * 50_000
    assert found(b"y=1\n", long, long, b" y=2", b" y=3\ny=4") == {"y": 4.0}
    assert found(b"y=1\n" + long + long + b" y=2\n") == {"y": 1.0}


def test_memory_does_not_grow_with_names():
    printed = read("\n".join(f"name{number}=1\nodd{number}=1/3" for number in range(5000)))
    assert len(printed.values()) == len(printed.unread()) == 1000


@pytest.mark.parametrize("name", ["val_loss", "val/loss", "a.b-c", "F1"])
def test_names_that_can_be_read(name):
    assert is_printable(name)
    assert found(f"{name}=1")[name] == 1.0


@pytest.mark.parametrize("name", ["val loss", "acc@1", "1st", "é", "", "a:b", "a\n", "loss(val)"])
def test_names_that_cannot_be_read(name):
    assert not is_printable(name)
    assert name not in found(f"{name}=1")
