import json
import pprint
from argparse import Namespace
from collections import namedtuple
from dataclasses import make_dataclass

import pytest

from tunesmith.errors import InputError
from tunesmith.tasks.command.printed_metrics import PrintedMetrics
from tunesmith.tasks.command.printed_names import is_printable
from tunesmith.tasks.command.printed_pattern import MetricPattern

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
        ("C-index (cross-val)  : 0.68 (sd 0.01)", {"cross-val C-index": 0.68}),
        ("log-lik. (cv): -4, accuracy (fold 2): 0.9", {"cv log-lik.": -4.0}),
        ("mean accuracy (labelled month): 0.9, count (of rows): 3", {"mean accuracy": 0.9}),
        ("relative L2 error: 0.5\nmax abs error: 0.75", {"relative L2 error": 0.5, "max abs error": 0.75}),
        ("held-out: nll = 2.5 Brier(12.0) = 0.25, AUC(5): 0.75, f(3) = 4.5", {"nll": 2.5, "Brier": 0.25, "AUC": 0.75}),
        ("OOF AUC: 0.75, out-of-fold AUC: 0.8", {"OOF AUC": 0.75, "out-of-fold AUC": 0.8}),
        ("dev spearman 0.8390 (200 pairs)", {"dev spearman": 0.839}),
        ("NLL [train] = 1.5 nats\nNLL [valid] = 2.5 nats (9 bits)", {"train NLL": 1.5, "valid NLL": 2.5}),
        ("NLL (valid): 2.5, accuracy<dev> 0.75, MAE [eV]: 3", {"valid NLL": 2.5, "dev accuracy": 0.75, "MAE": 3.0}),
        ("best valid mse so far 0.5, f1 is now: 0.25, acc was 0.75", {"best valid mse": 0.5, "f1": 0.25, "acc": 0.75}),
        ("ep 5 | tr 0.25 | va 0.5   *** new best", {"tr": 0.25, "va": 0.5}),
        ("train 800 val 200 rows", {}),
        ("naive mae 0.5\nmae 0.25\nnaive mae 0.75", {"mae": 0.25}),
        ("ALL 3.5% 2.5%\nshop  naive  ets\nnorth 1% 2%\nTotal 3% 4%\nsouth 5% 6%", {"naive": 3.0, "ets": 4.0}),
    ],
)
def test_numbers_with_a_name_are_metrics(line, metrics):
    assert found(line) == metrics


@pytest.mark.parametrize(
    "table",
    [
        "metric    train   valid    test\nroc_auc   0.9   0.7   0.6\nlog_loss   0.3   0.4   0.5\n",
        "           train  valid   test\nroc_auc  0.9  0.7  0.6\n-------\nlog_loss  0.3  0.4  0.5\n",
        "|metric|train|valid|test|\n|---|---|---|---|\n|roc_auc|0.9|0.7|0.6|\n|log_loss|0.3|0.4|0.5|\n",
    ],
)
def test_a_table_with_a_column_for_each_part_of_the_data(table):
    assert found("gbm: 10 train / 5 valid rows\n" + table + "saved to x\n", parameters={}) == {
        "train roc_auc": 0.9,
        "valid roc_auc": 0.7,
        "test roc_auc": 0.6,
        "train log_loss": 0.3,
        "valid log_loss": 0.4,
        "test log_loss": 0.5,
        "gbm": 10.0,
    }


@pytest.mark.parametrize(
    ("token", "number"),
    [
        ("1,500.00", 1500.0), ("1,234,567", 1234567.0), ("-1,234,567.5", -1234567.5), ("1_500", 1500.0),
        ("1e3", 1000.0), ("1.5e+03", 1500.0), ("12%", 12.0), ("+.5", 0.5), ("5.", 5.0), ("nan", None),
        ("1e400", float("inf")), ("tensor(0.31)", 0.31), ("tensor(0.31, device='cuda:0', grad_fn=<A>)", 0.31),
        ("np.float64(0.31)", 0.31), ("[22.]", 22.0), ("array([0.3])", 0.3), ("tensor([[1e-3]], dtype=torch.f)", 1e-3),
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
        "12ms", "0.31(2)", "0.35 -> 0.31", "0.35 --> 0.31", "0.35->0.31", "0.3,0.4", "[0.3, 0.4]",
        "tensor([0.3, 0.4])", "np.float64(0.3", "tensor(0.3k)", "[[0.3]", "0.3...", "−0.5", "1__5", "1_50",
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


@pytest.mark.parametrize("name", ["val_loss", "val/loss", "a.b-c", "F1", "acc@1", "Vali Loss", "mean squared error"])
def test_names_that_can_be_read(name):
    assert is_printable(name)
    assert found(f"{name}=1")[name] == 1.0


@pytest.mark.parametrize("name", ["1st", "é", "", "a:b", "a\n", "loss(val)", "a  b", " a"])
def test_names_that_cannot_be_read(name):
    assert not is_printable(name)
    assert name not in found(f"{name}=1")


# -- names that the study needs ----------------------------------------------------------------------------------------


def wanted(text, *names, **options):
    printed = PrintedMetrics(PARAMETERS, wanted=names, **options)
    printed.feed(text.encode())
    return printed


@pytest.mark.parametrize("name", ["val_loss", "val loss", "Val Loss", "val/loss", "valLoss", "VAL-LOSS"])
@pytest.mark.parametrize(
    "line", ["Val Loss: 0.5", "val_loss=0.5", "val loss 0.5", "{'val/loss': 0.5}", "| val_loss | 0.5 |"]
)
def test_a_name_is_known_by_its_words(name, line):
    assert wanted(f"{line}\n", name).values() == {name: 0.5}


def test_metrics_of_several_words_are_apart():
    line = "Epoch: 1 | Train Loss: 0.5 Vali Loss: 0.4 Test Loss: 0.3\n"
    assert wanted(line, "vali loss").values()["vali loss"] == 0.4
    assert wanted(line, "test_loss").values()["test_loss"] == 0.3
    assert "loss" not in wanted(line, "loss").values()
    assert wanted(line, "loss").rivals("loss") == ["Train Loss", "Vali Loss", "Test Loss"]
    assert wanted("Test Accuracy: 0.9\n", "accuracy").values() == {"accuracy": 0.9}


def test_the_best_notation_of_a_name_counts():
    assert wanted("loss=0.5\nLoss: 9\nloss 8 of many\n", "loss").values() == {"loss": 0.5}
    assert wanted("Computing loss 1 of 5\nloss: 0.5\nloss 8\n", "loss").values() == {"loss": 0.5}
    assert wanted("best val_loss: 0.1\nfinal val_loss: 0.2\n", "val_loss").values()["val_loss"] == 0.2


def test_a_parameter_of_several_words_is_no_metric():
    printed = PrintedMetrics({"val_loss_weight": 0.5, "batch_size": 32}, wanted=["size"])
    printed.feed(b"Val Loss Weight: 0.5\nbatch size: 32\n")
    assert printed.values() == {}


def test_lines_of_interest_are_read_after_very_many_others():
    printed = wanted("x=1\n" * 60_000 + "Epoch 7\ny=1\nVal Loss: 0.5\n", "val_loss")
    assert printed.values() == {"x": 1.0, "val_loss": 0.5}
    assert [(report.step, report.metrics["val_loss"]) for report in printed.reports()] == [(7, 0.5)]


# -- reports -----------------------------------------------------------------------------------------------------------


def steps(text, *names, **options):
    printed = wanted(text, *(names or ("val_loss",)), **options)
    reports = [*printed.reports(), *printed.last_reports()]
    return [(report.step, report.metrics[(names or ("val_loss",))[0]]) for report in reports]


@pytest.mark.parametrize(
    ("text", "reports"),
    [
        ("Epoch 1: val_loss=0.5\nEpoch 2: val_loss=0.4\nval_loss=0.4\n", [(1, 0.5), (2, 0.4)]),
        ("Epoch 1/2\nval_loss=0.5\nEpoch 2/2\nval_loss=0.4\n", [(1, 0.5), (2, 0.4)]),
        ("val_loss=0.5\nval_loss=0.4\nval_loss: 0.3", [(1, 0.5), (2, 0.4), (3, 0.3)]),
        ("step 0 val_loss 5.0\nstep 250 val_loss 4.0\n", [(0, 5.0), (250, 4.0)]),
        ("epoch 0 step 100 val_loss 5.0\nepoch 0 step 200 val_loss 4.0\nepoch 0 step 300 val_loss 3\n",
         [(0, 5.0), (200, 4.0), (300, 3.0)]),
        ("Epoch 1 [1/2] val_loss=9\rEpoch 1 [2/2] val_loss=8\rEpoch 2 [1/2] val_loss=7\rEpoch 2 [2/2] val_loss=6\n",
         [(1, 8.0), (2, 6.0)]),
        ("fold 0\nEpoch 0 val_loss=5\nEpoch 1 val_loss=4\nfold 1\nEpoch 0 val_loss=3\nEpoch 1 val_loss=2\n",
         [(0, 5.0), (1, 4.0), (2, 3.0), (3, 2.0)]),
        ("Resuming at epoch 3\nval_loss=5\nval_loss=4\nval_loss=3\nval_loss=2\n", [(3, 5.0), (4, 3.0), (5, 2.0)]),
        ("Epoch 1: val_loss=nan\nEpoch 2: val_loss=0.5\n", [(1, "nan"), (2, 0.5)]),
        ("train loss: 5\nloss: 4\n", []),
    ],
)  # fmt: skip
def test_printed_values_are_reports_with_a_step(text, reports):
    assert [(step, value if value == value else "nan") for step, value in steps(text)] == reports


def test_a_report_has_the_other_metrics_of_its_line_but_no_counter():
    printed = wanted("epoch: 3 train_loss: 0.9 val_loss: 0.5 lr: 0.03\n", "val_loss")
    assert [dict(report.metrics) for report in printed.reports()] == [{"train_loss": 0.9, "val_loss": 0.5}]


def test_a_name_that_may_mean_several_metrics_is_reported_once_it_is_the_only_one():
    one = "".join(f"Epoch {epoch}: Test accuracy: 0.{epoch}\n" for epoch in range(1, 4))
    assert steps(one, "accuracy") == [(2, 0.2), (3, 0.3)]
    assert steps(one.replace("Test", "Train") + one, "accuracy")[3:] == []


def test_reports_are_the_same_in_any_pieces():
    text = b"Epoch 1/2\r\n 1/2 val_loss=9\r 2/2 val_loss=5\r\nEpoch 2/2\r\n 1/2 val_loss=8\r 2/2 val_loss=4\r\n"
    for size in (1, 2, 3, 7, 1000):
        printed = PrintedMetrics(wanted=["val_loss"])
        for start in range(0, len(text), size):
            printed.feed(text[start : start + size])
        assert [report.step for report in [*printed.reports(), *printed.last_reports()]] == [1, 2]


def test_a_pattern_of_the_users_own():
    text = "fold 1: MAE of 0.5 eV, val_loss=9\nfold 2: MAE of 0.4 eV\nfold 3: MAE of n/a\n"
    printed = wanted(text, "mae", pattern=MetricPattern(r"fold (?P<step>\d+): MAE of (\S+)", ["mae"]))
    assert [(report.step, report.metrics["mae"]) for report in printed.reports()] == [(1, 0.5), (2, 0.4)]
    assert printed.values() == {"val_loss": 9.0}
    assert printed.unread()["mae"] == "n/a"
    printed = wanted("A 1 B 2\nb=3\n", "a", "b", pattern=MetricPattern(r"A (?P<a>\d) B (?P<b>\d)", ["a", "b"]))
    assert printed.values() == {"a": 1.0, "b": 2.0}


@pytest.mark.parametrize("pattern", ["(", "no group", r"(?P<step>\d+)"])
def test_a_pattern_must_be_an_expression_with_a_group(pattern):
    with pytest.raises(InputError, match="metric_pattern must"):
        MetricPattern(pattern, ["mae"])


def test_a_percentage_after_its_count_is_read_with_all_digits_and_the_count_is_no_position():
    printed = PrintedMetrics({}, wanted=["Accuracy"])
    for epoch in (1, 2):
        printed.feed(f"Train Epoch: {epoch} [60000/60000 (100%)]\tLoss: 1.3\n".encode())
        printed.feed(f"Test set: Average loss: 0.05, Accuracy: 982{epoch}/10000 (98%)\n".encode())
    assert printed.values()["Accuracy"] == 98.22
    assert [(report.step, report.metrics["Accuracy"]) for report in printed.last_reports()] == [(1, 98.21), (2, 98.22)]


def test_a_metric_of_one_part_of_the_data_is_reported_where_others_have_its_name():
    printed = PrintedMetrics(wanted=["Val acc"])
    for epoch in (1, 2):
        printed.feed(f"Epoch {epoch}\nTrain: acc 0.{epoch + 5}\nVal: acc 0.{epoch}\nTest: acc 0.9\n".encode())
    assert [(report.step, report.metrics["Val acc"]) for report in printed.last_reports()] == [(1, 0.1), (2, 0.2)]
    assert printed.values()["Val acc"] == 0.2


@pytest.mark.parametrize(
    ("line", "metrics"),
    [
        ("train=[4.3=4.1 + 0.2], recall=[0.25, 0.5], ndcg=[0.75\t0.125]", {"recall": 0.25, "ndcg": 0.75}),
        ("Recall@k: [.5 .25 .125]", {"Recall@k": 0.5}),
        ("precision=[1, 2] betas=[0.9, 0.999] hit=[0.5", {}),
    ],
)
def test_a_list_of_ranked_results_counts_by_its_first_number(line: str, metrics: dict[str, float]) -> None:
    printed = PrintedMetrics()
    printed.feed(f"{line}\n".encode())
    assert printed.values() == metrics
