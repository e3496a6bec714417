import pytest

from tunesmith.core.metric_words import is_metric
from tunesmith.tasks.command.found_metrics import found_metrics

IMAGENET = """
=> creating model 'resnet18'
Epoch: [0][  0/391]\tTime  1.2 ( 1.2)\tLoss 6.9e+00 (7.0e+00)\tAcc@1   0.00 (  0.00)
Epoch: [0][ 10/391]\tTime  1.2 ( 1.2)\tLoss 6.8e+00 (7.0e+00)\tAcc@1   0.10 (  0.00)
 *   Acc@1 1.20 Acc@5 4.10
Epoch: [1][  0/391]\tTime  1.2 ( 1.2)\tLoss 6.1e+00 (7.0e+00)\tAcc@1   0.20 (  0.00)
 *   Acc@1 2.30 Acc@5 6.20
"""
FORECASTS = """
Args in experiment:
Namespace(learning_rate=0.0001, loss='mse', train_epochs=2, mse=0.0)
\titers: 100, epoch: 1 | loss: 0.4311
\tspeed: 0.0167s/iter; left time: 102.0s
Epoch: 1 cost time: 4.5
Epoch: 1, Steps: 265 | Train Loss: 0.4010 Vali Loss: 0.7120 Test Loss: 0.3870
Validation loss decreased (inf --> 0.712000).  Saving model ...
Epoch: 2, Steps: 265 | Train Loss: 0.3810 Vali Loss: 0.7010 Test Loss: 0.3790
mse:0.379, mae:0.401
"""
LANGUAGE = """
| epoch   1 |   200/ 2983 batches | lr 20.00 | ms/batch  5.2 | loss  7.63 | ppl  2065.10
-----------------------------------------------------------------------------------------
| end of epoch   1 | time: 16.20s | valid loss  5.91 | valid ppl   369.10
-----------------------------------------------------------------------------------------
| end of epoch   2 | time: 16.20s | valid loss  5.31 | valid ppl   202.30
=========================================================================================
| End of training | test loss  5.20 | test ppl   181.27
"""
MNIST = """
Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.300000
Train Epoch: 1 [640/60000 (1%)]\tLoss: 1.900000

Test set: Average loss: 0.0512, Accuracy: 9823/10000 (98%)

Train Epoch: 2 [0/60000 (0%)]\tLoss: 0.100000

Test set: Average loss: 0.0391, Accuracy: 9871/10000 (99%)
"""
KERAS = (
    "Epoch 1/2\n\x1b[1m1/8\x1b[0m \x1b[32m━\x1b[0m\x1b[37m━\x1b[0m \x1b[1m0s\x1b[0m 30ms/step - loss: 4.9\r"
    "\x08\x08\x08\x1b[1m8/8\x1b[0m ━━ \x1b[1m0s\x1b[0m 5ms/step - loss: 4.5 - val_loss: 4.1\n"
    "Epoch 2/2\n1/8 ━ 0s 30ms/step - loss: 3.9\r8/8 ━━ 0s 5ms/step - loss: 3.5 - val_loss: 3.2\n"
)
TQDM = (
    "\rEpoch 0:   0%|          | 0/10 [00:00<?, ?it/s]\rEpoch 0:  50%|#####     | 5/10 [00:01<00:01, 4.9it/s, loss=0.9]"
    "\rEpoch 0: 100%|##########| 10/10 [00:02<00:00, 4.9it/s, loss=0.8]\n"
    "\rEpoch 1:   0%|          | 0/10 [00:00<?, ?it/s, loss=0.8]\rEpoch 1: 100%|####| 10/10 [00:02<00:00, loss=0.7]\n"
)
FASTAI = """epoch     train_loss  valid_loss  accuracy  time
0         0.500000    0.400000    0.900000  00:03
1         0.400000    0.300000    0.920000  00:03
"""
BARS = """
+-------+------------+----------+
| epoch | train loss | val loss |
+-------+------------+----------+
|   1   |    0.50    |   0.40   |
|   2   |    0.40    |   0.35   |
+-------+------------+----------+
"""
LOGURU = """
2026-11-29 04:05:36.123 | INFO     | __main__:train:12 - Epoch 1 val loss: 0.31
2026-11-29 04:05:37.123 | INFO     | __main__:train:12 - Epoch 2 val loss: 0.29
"""
LOGGING = (
    "INFO:__main__:val_loss: 0.1000\nINFO:root:val_acc: 0.9\n2026-01-02 10:00:00,123 - exp - INFO - MAE [eV]: 0.3\n"
)
LIGHTNING = """
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
┃      Validate metric      ┃       DataLoader 0        ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━┩
│         val_loss          │    0.3100000023841858     │
└───────────────────────────┴───────────────────────────┘
"""


@pytest.mark.parametrize(
    ("output", "metrics"),
    [
        (IMAGENET, {"Acc@1": (2.3, 5, "epoch"), "Acc@5": (6.2, 2, "epoch"), "Loss": (6.1, 3, "epoch")}),
        (
            FORECASTS,
            {
                "loss": (0.4311, 1, "epoch"),
                "Train Loss": (0.381, 2, "epoch"),
                "Vali Loss": (0.701, 2, "epoch"),
                "Test Loss": (0.379, 2, "epoch"),
                "mse": (0.379, 1, "epoch"),
                "mae": (0.401, 1, "epoch"),
            },
        ),
        (
            LANGUAGE,
            {
                "loss": (7.63, 1, "epoch"),
                "ppl": (2065.1, 1, "epoch"),
                "valid loss": (5.31, 2, "epoch"),
                "valid ppl": (202.3, 2, "epoch"),
                "test loss": (5.2, 1, "epoch"),
                "test ppl": (181.27, 1, "epoch"),
            },
        ),
        (MNIST, {"Loss": (0.1, 3, "epoch"), "Average loss": (0.0391, 2, "epoch"), "Accuracy": (98.71, 2, "epoch")}),
        (KERAS, {"loss": (3.5, 4, "epoch"), "val_loss": (3.2, 2, "epoch")}),
        (TQDM, {"loss": (0.7, 4, "epoch")}),
        (
            FASTAI,
            {"train_loss": (0.4, 2, "epoch"), "valid_loss": (0.3, 2, "epoch"), "accuracy": (0.92, 2, "epoch")},
        ),
        (BARS, {"train loss": (0.4, 2, "epoch"), "val loss": (0.35, 2, "epoch")}),
        (LOGURU, {"val loss": (0.29, 2, "epoch")}),
        (LOGGING, {"val_loss": (0.1, 1, "count"), "val_acc": (0.9, 1, "count"), "MAE": (0.3, 1, "count")}),
        (LIGHTNING, {"val_loss": (0.3100000023841858, 1, "count")}),
        ("step 0: train loss 4.2, val loss 4.3\nstep 250: train loss 2.1, val loss 2.2", {
            "train loss": (2.1, 2, "step"), "val loss": (2.2, 2, "step"),
        }),
        ("[0]\ttrain-rmse:0.50\tvalid-rmse:0.6\n[1]\ttrain-rmse:0.40\tvalid-rmse:0.5\n", {
            "train-rmse": (0.4, 2, "step"), "valid-rmse": (0.5, 2, "step"),
        }),
        ("[10]\tvalid_0's l2: 0.30\tvalid_0's auc: 0.9\n", {
            "valid_0's l2": (0.3, 1, "step"), "valid_0's auc": (0.9, 1, "step"),
        }),
        ('{"epoch": 1, "val_acc": 0.5}\n{"epoch": 2, "val_acc": 0.6}\n', {"val_acc": (0.6, 2, "epoch")}),
        ("{'eval_loss': tensor(0.5), 'epoch': 0.5}\n{'eval_loss': np.float64(0.4), 'epoch': 1.0}\n", {
            "eval_loss": (0.4, 2, "count"),
        }),
        ("Accuracy: 93.1%\nTest accuracy is 1,093.5\n", {
            "Accuracy": (93.1, 1, "count"), "Test accuracy": (1093.5, 1, "count"),
        }),
        ("30%|###   | 3/10 [00:03<00:07, val_loss=0.5]\r40%|####  | 4/10 [00:04<00:06, val_loss=0.4]\n", {
            "val_loss": (0.4, 2, "progress"),
        }),
        ("{'epoch': 1, 'lr': 0.001, 'val_loss': 0.5}\n{'epoch': 2, 'lr': 0.001, 'val_loss': 0.4}\n", {
            "val_loss": (0.4, 2, "epoch"),
        }),
        ("End of training \t Held-out MMD: 0.18 \t P@5: 0.3\n", {
            "Held-out MMD": (0.18, 1, "count"), "P@5": (0.3, 1, "count"),
        }),
        ("train  MAE: 1.5  MAPE: 3%\nvalid  MAE: 2.5\n test  MAE: 3.5\nafter  MAE: 9\n", {
            "train MAE": (1.5, 1, "count"), "MAPE": (3.0, 1, "count"), "valid MAE": (2.5, 1, "count"),
            "test MAE": (3.5, 1, "count"), "MAE": (9.0, 1, "count"),
        }),
        ("Val Loss (%): 12.5\nval loss improved from inf to 0.3\n", {"Val Loss": (12.5, 1, "count")}),
        ("ROC-AUC ............. 0.77\naverage precision ... 0.48\nMAPE % ........  11.15\nfold...3\n", {
            "ROC-AUC": (0.77, 1, "count"), "average precision": (0.48, 1, "count"), "MAPE": (11.15, 1, "count"),
        }),
        ("Valid MRR at step 400: 0.9\nTest MRR at step 400: 0.8\n", {
            "Valid MRR": (0.9, 1, "step"), "Test MRR": (0.8, 1, "step"),
        }),
        ("ACCURACY ODD ONE OUT: 48.75 %  (78 / 160)\n", {"ACCURACY ODD ONE OUT": (48.75, 1, "progress")}),
        ("Eval:   0%|          | 0/600 [00:00<?, ?it/s]\rEval acc:  50%|###       | 300/600 [00:00<?, ?it/s]\n", {}),
        ("#  step   rmse_val   rmse_trn     lr\n   0   2.0e+00   2.2e+00   1e-02\n  50   1.9e+00   2e+00   1e-3\n", {
            "rmse_val": (1.9, 2, "step"), "rmse_trn": (2.0, 2, "step"),
        }),
        ("fold 1   C(train)=0.8  C=0.6\nHarrell's C = 0.66 +/- 0.02\n", {"Harrell's C": (0.66, 1, "count")}),
        ("Class  Images  P  R  mAP@.5 mAP@.5:.95\nmAP_0.5:0.95 is better\n", {}),
        ("Accuracy on evaluation data: 95 / 100\nloss: 3 / 10\n", {"Accuracy on evaluation data": (95, 1, "count")}),
        ("[TEST] Iter: 250 PSNR: 12.1\n[TRAIN] Iter: 250 PSNR: 12.3\n", {
            "PSNR": (12.3, 2, "step"), "TEST PSNR": (12.1, 1, "count"), "TRAIN PSNR": (12.3, 1, "step"),
        }),
        # Of different data under one name: each, and the last.
        ("Epoch 1\nTrain: loss 0.5 acc 0.6\nBest validation so far: loss 0.4 acc 0.7\nTest: loss 0.3\n", {
            "loss": (0.3, 3, "count"), "acc": (0.7, 2, "epoch"), "Train loss": (0.5, 1, "count"),
            "validation loss": (0.4, 1, "epoch"), "Train acc": (0.6, 1, "count"),
            "validation acc": (0.7, 1, "epoch"), "Test loss": (0.3, 1, "epoch"),
        }),
        ('{"split": "train", "mae": 3.0, "rows": 9}\n{"split": "valid", "mae": 4.0}\n{"phase": "idle", "mae": 5}\n', {
            "train mae": (3.0, 1, "count"), "valid mae": (4.0, 1, "count"), "mae": (5.0, 1, "count"),
        }),
    ],
)  # fmt: skip
def test_the_metrics_of_all_sorts_of_scripts(output, metrics):
    found = {metric.name: (metric.value, metric.count, metric.counted_by) for metric in found_metrics(output)}
    assert {name: facts for name, facts in found.items() if is_metric(name)} == metrics


def test_each_metric_has_the_line_of_its_last_value():
    lines = {metric.name: metric.line for metric in found_metrics(LANGUAGE.encode())}
    assert lines["valid loss"] == "| end of epoch   2 | time: 16.20s | valid loss  5.31 | valid ppl   202.30"


def test_settings_and_counters_are_no_metrics():
    output = "Args(lr=0.1, loss=3)\nloss weight: 0.5\nEpoch: 1 lr: 0.1 val_loss: 0.3\n"
    assert [metric.name for metric in found_metrics(output, {"lr": 0.1})] == ["weight", "val_loss"]


def test_a_value_of_an_epoch_is_no_setting_because_the_learning_rate_stands_beside_it():
    lines = "{'epochs': 8, 'lr': 0.1, 'val_ratio': 0.25}\n{'epoch': 1, 'lr': 0.1, 'val_loss': 0.3}\n"
    assert [metric.name for metric in found_metrics(lines, {"lr": 0.1, "epochs": 8})] == ["val_loss"]


def test_test_data_at_the_best_validation_is_not_validation_data():
    lines = "Epoch 1, Val: 0.7\nBest Val: 0.8, Test @ best Val: 0.6\n"
    found = {metric.name: metric.value for metric in found_metrics(lines)}
    assert found == {"Val": 0.7, "Best Val": 0.8, "Test @ best Val": 0.6}


def test_the_heading_of_the_last_value_is_told():
    output = "--- fold 1 ---\nScore: 0.5\n======== CV ========\n\nScore: 0.6\nValidation:\n  acc: 0.7\n  f1: 0.8\n"
    assert {metric.name: metric.heading for metric in found_metrics(output)} == {
        "Score": "CV",
        "acc": "Validation",
        "f1": "",
    }
