import importlib.util
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.errors import InputError
from tunesmith.init import CommandLine, Draft, draft_study, to_toml
from tunesmith.init.asking import ask
from tunesmith.tasks.command import CommandTask

_spec = importlib.util.spec_from_file_location("sample_scripts", Path(__file__).with_name("sample_scripts.py"))
assert _spec is not None
assert _spec.loader is not None
sample_scripts = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sample_scripts)


def drafted(tmp_path: Path, name: str, file: str = "", **options) -> Draft:
    folder = tmp_path / name
    folder.mkdir()
    for each, text in sample_scripts.FOLDERS[name].items():
        (folder / each).write_text(text.lstrip("\n"), encoding="utf-8")
    return draft_study(folder / file, **options)


def noted(draft: Draft, text: str) -> bool:
    return any(text in note for note in draft.notes)


@pytest.mark.parametrize("name", sample_scripts.FOLDERS)
def test_every_draft_is_a_study_that_its_command_could_run(tmp_path, name):
    draft = drafted(tmp_path, name)
    tables = tomllib.loads(to_toml(draft))
    assert tables["study"] == {"name": draft.name, "objective": draft.objective, "seed": 42 if name == "pytorch" else 0}
    objective = Objective.parse(tables["study"]["objective"])
    assert tables["task"]["command"] == draft.command
    for skipped in draft.skipped:
        assert (f'# "{skipped}" = ' if skipped in draft.spare else f"# {skipped}: ") in to_toml(draft)
    if not draft.space:
        assert tables["space"] == {}
        assert noted(draft, "write the parameters into [space]")
        return
    space = SearchSpace.from_tables(tables["space"])
    assert tuple(space.names) == tuple(draft.space)
    task = tables["task"]
    assert task.pop("kind") == "command"
    if name != "toml":  # which has no script
        CommandTask(**task, metric=objective.primary.name, folder=draft.folder, names=space.names).check(space)


def test_flags_of_argparse(tmp_path):
    draft = drafted(tmp_path, "pytorch", "train.py")
    assert draft.objective == "maximize val_acc"
    assert draft.command == "python train.py {args} --seed {seed} --output-dir {trial_dir}"
    assert (draft.config, draft.metrics) == (None, "results.json")
    assert dict(draft.space) == {
        "batch-size": Int(16, 256, log=True, default=64),
        "lr": Float(3e-6, 3e-2, log=True, default=3e-4),
        "momentum": Float(0.1, 0.99, default=0.9, when={"optimizer": "sgd"}),  # Nesterov's refuses none.
        "wd": Choice([0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2], ordered=True, default=0.0),
        "beta2": Float(0.99, 0.9999, default=0.999, when={"optimizer": "adam"}),
        "optimizer": Choice(["sgd", "adam"], default="adam"),
        "hidden_dim": Int(64, 1024, log=True, default=256),
        "num-layers": Int(1, 4, default=2),
        "nesterov": Choice([True, False], default=False, when={"optimizer": "sgd"}),
        "augment": Choice([True, False], default=True),
        "mixup": Float(0.0, 0.5, default=0.2),
        "warmup-steps": Int(125, 2000, log=True, default=500),
    }
    assert list(draft.space)[:3] == ["lr", "wd", "batch-size"]  # the likeliest to matter first
    assert draft.spare == {"bias": Choice([True, False], default=True)}
    assert draft.flags["bias"] == ("--bias=true", "--bias=false")
    assert "0 turns it off" in draft.remarks["wd"]
    assert tomllib.loads(to_toml(draft))["task"]["flags"] == {
        "nesterov": ["--nesterov", ""],
        "augment": ["--augment", "--no-augment"],
    }
    for name, reason in {
        "pretrained": "switches what the script does",
        "bias": "less likely to matter",
        "gamma": "no type=",
        "mode": "no type=",
        "milestones": "a list",
        "temp": "the script computes",
        "epochs": "how long",
        "num-workers": "machine",
        "output-dir": "file",
        "seed": "random seed",
        "v": "only a short option",
    }.items():
        assert reason in draft.skipped[name]


def test_constants_of_the_script_itself(tmp_path):
    draft = drafted(tmp_path, "sklearn", "fit.py")
    assert draft.command == "python fit.py"  # in whose place the hook runs the trial's copy
    assert draft.config == "fit.py"
    assert (draft.objective, draft.metrics) == ("maximize accuracy", "stdout")
    assert list(draft.space) == ["LEARNING_RATE", "N_ESTIMATORS", "MAX_DEPTH", "SUBSAMPLE", "MIN_SAMPLES_LEAF"]
    assert list(draft.skipped) == ["RANDOM_STATE", "TEST_SIZE"]


def test_options_of_a_shell_script(tmp_path):
    draft = drafted(tmp_path, "shell", "train.sh")
    assert draft.command == "bash train.sh {args}"
    assert (draft.objective, draft.metrics) == ("minimize val_rmse", "stdout")
    assert draft.space["lr"] == Float(1e-4, 1.0, log=True, default=0.01)
    assert draft.space["batch-size"] == Int(8, 128, log=True, default=32)
    assert draft.spare["fast"] == Choice([True, False], default=False)
    assert draft.flags["fast"] == ("--fast", "")


def test_what_is_not_understood_is_reported(tmp_path):
    assert list(drafted(tmp_path, "click").space) == ["lr"]
    draft = drafted(tmp_path, "subcommands")
    assert noted(draft, "TO DO: add a subcommand to the command, since its options are read with it: train.")
    assert list(draft.space) == ["lr"]
    assert noted(draft, "add 'data' to the command")
    assert noted(draft, "add 'task' to the command")
    assert draft.objective == "minimize val_loss"
    assert noted(draft, "print a metric")


def test_nested_python_config(tmp_path):
    draft = drafted(tmp_path, "nested", "config.py")
    assert draft.command == "python train.py --config {config} --out {trial_dir}"
    assert (draft.config, draft.objective, draft.metrics) == ("config.py", "minimize val_mse", "metrics.json")
    assert draft.space["training.lr"] == Float(1e-6, 1e-2, log=True, default=1e-4)
    assert draft.space["model.activation"].options == ("relu", "gelu", "tanh")
    assert draft.space["training.batch_size"] == Int(2, 16, log=True, default=4)
    momentum = draft.space["training.optimizer_params.momentum"]
    assert momentum.when == {"training.optimizer_class": "SGD"}
    assert momentum.inactive == "remove"
    heads, width = draft.space["model.n_heads"], draft.space["model.d_model"]
    assert all(w % h == 0 for w in width.options for h in heads.options)
    assert set(draft.skipped) == {"out", "model.seq_len", "training.epochs", "data_path"}


def test_a_config_that_the_script_reads_by_itself(tmp_path):
    for name, command, config in (
        ("imported", "python run.py", "settings.py"),
        ("json", "python model.py", "hparams.json"),
    ):
        draft = drafted(tmp_path, name)
        assert (draft.command, draft.config) == (command, config)
        assert not noted(draft, "--config")
    assert draft.space["num_leaves"] == Int(7, 124, log=True, default=31)
    assert draft.space["feature_fraction"] == Float(0.45, 1.0, default=0.9)
    assert "-1" in draft.skipped["max_depth"]


def test_config_as_the_only_argument(tmp_path):
    draft = drafted(tmp_path, "yaml")
    assert draft.command == "python train.py {config}"
    assert draft.objective == "minimize val_loss"
    assert draft.space["optimizer.name"].options == ("adam", "adamw", "sgd")
    assert draft.space["model.use_bias"].options == (True, False)
    assert all(w % h == 0 for w in draft.space["model.embed_dim"].options for h in draft.space["model.heads"].options)
    assert "an element of a list" in draft.skipped["optimizer.betas.0"]


def test_dataclasses_are_named_without_a_wrapper(tmp_path):
    draft = drafted(tmp_path, "dataclass")
    assert draft.space["lr"] == Float(5e-6, 5e-2, log=True, default=5e-4)
    assert draft.space["optimizer"].options == ("torch.optim.Adam", "torch.optim.AdamW", "torch.optim.SGD")
    assert draft.space["ema_decay"] == Float(0.999, 0.99999, default=0.9999)
    assert draft.space["width"].low == 48
    assert draft.space["kernel_size"].options == (3, 5, 7)
    assert set(draft.skipped) == {"amp", "vocab_size"}


def test_a_config_alone(tmp_path):
    draft = drafted(tmp_path, "toml", "experiment_config.toml")
    assert noted(draft, "no script was found")
    assert draft.space["svm.gamma"] == Float(1e-3, 10.0, log=True, default=0.1)
    assert draft.space["reinforcement.gamma"] == Float(0.9, 0.999, default=0.99)


def test_a_config_beside_a_script_that_does_not_know_it_is_left_alone(tmp_path):
    (tmp_path / "train.py").write_text("LR = 0.1\nprint(f'loss={loss}')\n")
    (tmp_path / "config.yaml").write_text("lr: 0.1\n")
    draft = draft_study(tmp_path)
    assert draft.config == "train.py"
    assert noted(draft, "config.yaml is not used")


def test_another_language(tmp_path):
    draft = drafted(tmp_path, "julia")
    assert draft.command == "julia train.jl {args}"
    assert draft.objective == "minimize loss"


@pytest.mark.parametrize(("width", "heads"), [("64", "8"), (100, 5), (48, 48), (64, 6)])
def test_heads_always_divide_widths(tmp_path, width, heads):
    (tmp_path / "train.py").write_text(
        "import argparse\np = argparse.ArgumentParser()\n"
        f"p.add_argument('--d-model', type=int, default={width!r})\n"
        f"p.add_argument('--heads', type=int, default={heads!r})\np.parse_args()\n"
    )
    draft = draft_study(tmp_path / "train.py")
    tomllib.loads(to_toml(draft))
    if int(width) % int(heads):
        assert isinstance(draft.space["heads"], Int)  # they do not divide now: they are something else
    elif "heads" in draft.space:
        assert all(w % h == 0 for w in draft.space["d-model"].options for h in draft.space["heads"].options)
    else:
        assert "must divide d-model" in draft.skipped["heads"]


def test_options_are_the_words_in_the_script(tmp_path):
    (tmp_path / "config.py").write_text("optimizer = 'SGD'\nactivation = 'relu'\n")
    (tmp_path / "train.py").write_text(
        "import argparse, torch\nOPTIMIZERS = {'SGD': 1, 'RMSprop': 2, 'Adam': 3}\n"
        "p = argparse.ArgumentParser()\np.add_argument('--config')\np.parse_args()\n"
    )
    (tmp_path / "broken.py").write_text("def f(:\n")
    draft = draft_study(tmp_path)
    assert draft.space["optimizer"] == Choice(["Adam", "SGD", "RMSprop"], default="SGD")
    assert "optimizer" not in draft.remarks
    assert draft.space["activation"] == Choice(["relu", "gelu", "tanh"], default="relu")
    assert "check that your script" in draft.remarks["activation"]


def test_the_users_objective_comes_first(tmp_path):
    assert drafted(tmp_path, "nested", objective="maximize f1").objective == "maximize f1"
    with pytest.raises(InputError, match="direction and a metric"):
        draft_study(tmp_path / "nested", objective="better please")


def test_answers_replace_fields_of_the_draft(tmp_path):
    draft = drafted(tmp_path, "nested")
    assert draft.questions["objective"][1] == "minimize val_mse"
    answered = replace(draft, **{field: f"new {field}" for field in draft.questions})
    assert tomllib.loads(to_toml(answered))["study"]["name"] == "new name"


def test_odd_names_and_strings_survive_toml(tmp_path):
    draft = Draft(
        name='a "b" \\ ü',
        folder=tmp_path,
        objective="minimize loss",
        command="python a.py --x '{x}'",
        space={'a."b\\': Choice(["\n", 'q"', "é", 1, 1.5, True, ["x"]]), "c": Float(1e-9, 1e22, when={'a."b\\': 1})},
        values={"c": 1e-5},
        notes=("a note\nin two lines with a very long second line that must be wrapped " * 3,),
    )
    tables = tomllib.loads(to_toml(draft))
    assert tables["study"]["name"] == draft.name
    assert SearchSpace.from_tables(tables["space"]) == SearchSpace(draft.space)


@pytest.mark.parametrize(
    ("files", "path", "message"),
    [
        ({}, "none.py", "there is no"),
        ({"README.md": "hello"}, ".", "must contain one script"),
        ({"train.py": "def f(:\n"}, "train.py", r"train\.py:1"),
        ({"config.json": "{"}, "config.json", r"config\.json:1"),
    ],
)
def test_errors_of_a_draft(tmp_path, files, path, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        draft_study(tmp_path / path)


def test_a_drafted_value_is_one_that_the_flag_accepts(tmp_path):
    (tmp_path / "train.py").write_text(
        "import argparse\np = argparse.ArgumentParser()\n"
        "p.add_argument('--lora_alpha', type=int, default=16)\n"
        "p.add_argument('--dropout_layers', type=int, default=1)\n"
        "p.add_argument('--amp_off', action='store_true', default=True)\n"
        "p.add_argument('--no_bias', dest='bias', action='store_false')\n"
        "p.add_argument('--keep', action='store_false', default=False)\n"
        "p.add_argument('--fast', action='store_true', default=None)\n"
        "p.add_argument('--slow', action='store_true', default=is_slow())\n"
        "p.add_argument('--mix', action=argparse.BooleanOptionalAction)\n"
        "p.add_argument('--args', type=float, default=0.5)\n"
        "p.parse_args()\n"
    )
    draft = draft_study(tmp_path / "train.py")
    assert dict(draft.space) == {
        "lora_alpha": Int(4, 64, log=True, default=16),
        "dropout_layers": Int(1, 4, default=1),
        "no_bias": Choice([True, False], default=False),
    }
    assert tomllib.loads(to_toml(draft))["task"]["flags"] == {"no_bias": ["--no_bias", ""]}
    assert draft.spare["fast"] == Choice([True, False], default=False)
    assert '# "fast" = ["--fast", ""]' in to_toml(draft)
    assert noted(draft, "--amp_off has no effect: the script's default is True already")
    assert draft.skipped["keep"] == "it is true or false, and no words change it"
    assert "computes its default" in draft.skipped["slow"]
    assert "no default" in draft.skipped["mix"]
    assert "placeholder" in draft.skipped["args"]


def test_a_value_whose_comment_says_that_it_stays_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "fit.py").write_text("lr = 0.1\nwidth = 16  # please do not change!\nprint('loss', lr * width)\n")
    draft = draft_study(CommandLine.parse(["python", "fit.py"], tmp_path))
    assert list(draft.space) == ["lr"]
    assert draft.skipped["width"] == "its comment says so"


def test_a_value_below_the_heading_of_another_part_is_left_alone(tmp_path: Path) -> None:
    config = (
        "class Config:\n    # pde\n    alpha = 0.1\n    # network\n    width = 16\n    # optimisation\n    lr = 0.1\n"
    )
    (tmp_path / "fit.py").write_text(f"{config}print('loss', Config.lr)\n")
    draft = draft_study(CommandLine.parse(["python", "fit.py"], tmp_path))
    assert sorted(draft.space) == ["lr", "width"]
    assert draft.skipped["alpha"] == "a part of the problem"


def test_constants_are_tuned_beside_flags_of_which_none_is_worth_it(tmp_path: Path) -> None:
    flags = (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--data', default='a.csv')\np.parse_args()\n"
    )
    (tmp_path / "fit.py").write_text(f"{flags}PARAMS = {{'learning_rate': 0.1, 'num_leaves': 31}}\nprint('loss', 1)\n")
    draft = draft_study(CommandLine.parse(["python", "fit.py", "--data", "b.csv"], tmp_path))
    assert (draft.command, draft.config) == ("python fit.py --data b.csv", "fit.py")
    assert sorted(draft.space) == ["learning_rate", "num_leaves"]
    assert "has no flags worth tuning, so its own constants are tuned" in " ".join(draft.notes)


@pytest.mark.parametrize(("file", "content"), [("tales.json", '[{"lr": 1}]'), ("tales.yaml", "- lr: 1\n")])
def test_a_list_in_a_file_that_the_script_names_is_data(tmp_path: Path, file: str, content: str) -> None:
    (tmp_path / file).write_text(content)
    flags = f"import argparse\np = argparse.ArgumentParser()\np.add_argument('--data', default='{file}')\n"
    (tmp_path / "fit.py").write_text(f"{flags}p.add_argument('--lr', type=float, default=0.1)\np.parse_args()\n")
    draft = draft_study(CommandLine.parse(["python", "fit.py"], tmp_path))
    assert (draft.config, list(draft.space)) == (None, ["lr"])


def test_a_short_option_is_tuned_if_it_is_given_and_its_help_speaks(tmp_path: Path) -> None:
    flags = "import argparse\np = argparse.ArgumentParser()\n"
    for name, text in (("n", "latent variables"), ("w", "window in points"), ("q", "another window"), ("e", "")):
        flags += f"p.add_argument('-{name}', type=int, default=8, help='{text}')\n"
    flags += (
        "p.add_argument('-from', type=float, default=1100)\np.add_argument('--most', type=int, default=float('inf'))\n"
    )
    (tmp_path / "fit.py").write_text(f"{flags}p.parse_args()\nprint('rmse', 0.5)\n")
    command = CommandLine.parse(["python", "fit.py", "-w", "5", "-e", "3"], tmp_path)
    draft = draft_study(command, asked=ask(command))
    assert list(draft.space) == ["n", "w"]
    assert "not of type int" in draft.skipped["most"]
