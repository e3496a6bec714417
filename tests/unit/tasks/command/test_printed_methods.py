import pytest

from tunesmith.tasks.command.found_metrics import found_metrics
from tunesmith.tasks.command.printed_metrics import PrintedMetrics

RESULTS = "            MAE   RMSE\nfirst one   1.5   2.5\nnaive       3.5   4.5\nlast one    5.5   6.5\nnaïve 7 8\n"

NDCG = """
     NDCG
┏━━━━━━━┳━━━━━┳━━━━━┓
┃ split ┃  @3 ┃ @10 ┃
┡━━━━━━━╇━━━━━╇━━━━━┩
│ train │ 0.9 │ 0.8 │
│ valid │ 0.7 │ 0.6 │
└───────┴─────┴─────┘
"""


def values(output, *chosen, **parameters):
    return {metric.name: metric.value for metric in found_metrics(output, parameters, chosen)}


@pytest.mark.parametrize(
    ("output", "metrics"),
    [
        (RESULTS, {"MAE": 5.5, "RMSE": 6.5}),
        ("model  MAE  MAPE\n-----  ---  ----\nridge  1.5  12.5 %\n", {"MAE": 1.5, "MAPE": 12.5}),
        ("| model | MAE |\n|---|---|\n| ridge | 1.5 |\n| dummy | 9.5 |\n", {"MAE": 1.5}),
        ("model,MAE,seconds\nnaive,3,4\nridge,2,3\n", {"MAE": 2.0, "seconds": 3.0}),
        ("   model   MAE\n0  naive  9.50\n1  ridge  1.50\n", {"MAE": 1.5}),  # A data frame, with its index.
        ("       auc  f1\nfold 1 0.5 0.25\nfold 2 0.7 0.35\nmean 0.6 0.3\nstd 0.1 0.05\n", {"auc": 0.6, "f1": 0.3}),
        ("       MAE  RMSE\ntrain  1.5  2.5\nvalid  3.5  4.5\n", {
            "train MAE": 1.5, "train RMSE": 2.5, "valid MAE": 3.5, "valid RMSE": 4.5,
        }),
        ("summary\n             AUC   TSS\nfit          0.99  0.9\nspatial CV   0.7   0.4\n  sd         0.04  0.06\n", {
            "fit AUC": 0.99, "fit TSS": 0.9, "spatial CV AUC": 0.7, "spatial CV TSS": 0.4,
        }),
        ("       R2  RMSE\nCross-validation  0.5  2.5\ncalibration  0.75  1.5\n", {
            "Cross-validation R2": 0.5, "Cross-validation RMSE": 2.5, "calibration R2": 0.75, "calibration RMSE": 1.5,
        }),
        ("model  MAE  RMSE\nRidgeCV  2.5  3.5\nLassoCV  1.5  2.5\n", {"MAE": 1.5, "RMSE": 2.5}),  # Methods.
        ("       auc  f1\nCV fold 1 0.5 0.25\nCV fold 2 0.7 0.35\nCV std 0.1 0.2\n", {"auc": 0.7, "f1": 0.35}),
        (NDCG, {"train NDCG@3": 0.9, "train NDCG@10": 0.8, "valid NDCG@3": 0.7, "valid NDCG@10": 0.6}),
        ("# kernel gamma MAE\nrbf 0.5 1.5\n", {"gamma": 0.5, "MAE": 1.5}),
        ("#kernel\tMAE\nstarting\nrbf\t2.5\nmore\nlinear\t1.5\n", {"MAE": 1.5}),
        ("# width  MAE\n8  2.5\n16  1.5\n", {"width": 16.0, "MAE": 1.5}),
        ("#epoch\tval_loss\n1\t2.5\n2\t1.5\n", {"val_loss": 1.5}),
        ("# epoch val_loss\n1 2.5\n2 1.5\n", {"val_loss": 1.5}),
    ],
)  # fmt: skip
def test_a_row_with_a_label_is_that_of_the_model(output, metrics):
    assert values(output) == metrics


@pytest.mark.parametrize(
    "output",
    [
        "Warming up  the loss\nshop  4\n",  # No row has numbers for its metrics, or it comes too late.
        "model  MAE\nreading shops\nridge  1.5\n",
        "model  MAE\nridge  fast\n",
        "model  MAE\nnaive  1.5\n",
        "    precision  recall  f1-score  support\ncat  0.5  0.75  0.6  20\nmacro avg  0.5  0.75  0.6  20\n",
        "name  price\nbread  1.5\n",
        "loss  is going down\nridge  1.5\n",
    ],
)
def test_what_only_looks_like_such_a_table_is_none(output):
    assert values(output) == {}


def test_a_row_with_a_name_that_the_trial_chooses_comes_before_others():
    assert values(RESULTS, "train.py", "--model=First-One") == {"MAE": 1.5, "RMSE": 2.5}
    assert values(RESULTS, model="first_one") == {"MAE": 1.5, "RMSE": 2.5}
    assert values(RESULTS, "train.py --baseline naive") == {"MAE": 5.5, "RMSE": 6.5}


def test_a_table_tells_one_value_with_the_heading_above_it():
    found = {metric.name: metric for metric in found_metrics(f"Validation:\n{RESULTS}done\nValidation:\n{RESULTS}")}
    assert (found["MAE"].count, found["MAE"].heading) == (2, "Validation")
    assert found["MAE"].line == "last one    5.5   6.5"


def test_a_table_that_is_printed_again_is_a_report_of_its_own_epoch():
    printed = PrintedMetrics(wanted=["MAE"])
    printed.feed("".join(f"Epoch {epoch}\n{RESULTS}" for epoch in (1, 2, 3)).encode())
    assert [report.step for report in (*printed.reports(), *printed.last_reports())] == [1, 2, 3]


@pytest.mark.parametrize(
    ("output", "metrics"),
    [
        ("  iter      pde    rel. L2\n   10  5.0e-02  2.5e-01\n   20  4.0e-02  1.5e-01\n", {
            "pde": 0.04, "rel. L2": 0.15,
        }),
        ("epoch train_loss    val_loss\n    1     0.5000      0.2500\n", {"train_loss": 0.5, "val_loss": 0.25}),
        ("   epoch  train_loss  val_loss\n0      1  0.5  0.4\n1      2  0.4  0.3\n", {
            "train_loss": 0.4, "val_loss": 0.3,
        }),
        ("epoch  train  val\n1  0.5  0.4\n", {"train": 0.5, "val": 0.4}),
        ("| epoch | loss (val) | time (s) | # params |\n| 1 | 0.5 | 3.5 | 50 |\n", {"val loss": 0.5, "time": 3.5}),
        ("| model | RMSE [K] ↓ | R2 ↑ |\n|---|---|---|\n| ridge | 1.5 | 0.5 |\n", {"RMSE": 1.5, "R2": 0.5}),
        ("train_loss  val_loss\n0.5  0.4\n0.4  0.3\n", {"train_loss": 0.4, "val_loss": 0.3}),
        ("┃ class ┃ iou ┃\n│ overall │ 0.75 │\n│ car │ 0.25 │\n", {"iou": 0.75}),
        ("┃ set ┃ score ┃ value ┃ mae ┃\n┡━━━╇━━━┩\n│ a │ R2 │ 0.5 │ 2.5 │\n│ mean │ │ 0.75 │ │\n", {
            "mean value": 0.75,
        }),
        ("[10:30:59 x]: copy: AP,AP50\n[10:31:00 x]: copy: 40.5,60.25\n", {"AP": 40.5, "AP50": 60.25}),
    ],
)  # fmt: skip
def test_tables_are_read_by_their_structure(output, metrics):
    assert values(output) == metrics


@pytest.mark.parametrize(
    "output",
    [
        "   name  score\n0  bob  0.5\n1  ann  0.75\n",
        "   id  score  label\n0  1  0.5  1\n1  2  0.25  0\n",
        "   step  x  y\n0  1  0.5  0.25\n1  2  0.75  0.5\n",
        "date,open,close\n2020-01-01,1.5,1.25\n",
        "       score  error\ncount  9.0  9.0\nmean  0.5  0.25\nstd  0.1  0.2\n25%  0.1 0.2\nmax 1.0 1.0\n",
        "Predicted  cat  dog  All\nActual\ncat  50  2  52\ndog  3  45  48\nAll  53  47  100\n",
        "[[50  2]\n [ 3 45]]\n",
        "Layer (type:depth-idx)   Output Shape   Param #\nNet   [1, 10]   --\n├─Linear: 1-1   [1, 64]   640\n",
        "┃ Layer (type) ┃ Output ┃ Param # ┃\n│ dense (Dense) │ (None, 64) │ 640 │\n│ loss (Loss) │ (1, 1) │ 65 │\n",
        "  | Name | Type | Params\n----\n0 | net | Linear | 65\n1 | val_acc | MulticlassAccuracy | 0\n",
        "usage: train.py [-h]\n  --loss LOSS   loss  accuracy\n  --epochs N    epochs  of the loss\n",
        "10:00:00 INFO loader: files: a,b,c\n10:00:01 INFO loader: files: 1,2,3\n",
        "10:00:00 INFO: x: loss,acc\nanother line\n10:00:01 INFO: x: 1,2\n",
        "epoch  time  memory\n1  3.5  200.5\n",
        "model  layers  width\nnet  3  64\naverage  3  64\n",
        "The epoch  and the loss\n1  2\n",
    ],
)
def test_other_tables_have_no_metrics(output):
    assert values(output) == {}
