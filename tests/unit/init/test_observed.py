import json
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from tunesmith.config.settings import read_settings
from tunesmith.core.parameters import Float
from tunesmith.init import Draft, to_toml
from tunesmith.init.choosing import OF_LOSS
from tunesmith.init.observed import with_tryout
from tunesmith.init.script_option import ScriptOption
from tunesmith.init.suitability import ranked
from tunesmith.init.trying import try_script
from tunesmith.init.tryout import FileChange, Pace, SeenMetric, Tryout
from tunesmith.study.tuning import study_from_settings

LR = {"lr": Float(0.01, 1.0, log=True, default=0.25)}


@pytest.fixture
def draft(tmp_path):
    return Draft(name="x", folder=tmp_path, objective="minimize val_loss", command="python train.py {args}", space=LR)


def ran(folder, *metrics, files=(), **changes):
    """A run that showed some metrics, and wrote some files."""
    written = tuple(FileChange(path=folder / name, is_new=True, size_bytes=1) for name in files)
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return Tryout(
        **{"words": ("python", "train.py"), "folder": folder / "studies" / "x" / "tryout", "project": folder}
        | {"ending": "finished", "seconds": 10.0, "metrics": metrics, "files": written}
        | changes
    )


def seen(name, line="", count=1, **changes):
    return SeenMetric(**{"name": name, "value": 0.5, "sample": line or f"{name}=0.5", "count": count} | changes)


def notes(draft):
    return " ".join(draft.notes)


# -- the metric ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metrics", "objective"),
    [
        ([seen("train_loss"), seen("val_loss"), seen("test_loss")], "minimize val_loss"),
        ([seen("train loss", count=9), seen("valid ppl"), seen("seconds")], "minimize valid ppl"),
        ([seen("test_accuracy"), seen("accuracy")], "maximize accuracy"),
        ([seen("loss", "Train Epoch: 3 [64/128] Loss: 0.5"), seen("Accuracy", "Test set: Accuracy: 0.9")],
         "maximize Accuracy"),
        ([seen("mse", "test mse: 0.5"), seen("mae", "vali mae: 0.5")], "minimize mae"),
        ([seen("model.loss_param.scale"), seen("test-auc")], "maximize test-auc"),
        ([seen("epoch_loss", "Evaluation metric 'epoch_loss'=0.5"), seen("MASE", "scores: MASE 0.5")], "minimize MASE"),
        ([seen("epoch_seconds"), seen("widgets")], "minimize widgets"),
        ([seen("loss", "9%|# | 1/25 [00:00<00:02, 9.85it/s, loss=0.5]", count=9), seen("Dice score", count=2)],
         "maximize Dice score"),  # A progress bar shows the loss of batches.
        ([seen(name, "Epoch[3] Iteration[12/12] Loss: 3.9, Acc: 0.3", count=9) for name in ("Loss", "Acc")]
         + [seen("mAP", count=3)], "maximize mAP"),
        ([seen("loss", "Epoch: 3 [64/128] loss: 0.5", count=9), seen("accuracy")], "maximize accuracy"),
        ([seen("acc", count=4), seen("Dice score", count=4)], "maximize Dice score"),
        ([seen("batch loss", count=4), seen("Dice score", count=4)], "maximize Dice score"),
        ([seen("loss", count=4), seen("Dice score", count=4)], "maximize Dice score"),
        ([seen("loss", "[Epoch 1/2] [Batch 3/4] [D loss: 0.5]"), seen("SWD", "held-out: [SWD: 0.3]")], "minimize SWD"),
        ([seen("Loss", count=9), seen("Val", "Train: 0.9, Val: 0.8, Test: 0.8", count=9)], "maximize Val"),
        ([seen("Val", "Train: 0.9, Val: 0.8")], "minimize Val"),
        ([seen("valid_0 auc", count=99), seen("OOF AUC")], "maximize OOF AUC"),  # The first is of the last fold.
        ([seen("valid_0 auc", count=99), seen("AUC", "Fold 5 AUC : 0.5", count=5),
          seen("AUC score", "Full AUC score 0.5")], "maximize AUC score"),
        ([seen("val_auc", "Fold 5 val_auc=0.5", count=5), seen("AUC", "mean AUC: 0.5")], "maximize AUC"),
        ([seen("val_auc", "Fold 5 val_auc=0.5", count=5), seen("AUC", "mean train AUC: 0.5")], "maximize val_auc"),
        ([seen("val_auc", count=5), seen("AUC", "mean AUC: 0.5")], "maximize val_auc"),  # No folds.
        ([seen("Average loss", "Epoch: 8 Average loss: 0.5", count=8),
          seen("-ELBO", "Test set: recon 0.4 -ELBO 0.5", count=8)], "minimize -ELBO"),  # The first is of the training.
        ([seen("MAE", "store S05: backtest MAE 0.5", count=6), seen("WAPE", "5 origins, WAPE 0.5")], "minimize WAPE"),
        ([seen("wape", count=3, counted_by="count"), seen("mean_wape")], "minimize mean_wape"),
        ([seen("wape", count=3, counted_by="epoch"), seen("mean_wape")], "minimize wape"),
        ([seen("acc", count=9), seen("mIoU", count=9)], "maximize mIoU"),
        ([seen("val_Reconstruction_Loss", count=9), seen("val_KLD", count=9), seen("val_nELBO", count=9)],
         "minimize val_nELBO"),
        ([seen("NRMSE fit"), seen("NRMSE pred")], "minimize NRMSE pred"),
        ([seen("EVAL_PERIOD", "EVAL_PERIOD: 85"), seen("SCORE_THRESH"), seen("AP")], "maximize AP"),
        ([seen("val/box_loss", count=9), seen("val/obj_loss", count=9), seen("mAP_0.5", count=9)], "maximize mAP_0.5"),
        ([seen("val/box_loss", count=9), seen("val/loss", count=9)], "minimize val/loss"),
        ([seen("epoch_loss", count=9), seen("MASE")], "minimize MASE"),
        ([seen("eval_episode", count=9), seen("episodic_return", count=9)], "maximize episodic_return"),
        ([seen("chi2/dof"), seen("points")], "minimize chi2/dof"),
        ([seen("avg_val_loss"), seen("Score", heading="CV")], "maximize Score"),
        ([seen("train C-index"), seen("cross-val C-index")], "maximize cross-val C-index"),
        ([seen("fit AUC"), seen("fit TSS"), seen("spatial CV AUC"), seen("AUC")], "maximize spatial CV AUC"),
        ([seen("fit AUC"), seen("AUC")], "maximize AUC"),
        ([seen("calibration R2"), seen("test R2")], "maximize test R2"),
        ([seen("loss"), seen("accuracy", heading="Test"), seen("error", heading="On validation data")],
         "minimize error"),
        ([seen("val_loss"), seen("val_f1")], "maximize val_f1"),  # It says more of a model than its loss.
        ([seen("val_loss"), seen("val_precision")], "minimize val_loss"),  # One half of the matter.
        ([seen("eval_loss", count=9), seen("eval_kl", count=9)], "minimize eval_loss"),
        ([seen("label_smooth_val", count=2), seen("accuracy/top1", "Epoch(val) [1] accuracy/top1: 0.5")],
         "maximize accuracy/top1"),
        ([seen("Acc", "Test set: Acc: 0.5", source="written", file=Path("a.log")),
          seen("F1", "Validation set: F1: 0.5", source="written", file=Path("a.log"))], "maximize F1"),
        ([replace(seen("valid"), value=410.0), seen("mae")], "minimize mae"),  # Rows.
        ([replace(seen("windows"), value=700.0), seen("spread")], "minimize spread"),
    ],
)  # fmt: skip
def test_a_validation_metric_comes_first_and_training_data_last(draft, tmp_path, metrics, objective):
    assert with_tryout(draft, ran(tmp_path, *metrics)).objective == objective


@pytest.mark.parametrize(("value", "objective"), [(8.0, "maximize PSNR"), (0.75, "minimize holdout")])
def test_a_setting_that_the_script_writes_down_is_no_metric(draft, tmp_path, value, objective):
    draft = replace(draft, values={"data.holdout": 8})
    tryout = ran(tmp_path, replace(seen("holdout"), value=value), seen("PSNR", count=6))
    assert with_tryout(draft, tryout).objective == objective


@pytest.mark.parametrize(("metric", "tuned"), [("val_acc", ["lr", "weight"]), ("val_loss", ["lr"])])
def test_a_weight_of_the_loss_is_tuned_if_the_objective_is_no_loss(draft, tmp_path, metric, tuned):
    spare = {"weight": Float(0.1, 1.0, default=0.5), "gain": Float(0.1, 1.0, default=0.5)}
    reasons = {"weight": OF_LOSS, "gain": "unknown"}
    draft = replace(draft, spare=spare, skipped=reasons, options=frozenset({"lr", "weight", "gain"}))
    assert list(with_tryout(draft, ran(tmp_path, seen(metric))).space) == tuned


@pytest.mark.parametrize(
    ("body", "objective"),
    [
        ("return mean_squared_error(y, p) ** 0.5", "minimize Score"),
        ("return metrics.roc_auc_score(y, p)", "maximize Score"),
        ("return p", "maximize Score"),
    ],
)
def test_the_direction_of_a_score_is_that_of_what_the_scripts_function_computes(draft, tmp_path, body, objective):
    (tmp_path / "train.py").write_text(f"def get_score(y, p):\n    {body}\n")
    draft = replace(draft, script=tmp_path / "train.py")
    assert with_tryout(draft, ran(tmp_path, seen("Score"))).objective == objective


def test_what_was_printed_is_told_and_the_other_metrics_are_named(draft, tmp_path):
    tryout = ran(tmp_path, seen("val_mse", "Epoch 3 | val_mse 0.5", count=3, counted_by="epoch"), seen("val_loss"))
    changed = with_tryout(draft, tryout)
    assert "The script prints 'val_mse' 3 times, by epoch: Epoch 3 | val_mse 0.5" in changed.notes
    assert "It also shows val_loss." in changed.notes
    assert changed.metrics == "stdout"
    assert changed.reports


def test_an_objective_of_test_data_is_warned_about(draft, tmp_path):
    assert "measured on test data" in notes(with_tryout(draft, ran(tmp_path, seen("test_acc"))))
    printed = seen("Accuracy", "Test set: Accuracy: 0.9")
    assert "measured on test data" in notes(with_tryout(draft, ran(tmp_path, printed)))
    assert "measured on test data" not in notes(with_tryout(draft, ran(tmp_path, seen("val_acc"), seen("test_acc"))))


def test_a_count_is_an_objective_only_if_the_user_says_so(draft, tmp_path):
    steps = replace(seen("steps_taken", "steps_taken: 12"), value=12.0)
    assert "the run showed none" in notes(with_tryout(draft, ran(tmp_path, steps)))
    own = Draft(**vars(draft) | {"objective": "minimize steps_taken", "quotes": {"study.objective": "steps_taken"}})
    assert with_tryout(own, ran(tmp_path, steps)).notes[0] == "The script prints 'steps_taken': steps_taken: 12"


def test_the_users_own_objective_stays(draft, tmp_path):
    own = Draft(**vars(draft) | {"objective": "maximize f1", "quotes": {"study.objective": "maximize f1"}})
    changed = with_tryout(own, ran(tmp_path, seen("val_loss"), seen("F1", "F1: 0.5")))
    assert changed.objective == "maximize f1"
    assert "The script prints 'F1'" in notes(changed)
    missing = with_tryout(own, ran(tmp_path, seen("val_loss")))
    assert missing.objective == "maximize f1"
    assert "let the script print f1" in notes(missing)
    assert "val_loss" in notes(missing)


def test_notes_that_the_run_answers_are_dropped(draft, tmp_path):
    left = "TO DO: let the script write metrics.json into the trial's folder: {trial_dir} in the command."
    given = ("TO DO: print a metric at the end", left, "train.py has 1 flag to tune.")
    guessed = Draft(**vars(draft) | {"notes": given})
    changed = with_tryout(guessed, ran(tmp_path, seen("val_loss")))
    assert changed.notes[0] == "train.py has 1 flag to tune."
    assert "TO DO" not in notes(changed)
    assert "TO DO: print a metric" in notes(with_tryout(guessed, ran(tmp_path)))


def test_a_run_that_failed_changes_nothing_but_says_why(draft, tmp_path):
    tryout = ran(tmp_path, ending="failed", reason="exit status 1", trouble="it needs a GPU. Use one.")
    changed = with_tryout(draft, tryout)
    assert changed.notes[-1].startswith("TO DO: fix the script or its command")
    assert "exit status 1. It seems that it needs a GPU. Use one." in changed.notes[-1]
    assert (changed.objective, changed.command) == (draft.objective, draft.command)
    noted = with_tryout(replace(draft, notes=("It has no flags.", "TO DO: write the parameters.")), tryout)
    assert [note.partition(" ")[2][:12] for note in noted.notes] == ["has no flags", "DO: fix the ", "DO: write th"]


def test_metrics_are_ranked_once_by_name():
    metrics = [seen("val_loss"), seen("val_loss", source="written"), seen("train_loss"), seen("lr")]
    assert [metric.name for metric in ranked(metrics)] == ["val_loss", "train_loss"]


# -- time and money ------------------------------------------------------------------------------------------------


def test_the_time_of_the_study_is_told_and_the_trials_fit(draft, tmp_path):
    told = with_tryout(
        draft, ran(tmp_path, seen("val_loss"), seconds=120.0, pace=Pace(unit="epoch", seconds=11.5, last=10))
    )
    assert "A trial takes about 2 min, 11.5 s an epoch; 50 trials take about 1.7 h one after another." in told.notes
    assert told.budget == {"trials": 50}
    long = with_tryout(draft, ran(tmp_path, seen("val_loss"), seconds=1200.0))
    assert long.budget == {"trials": 36}
    longest = with_tryout(draft, ran(tmp_path, seen("val_loss"), seconds=40_000.0))
    assert longest.budget == {"trials": 20}
    own = Draft(**vars(draft) | {"quotes": {"budget.trials": "50 trials"}})
    assert with_tryout(own, ran(tmp_path, seen("val_loss"), seconds=40_000.0)).budget == {"trials": 50}


def test_a_run_that_was_cut_off_is_extrapolated_from_its_epochs(draft, tmp_path):
    cut = {"ending": "time limit", "reason": "its limit", "seconds": 60.0}
    known = Draft(**vars(draft) | {"values": {"warmup_epochs": 2, "num-epochs": 100}})
    pace = Pace(unit="epoch", seconds=10.0, last=6)
    changed = with_tryout(known, ran(tmp_path, seen("val_loss"), pace=pace, **cut))
    assert "A trial takes about 17 min, 10 s an epoch (num-epochs = 100)" in notes(changed)
    printed = Pace(unit="epoch", seconds=10.0, last=6, total=12)
    assert "about 2 min" in notes(with_tryout(draft, ran(tmp_path, seen("val_loss"), pace=printed, **cut)))
    steps = Pace(unit="step", seconds=0.1, last=300, total=900)
    assert "about 2 min" in notes(with_tryout(draft, ran(tmp_path, seen("val_loss"), pace=steps, **cut)))
    assert "nothing tells how much longer" in notes(
        with_tryout(known, ran(tmp_path, seen("val_loss"), pace=steps, **cut))
    )
    assert "nothing tells how much longer" in notes(with_tryout(draft, ran(tmp_path, seen("val_loss"), **cut)))


# -- output --------------------------------------------------------------------------------------------------------


def test_an_option_that_names_what_was_written_is_set_to_the_trials_folder(draft, tmp_path):
    given = Draft(**vars(draft) | {"command": "python train.py --save=model.pt --lr {lr} --dir out/"})
    changed = with_tryout(given, ran(tmp_path, seen("val_loss"), files=["model.pt", "out/epochs.txt"]))
    assert changed.command == "python train.py --save={trial_dir}/model.pt --lr {lr} --dir {trial_dir}/"
    assert not changed.own_files


def test_an_absolute_place_in_the_scripts_folder_becomes_the_trials(draft, tmp_path):
    options = [
        ScriptOption(name="model", spellings=("--model",), value=f"{tmp_path}/models/best.pt"),
        ScriptOption(name="reports-dir", spellings=("--reports-dir",), value=f"{tmp_path}/reports"),
    ]
    tryout = ran(tmp_path, seen("val_loss"), files=["models/best.pt", "reports/a.txt", "reports/b.txt"])
    changed = with_tryout(draft, tryout, options)
    assert changed.command.endswith("{args} --model {trial_dir}/best.pt --reports-dir {trial_dir}")
    assert not changed.own_files


def test_thousands_of_files_in_a_folder_are_one_place(draft, tmp_path):
    files = [f"out/{index % 3}/{index}.png" for index in range(1200)]
    options = [ScriptOption(name=f"o{n}", spellings=(f"--o{n}",), value=f"text-{n}") for n in range(30)]
    changed = with_tryout(draft, ran(tmp_path, seen("val_loss"), files=files), options)
    assert changed.own_files == ("out",)
    given = Draft(**vars(draft) | {"command": "python train.py --dir out"})
    changed = with_tryout(given, ran(tmp_path, seen("val_loss"), files=files), options)
    assert (changed.command, changed.own_files) == ("python train.py --dir {trial_dir}", ())


@pytest.mark.parametrize("name", ["log.txt", "environment.json"])
def test_a_folder_of_files_that_a_trial_has_itself_does_not_become_the_trials(draft, tmp_path, name):
    given = Draft(**vars(draft) | {"command": "python train.py --dir out"})
    changed = with_tryout(given, ran(tmp_path, seen("val_loss"), files=["out/best.pt", f"out/{name}"]))
    assert changed.command == "python train.py --dir out"
    assert changed.own_files == ("out",)


def test_a_folder_with_other_files_does_not_become_the_trials(draft, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "pretrained.pt").touch()
    given = Draft(**vars(draft) | {"command": "python train.py --models models"})
    changed = with_tryout(given, ran(tmp_path, seen("val_loss"), files=["models/best.pt"]))
    assert changed.command == "python train.py --models models"
    assert changed.own_files == ("models/best.pt",)


def test_an_argument_that_names_an_output_folder_becomes_the_trials(draft, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / ".gitkeep").touch()
    (tmp_path / "train.py").write_text("root = Path(__file__).resolve().parents[1]\n")
    options = [
        ScriptOption(name="input_dir", spellings=(), form="positional", value="data/processed"),
        ScriptOption(name="output_dir", spellings=(), form="positional", value="models"),
    ]
    given = replace(draft, command="python train.py data/processed models", script=tmp_path / "train.py")
    file = tmp_path / "reports" / "metrics.json"
    metric = seen("valid.auc", source="written", file=file)
    changed = with_tryout(given, ran(tmp_path, metric, files=["models/best.pt", "reports/metrics.json"]), options)
    assert changed.command == "python train.py data/processed {trial_dir}"
    # What it writes elsewhere by its own path is sent to the trial's folder, as far as Python writes it.
    assert (changed.metrics, changed.own_files) == ("work/reports/metrics.json", ("reports/metrics.json",))
    files = ["models/best.pt", "reports/metrics.json", "reports/model.bin"]
    changed = with_tryout(given, ran(tmp_path, metric, files=files), options)
    assert changed.own_files == ("reports/metrics.json",)
    assert "Every trial overwrites reports/model.bin, which the script finds by its own path" in notes(changed)
    (tmp_path / "train.py").write_text("open('../reports/metrics.json')\n")
    changed = with_tryout(given, ran(tmp_path, metric, files=files), options)
    assert changed.metrics is None
    assert "TO DO: let the script write metrics.json to {trial_dir}, or print valid.auc." in changed.notes


def test_an_argument_by_position_is_not_added_as_an_option(draft, tmp_path):
    given = replace(draft, command="python train.py x.csv model.pt", options={"path"}, values={"path": "model.pt"})
    changed = with_tryout(given, ran(tmp_path, seen("val_loss"), files=["model.pt"]))
    assert changed.command == "python train.py x.csv {trial_dir}/model.pt"


def test_an_option_that_the_command_does_not_mention_is_added(draft, tmp_path):
    options = [
        ScriptOption(name="data-dir", spellings=("--data-dir",), value="."),
        ScriptOption(name="checkpoints", spellings=("-c", "--checkpoints"), value="./ckpt"),
        ScriptOption(name="log.file", spellings=("log.file",), form="name=value", value="history.txt"),
    ]
    tryout = ran(tmp_path, seen("val_loss"), files=["ckpt/best.pt", "history.txt"])
    changed = with_tryout(draft, tryout, options)
    assert changed.command == ("python train.py {args} --checkpoints {trial_dir} log.file={trial_dir}/history.txt")
    assert not changed.own_files


def test_a_variable_that_names_the_output_stands_before_the_script(draft, tmp_path):
    options = [ScriptOption(name="REPORT", spellings=("REPORT",), form="name=value", value="report.csv")]
    given = Draft(**vars(draft) | {"command": "env {args} python train.py"})
    changed = with_tryout(given, ran(tmp_path, seen("val_loss"), files=["report.csv"]), options)
    assert changed.command == "env REPORT={trial_dir}/report.csv {args} python train.py"


def test_metrics_are_read_from_the_folder_that_an_option_names(draft, tmp_path):
    options = [ScriptOption(name="run_dir", spellings=("--run_dir",), value="runs/base", given=True)]
    written = seen("val_loss", source="written", file=tmp_path / "runs/base/log/metrics.jsonl")
    files = ["runs/base/args.json", "runs/base/log/metrics.jsonl"]
    given = Draft(**vars(draft) | {"command": "python train.py --run_dir runs/base {args}"})
    changed = with_tryout(given, ran(tmp_path, written, files=files), options)
    assert (changed.command, changed.metrics) == ("python train.py --run_dir {trial_dir} {args}", "log/metrics.jsonl")


def test_metrics_are_read_from_the_trials_own_text(draft, tmp_path):
    written = seen("valid loss", source="written", file=tmp_path / "results/a/train_log.txt", count=8)
    changed = with_tryout(draft, ran(tmp_path, seen("seconds"), written, files=["results/a/train_log.txt"]))
    assert (changed.objective, changed.metrics) == ("minimize valid loss", "work/results/a/train_log.txt")
    assert changed.own_files == ("results",)
    assert "The script writes to train_log.txt 'valid loss' 8 times" in notes(changed)


def test_a_log_that_an_option_names_as_the_trials_own_is_called_is_apart(draft, tmp_path):
    options = [ScriptOption(name="log", spellings=("--log",), value="logs/a/log.txt")]
    written = seen("val_loss", source="written", file=tmp_path / "logs/a/log.txt")
    changed = with_tryout(draft, ran(tmp_path, written, files=["logs/a/log.txt"]), options)
    assert changed.command == "python train.py {args} --log {trial_dir}/artifacts/log.txt"
    assert changed.metrics == "artifacts/log.txt"


def test_a_fixed_place_becomes_the_trials_own(draft, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "vocabulary.txt").touch()
    tryout = ran(tmp_path, seen("val_loss"), files=["best.pt", "models/a/best.pt", "models/last.pt", "shared/best.pt"])
    changed = with_tryout(draft, tryout)
    assert changed.own_files == ("best.pt", "models", "shared/best.pt")
    assert tomllib.loads(to_toml(changed))["task"]["own_files"] == ["best.pt", "models", "shared/best.pt"]


def test_what_differs_in_every_run_and_caches_of_data_are_shared(draft, tmp_path):
    names = [
        *("runs/2024-05-01_12-30-00/model.pt", "wandb/latest/x.log", "lightning_logs/version_3/hparams.yaml"),
        *("data/mnist/train.bin", "outputs/20240501/x.pt", ".cache/x", "runs/a/events.out.tfevents.123.host"),
    ]
    changed = with_tryout(draft, ran(tmp_path, seen("val_loss"), files=names))
    assert changed.own_files == ()


def test_a_script_that_looks_for_files_elsewhere_is_warned_about_instead(draft, tmp_path):
    script = tmp_path / "train.py"
    script.write_text("data = open('../data/x.csv')")
    beside = Draft(**vars(draft) | {"script": script})
    changed = with_tryout(beside, ran(tmp_path, seen("val_loss"), files=["best.pt"]))
    assert changed.own_files == ()
    assert "TO DO: let the script write best.pt to {trial_dir}" in notes(changed)


def test_a_place_outside_is_warned_about(draft, tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    tryout = ran(tmp_path, seen("val_loss"), files=["elsewhere/best.pt"], project=project)
    assert f"writes {tmp_path}/elsewhere/best.pt, outside of its folder" in notes(with_tryout(draft, tryout))


# -- the whole -----------------------------------------------------------------------------------------------------

SCRIPT = """
import csv, pathlib, sys
lr = float(sys.argv[2])
best = pathlib.Path("best.txt")
start = float(best.read_text()) if best.exists() else 0.0
with open("history.csv", "w") as file:
    rows = csv.writer(file)
    rows.writerow(["epoch", "val_loss"])
    for epoch in range(2):
        rows.writerow([epoch, start + lr])
best.write_text(str(start + lr))
"""


@pytest.mark.slow
def test_a_script_that_keeps_its_metric_in_a_file_and_resumes_is_tuned_trial_by_trial(tmp_path):
    (tmp_path / "train.py").write_text(SCRIPT)
    program = f"{sys.executable} -S train.py"
    draft = Draft(
        name="x", folder=tmp_path, objective="minimize loss", command=f"{program} --lr {{lr}}", space=LR,
        script=tmp_path / "train.py",
    )  # fmt: skip
    changed = with_tryout(draft, try_script(draft, tmp_path / "studies" / "x" / "tryout"))
    assert changed.objective == "minimize val_loss"
    assert changed.own_files == ("best.txt", "history.csv")
    assert changed.metrics == "work/history.csv"
    (tmp_path / "best.txt").unlink()
    changed = Draft(**vars(changed) | {"budget": {"trials": 3}})
    (tmp_path / "study.toml").write_text(to_toml(changed))
    with study_from_settings(read_settings(tmp_path / "study.toml", {"executor": "inline"})) as study:
        study.run(progress=False)
    for trial in study.trials:
        assert [report.step for report in trial.reports] == [0, 1]
        assert trial.metrics["val_loss"] == pytest.approx(trial.parameters["lr"])
        assert json.loads((Path(trial.folder) / "work" / "best.txt").read_text()) == trial.metrics["val_loss"]
    assert not (tmp_path / "best.txt").exists()
