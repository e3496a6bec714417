"""What a script shows, the objective that is drafted from it, and what a trial of the study reads."""

import json
import sys
import tomllib

import pytest

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Float
from tunesmith.core.trial import TrialRequest
from tunesmith.init import Draft, to_toml
from tunesmith.init.observed import with_tryout
from tunesmith.init.suitability import ranked
from tunesmith.init.trying import try_script
from tunesmith.tasks.command import CommandTask

KERNELS = (
    "#kernel\tgamma\tntrain\tMAE_train\tMAE_val\tMAE_test\tsec\n"
    "rbf\t0.5\t100\t0.1000\t2.5000\t2.7500\t1.25\n"
    "linear\t0.5\t100\t0.2000\t3.5000\t3.7500\t1.50\n"
)
METHODS = """Last week of each shop:
                 RMSE     MAPE
seasonal naive   9.50  12.25 %
ridge            4.25   6.50 %
"""
EVENTS = (
    '{"event": "train", "iter": 10, "loss": 0.75}\n'
    '{"event": "eval", "iter": 10, "loss": 0.01, "valid/recall@1": 0.5, "valid/mAP": 0.25}\n'
)
CATBOOST = (
    "Learning rate set to 0.1\n"
    "0:\tlearn: 0.6613099\ttest: 0.6604512\tbest: 0.6604512 (0)\ttotal: 260us\tremaining: 7.55ms\n"
    "19:\tlearn: 0.4251826\ttest: 0.4603390\tbest: 0.4603390 (19)\ttotal: 14ms\tremaining: 0us\n"
    "\nbestTest = 0.4603390196\nbestIteration = 19\n"
)
CATBOOST_SCORE = (
    "0:\ttest: 0.8321834\tbest: 0.8321834 (0)\ttotal: 46.8ms\tremaining: 1.36s\n"
    "9:\ttest: 0.8745942\tbest: 0.8756088 (7)\ttotal: 48.8ms\tremaining: 0us\n"
    "\nbestTest = 0.8756088012\nbestIteration = 7\n"
)
BITS = (
    "step 10: nll 2.75\nNLL [train] = 2.25 nats  (1.50 bits/dim)\n"
    "NLL [valid] = 2.50 nats  (1.75 bits/dim)\nNLL [test] = 2.75 nats\n"
)
ADDING = (
    "baseline (predict 1.0) mse 0.25\nep 1 | tr 0.125 | va 0.75   *** new best\nep 2 | tr 0.115 | va 0.5\n"
    "adding: best valid mse so far 0.5\n"
)
STEPS = "[step   10] train/loss: 0.4 eval/time: 3.5 eval/energy_distance: 0.25\n"
POLYMERS = (
    "validation (50 rows)\n┏━━━━━━┳━━━━━━━┓\n┃ task ┃ score ┃ value ┃ rmse ┃\n┡━━━━━━╇━━━━━━━┩\n"
    "│ heat │ R2    │ 0.50  │ 2.50 │\n│ mass │ R2    │ 0.75  │ 3.50 │\n│ mean │       │ 0.625 │      │\n"
)
RESIDUALS = "   iter        pde         bc    rel. L2\n     10   1.00e-02   5.00e-03   2.50e-01\n"
SPACY = """
E    #       LOSS TAG  TAGS_F  SCORE
---  ------  --------  ------  ------
  0       0     12.50   25.00    0.25
  8      60      2.50   75.00    0.75
"""
LISTS = "[11/29 10:00:00 x]: copypaste: Acc@1,NLL\n[11/29 10:00:00 x]: copypaste: 75.5,0.25\n"
COLUMNS = "shop  naive  ets  theta  gain\nnorth 1.5% 2.5% 1.25% +3.5%\nALL 3.5% 2.25% 1.75% +4.5%\n"


@pytest.fixture
def drafted(tmp_path):
    """Draft a study from a run of a script, and run one trial of it."""

    def draft(code, arguments=""):
        (tmp_path / "train.py").write_text(code)
        command = f"{sys.executable} -S train.py {arguments} --lr {{lr}}"
        space = {"lr": Float(0.01, 1.0, default=0.25)}
        given = Draft(
            name="x", folder=tmp_path, objective="minimize loss", command=command, space=space,
            script=tmp_path / "train.py",
        )  # fmt: skip
        changed = with_tryout(given, try_script(given, tmp_path / "studies" / "x" / "tryout"))
        table = tomllib.loads(to_toml(changed))["task"]
        table.pop("kind", None)
        metric = Objective.parse(changed.objective).primary.name
        task = CommandTask(**table | {"metric": metric, "folder": tmp_path})
        request = TrialRequest(number=0, attempt=1, parameters={"lr": 0.5}, seed=1, folder=tmp_path / "trials" / "0")
        reports = []
        measured = task.evaluate(request, lambda step, metrics: reports.append(metrics))
        return changed, measured.metrics[metric], reports

    return draft


@pytest.mark.parametrize(
    ("output", "arguments", "objective", "value"),
    [
        (KERNELS, "", "minimize MAE_val", 3.5),
        (KERNELS, "--kernel rbf", "minimize MAE_val", 2.5),
        (METHODS, "", "minimize RMSE", 4.25),
        (METHODS + "seasonal  8.5  11.25 %\n", "--baseline seasonal", "minimize RMSE", 4.25),
        (EVENTS, "", "maximize valid/recall@1", 0.5),
        (CATBOOST, "", "minimize bestTest", 0.4603390196),
        (CATBOOST_SCORE, "", "maximize bestTest", 0.8756088012),
        (CATBOOST + "Accuracy: 0.75\n", "", "maximize Accuracy", 0.75),
        (CATBOOST + "test RMSE: 0.75\n", "", "minimize bestTest", 0.4603390196),
        (BITS, "", "minimize valid NLL", 2.5),
        (ADDING, "", "minimize best valid mse", 0.5),
        (STEPS, "", "minimize eval/energy_distance", 0.25),
        ("naive mae: 0.5\nrmse: 0.75\n", "", "minimize rmse", 0.75),
        ("tr 0.125 | va 0.5\n", "", "minimize va", 0.5),
        ("ridge mae: 0.5\nnaive mae: 0.75\n", "", "minimize mae", 0.5),
        (POLYMERS, "", "maximize mean value", 0.625),
        ("loss: 0.5\n" + POLYMERS.replace("R2  ", "RMSE"), "", "minimize mean value", 0.625),
        (RESIDUALS, "", "minimize rel. L2", 0.25),
        ("iter  pde  ic\n10  0.5  0.25\nenergy: 2.5\n", "", "minimize energy", 2.5),
        (LISTS, "", "maximize Acc@1", 75.5),
        ("n_samples: 90, n_features: 6\nHomogeneity: 0.5\nV-measure: 0.75\n", "", "maximize V-measure", 0.75),
        ("Loss: 0.25\nError u: 5e-1\n", "", "minimize Error u", 0.5),
        ("RMSEC = 0.25\nRMSECV = 0.5\n", "", "minimize RMSECV", 0.5),
        ("my_baseline INFO: Loss: 0.5\nmy_baseline INFO: mAP: 25.0%\n", "", "maximize mAP", 25.0),
        ("|  AverageEpRet |  28.5 |\n|  LossPi |  -0.5 |\n", "", "maximize AverageEpRet", 28.5),
        ("Initial learn rate: 0.1\n" + SPACY, "", "maximize SCORE", 0.75),
        ("G_loss: 0.5\n<epoch: 3, lr:2e-3, Average PSNR : 22.5dB (noisy 20.8dB)\n", "", "maximize Average PSNR", 22.5),
        (
            "average precision (labelled month): 0.25\nroc auc       (labelled month): 0.75\n",
            "",
            "maximize average precision",
            0.25,
        ),
        ("CV precision=0.875 recall=0.5 f1=0.625 auc=0.75\n", "", "maximize f1", 0.625),
        ("loss=0.5 val precision=0.875 recall=0.5 f1=0.625\n", "", "maximize val precision", 0.875),
        ("Epoch 0 : 600 / 800\nEpoch 1 : 700 / 800\n", "", "maximize accuracy", 87.5),
        ("MAE: -48.275 (2.869)\n", "", "maximize MAE", -48.275),
        ("score 1080 rows\nroc_auc=0.75\n", "", "maximize roc_auc", 0.75),
        (f"MAPE by shop:\n{COLUMNS}", "", "minimize theta", 1.75),
        (f"MAPE by shop:\n{COLUMNS}", "--method ets", "minimize ets", 2.25),
    ],
)
def test_a_trial_reads_the_metric_that_was_chosen(drafted, output, arguments, objective, value):
    draft, measured, _ = drafted(f"print({output!r})", arguments)
    assert draft.objective == objective
    assert measured == value


def test_a_table_of_methods_is_one_report(drafted):
    draft, _, reports = drafted(f"for epoch in 1, 2:\n    print('epoch', epoch)\n    print({METHODS!r})")
    assert not any("prints 'RMSE' 4 times" in note for note in draft.notes)
    assert [report["RMSE"] for report in reports] == [4.25, 4.25]


def test_a_table_of_methods_that_does_not_tell_what_it_measures_is_left_to_the_user(tmp_path):
    (tmp_path / "train.py").write_text(f"print({COLUMNS!r})")
    command = f"{sys.executable} -S train.py"
    given = Draft(name="x", folder=tmp_path, objective="minimize loss", command=command, script=tmp_path / "train.py")
    draft = with_tryout(given, try_script(given, tmp_path / "studies" / "x" / "tryout"))
    assert draft.objective == "minimize loss"
    assert any(note.startswith("TO DO: correct the objective: the run showed theta, ets") for note in draft.notes)


@pytest.mark.parametrize("name", ["eval.avg_prec", "eval_avg_prec", "eval/avg_prec", "eval avg_prec"])
@pytest.mark.parametrize("file", ["scores.json", "scores.jsonl"])
def test_parts_of_the_data_in_a_file_are_found_and_read_whatever_the_study_calls_them(drafted, tmp_path, name, file):
    parts = {"seed": 3, "train": {"avg_prec": 0.9, "f1": 0.8}, "eval": {"avg_prec": 0.5, "f1": 0.75}}
    code = f"import os\nos.makedirs('reports', exist_ok=True)\nopen('reports/{file}', 'w').write({json.dumps(parts)!r})"
    draft, measured, _ = drafted(code)
    assert draft.objective == "maximize eval.avg_prec"
    assert draft.metrics == f"work/reports/{file}"
    assert measured == 0.5
    command = draft.command.replace("{lr}", "0.5")
    task = CommandTask(command=command, metric=name, folder=tmp_path, metrics=draft.metrics, own_files=draft.own_files)
    request = TrialRequest(number=1, attempt=1, parameters={}, seed=1, folder=tmp_path / "trials" / "1")
    assert task.evaluate(request, lambda *_: None).metrics[name] == 0.5


@pytest.mark.parametrize(
    "root", ["Path(__file__).resolve().parents[1]", "Path(os.path.join(os.path.dirname(__file__), '..'))"]
)
def test_a_file_at_a_place_that_the_script_finds_by_its_own_path_is_the_trials(tmp_path, root):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(
        f"import json, os, sys\nfrom pathlib import Path\nROOT = {root}\n"
        "(ROOT / 'reports').mkdir(exist_ok=True)\nplace = ROOT / 'reports' / 'metrics.json'\n"
        "place.write_text(json.dumps({'val_auc': float(sys.argv[2])}))\nassert json.load(place.open())\n"
    )
    given = Draft(
        name="x", folder=tmp_path, objective="minimize loss", command=f"{sys.executable} src/train.py --lr {{lr}}",
        space={"lr": Float(0.01, 1.0, default=0.25)}, script=tmp_path / "src" / "train.py",
    )  # fmt: skip
    draft = with_tryout(given, try_script(given, tmp_path / "studies" / "x" / "tryout"))
    assert (draft.objective, draft.metrics) == ("maximize val_auc", "work/reports/metrics.json")
    table = tomllib.loads(to_toml(draft))["task"]
    table.pop("kind", None)
    task = CommandTask(**table | {"metric": "val_auc", "folder": tmp_path})
    request = TrialRequest(number=1, attempt=1, parameters={"lr": 0.5}, seed=1, folder=tmp_path / "trials" / "1")
    assert task.evaluate(request, lambda *_: None).metrics == {"val_auc": 0.5}
    assert json.loads((tmp_path / "reports" / "metrics.json").read_text()) == {"val_auc": 0.25}, "the user's own"


def test_the_comment_sign_of_a_header_in_a_file_is_no_part_of_a_name(drafted):
    draft, measured, reports = drafted("open('log.csv', 'w').write('# epoch\\tval_mse\\n4\\t0.5\\n5\\t0.25\\n')")
    assert draft.objective == "minimize val_mse"
    assert measured == 0.25
    assert [report["val_mse"] for report in reports] == [0.5, 0.25]


def test_catboosts_evaluation_set_is_no_test_data_and_what_it_learns_on_is(drafted):
    draft, _, _ = drafted(f"print({CATBOOST!r})")
    assert any("is CatBoost's own value" in note for note in draft.notes)
    assert not any("measured on" in note for note in draft.notes)
    learned = "9:\tlearn: 0.5\ttotal: 14ms\tremaining: 0us"
    draft, _, _ = drafted(f"print({learned!r})")
    assert any("'learn' is measured on the training data" in note for note in draft.notes)


def test_the_name_of_a_metric_tells_more_of_its_data_than_its_line(drafted, tmp_path):
    output = "Validation: mae=0.5\nfinal valid_mae=0.25\n"
    draft, measured, _ = drafted(f"print({output!r})")
    assert (draft.objective, measured) == ("minimize valid_mae", 0.25)
    (tmp_path / "train.py").write_text(f"print({EVENTS!r})")
    tryout = try_script(draft, tmp_path / "studies" / "y" / "tryout")
    assert [metric.name for metric in ranked(tryout.metrics)] == ["valid/recall@1", "valid/mAP", "loss"]
