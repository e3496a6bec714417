"""A user's own command, taken apart, and the command of a trial made from it."""

import json
import shlex
import tomllib
from pathlib import Path

import pytest

from tunesmith.config_files import edit
from tunesmith.core.space import SearchSpace
from tunesmith.engine.configurations import baseline
from tunesmith.errors import InputError
from tunesmith.init import Asked, CommandLine, Draft, draft_study, find_sources, sources_of, to_toml
from tunesmith.init.asking import ask
from tunesmith.init.checking import task_of
from tunesmith.init.reading import read_options
from tunesmith.init.script_option import ScriptOption
from tunesmith.tasks.command.template import fill, flags, placeholders, split_command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("train.py", "pkg/__init__.py", "pkg/train.py", "train.R", "run.sh", "cfg.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "program", "script", "module", "arguments"),
    [
        ("python train.py --lr 0.1", "python", "train.py", "", "--lr 0.1"),
        ("python3.11 -W ignore -u train.py x", "python3.11 -W ignore -u", "train.py", "", "x"),
        ("python -m pkg.train --lr 1", "python -m", "pkg/train.py", "pkg.train", "--lr 1"),
        ("uv run train.py", "uv run", "train.py", "", ""),
        ("uv run --with torch python train.py -m x", "uv run --with torch python", "train.py", "", "-m x"),
        ("uv run -m pkg.train --lr 1", "uv run -m", "pkg/train.py", "pkg.train", "--lr 1"),
        ("poetry run python -m pkg.train", "poetry run python -m", "pkg/train.py", "pkg.train", ""),
        ("conda run -n env python train.py --lr 1", "conda run -n env python", "train.py", "", "--lr 1"),
        ("torchrun --nproc_per_node 2 train.py --lr 1", "torchrun --nproc_per_node 2", "train.py", "", "--lr 1"),
        ("torchrun --standalone -m pkg.train", "torchrun --standalone -m", "pkg/train.py", "pkg.train", ""),
        ("python -m torch.distributed.run train.py", "python -m torch.distributed.run", "train.py", "", ""),
        ("accelerate launch --config a.yaml train.py", "accelerate launch --config a.yaml", "train.py", "", ""),
        ("deepspeed train.py --deepspeed ds.json", "deepspeed", "train.py", "", "--deepspeed ds.json"),
        ("bash run.sh 1", "bash", "run.sh", "", "1"),
        ("./run.sh 1", "", "run.sh", "", "1"),
        ("Rscript --vanilla train.R --lr 1", "Rscript --vanilla", "train.R", "", "--lr 1"),
        ("nohup nice -n 10 python train.py", "nohup nice -n 10 python", "train.py", "", ""),
        ("mytrain --config x.py", "mytrain", None, "", "--config x.py"),
        ("uv run mytrain --config x.py", "uv run mytrain", None, "", "--config x.py"),
        ("python -c 'print(1)' --lr 1", "python -c 'print(1)'", None, "", "--lr 1"),
    ],
)  # fmt: skip
def test_a_command_is_taken_apart(folder, typed, program, script, module, arguments):
    command = CommandLine.parse(shlex.split(f"A=1 {typed}"), folder)
    assert command.variables == {"A": "1"}
    assert shlex.join(command.program) == program
    assert command.script == (None if script is None else Path(script))
    assert (command.module, shlex.join(command.arguments)) == (module, arguments)
    assert shlex.join(command.own_words) == typed
    assert CommandLine.parse([f"A=1 {typed}"], folder).own_words == command.own_words


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "expected a command after --"),
        ("A=1", "expected a command after --"),
        ("python tran.py", "there is no tran.py in .* Did you mean 'train.py'?"),
        ("python train.py --api_key abc", "has --api_key. Leave it out"),
        ("python train.py --hub_token=hf_abcdefghijk", "has --hub_token. Leave it out"),
        ("python train.py --x sk-abcdefghijk", "a secret must not be written"),
        ("python train.py --token sk-proj-abcdefghijk", "a secret must not be written"),
        ("python train.py --wandb-api-key 0123", "has --wandb-api-key. Leave it out"),
        ("python train.py --db-password=x", "has --db-password. Leave it out"),
        ("python train.py wandb.api_key=0123", "has wandb.api_key. Leave it out"),
        ("python train.py +logger.password=x", "has \\+logger.password. Leave it out"),
        ("python train.py --hf-access-token x", "has --hf-access-token. Leave it out"),
        ("python train.py --neptune-token eyJhcGlfYWRkcmVzcyI6Im", "has --neptune-token. Leave it out"),
        ("python train.py --storage mysql://me:x@host/db", "a secret must not be written"),
        ("'python train.py --lr 1 | tee log.txt'", "must not contain |. Give the training command alone"),
        ("'python train.py && python eval.py'", "must not contain &&"),
        ("'python train.py >log.txt'", "must not contain >"),
    ],
)
def test_commands_that_cannot_be_drafted(folder, typed, message):
    with pytest.raises(InputError, match=message):
        CommandLine.parse(shlex.split(typed), folder)


@pytest.mark.parametrize(
    "typed",
    [
        "python train.py --max-tokens 1e6 --pad-token '<pad>' --trigger-token sks --model sk_resnet50",
        "python train.py wandb.api_key=null use_auth_token=true --api-key '$KEY' --credentials train.py",
        "\"python train.py --sep '|' --pattern 'a>b;c' --color #fff\"",
    ],
)
def test_what_is_no_secret_and_no_pipe_is_kept(folder, typed):
    command = CommandLine.parse(shlex.split(typed), folder)
    assert command.own_words[:2] == ("python", "train.py")


@pytest.mark.parametrize(
    ("typed", "program", "starters"),
    [
        ("uv --quiet run --with ray my-train --lr 1", "uv --quiet run --with ray my-train", "uv my-train"),
        ("conda run -n sky nohup my-train --lr 1", "conda run -n sky nohup my-train", "conda nohup my-train"),
        ("nice -n 10 taskset -c 0-3 my-train --lr 1", "nice -n 10 taskset -c 0-3 my-train", None),
        ("conda install run", "conda", "conda"),
    ],
)
def test_the_program_that_gets_the_arguments(folder, typed, program, starters):
    command = CommandLine.parse(shlex.split(typed), folder)
    assert (command.script, command.program) == (None, tuple(shlex.split(program)))
    assert starters is None or command.starters == tuple(shlex.split(starters))


def test_variables_that_a_trial_must_not_get_are_left_out(folder):
    variables = "CUDA_VISIBLE_DEVICES=1 TOKENIZERS_PARALLELISM=0 HF_TOKEN=x DB=a://b:c@d"
    draft = drafted(folder, f"{variables} python train.py", LR)
    assert draft.environment == {"TOKENIZERS_PARALLELISM": "0"}
    assert any("gpus = [1] into [execution]" in note for note in draft.notes)
    assert any("set HF_TOKEN, DB before" in note for note in draft.notes)
    draft = drafted(folder, "CUDA_VISIBLE_DEVICES= python train.py", LR)  # The user wants no GPU.
    assert draft.environment == {"CUDA_VISIBLE_DEVICES": ""}


def option(name: str, value, *, given=False, **changes) -> ScriptOption:
    kind = {bool: "bool", int: "int", float: "float", str: "str"}.get(type(value), "other")
    fields = {"spellings": (f"--{name}",), "kind": kind, "default": value, "value": value, "given": given}
    return ScriptOption(name=name, **(fields | changes))


def drafted(folder: Path, typed: str, *options: ScriptOption, **changes) -> Draft:
    command = CommandLine.parse(shlex.split(typed), folder)
    return draft_study(command, asked=Asked(options=options, framework="argparse", **changes))


def first_words(draft: Draft) -> list[str]:
    """Return the words of trial 0, the user's own configuration."""
    task = task_of(draft)
    space = SearchSpace(draft.space)
    task.check(space)
    values = baseline(space, task.defaults()).parameters
    words = split_command(draft.command, shell=False)
    through_args = {name: value for name, value in values.items() if name not in placeholders(words)}
    spellings = {name: words for name, words in draft.flags.items() if name in draft.space}
    own = {"trial_dir": "T", "seed": draft.seed, "config": "C"}
    return fill(words, {**values, **own}, flags(through_args, spellings, draft.spelling), spellings, shell=False)


LR, WIDTH = option("lr", 0.1, given=True), option("width", 64)


@pytest.mark.parametrize(
    ("typed", "options", "command", "first"),
    [
        ("python train.py --lr 0.1", [LR], "python train.py --lr {lr}", "python train.py --lr 0.1"),
        ("python train.py --lr=0.1 x", [LR], "python train.py --lr={lr} x", "python train.py --lr=0.1 x"),
        (
            "python train.py --lr 0.1 '{x}'", [LR, WIDTH],
            "python train.py --lr {lr} {{x}} {args}", "python train.py --lr 0.1 '{x}' --width 64",
        ),
        (
            "python train.py -b32", [option("batch-size", 32, given=True, spellings=("-b", "--batch-size"))],
            "python train.py -b{batch-size}", "python train.py -b32",
        ),
        (
            "python train.py --learn 0.1", [option("learning_rate", 0.1, given=True)],
            "python train.py --learn {learning_rate}", "python train.py --learn 0.1",
        ),
        (
            "python train.py --batch_size 8", [option("batch-size", 8, given=True)],
            "python train.py --batch_size {batch-size}", "python train.py --batch_size 8",
        ),
        (
            "python train.py +optimizer.lr=0.1 epochs=3",
            [
                option("optimizer.lr", 0.1, given=True, form="name=value", spellings=("optimizer.lr",)),
                option("model.width", 64, form="name=value", spellings=("model.width",)),
                option("epochs", 3, given=True, form="name=value", spellings=("epochs",)),
            ],
            "python train.py +optimizer.lr={optimizer.lr} epochs=3 {args}",
            "python train.py +optimizer.lr=0.1 epochs=3 model.width=64",
        ),
        (
            "python train.py 64", [option("width", 64, given=True, form="positional", spellings=())],
            "python train.py {width}", "python train.py 64",
        ),
        (
            "python train.py --augment",
            [option("augment", True, given=True, default=False, switch=("--augment", "--no-augment"))],
            "python train.py {augment}", "python train.py --augment",
        ),
        (
            "python train.py --opt adam --momentum 0.5",
            [option("opt", "adam", given=True, choices=("adam", "sgd")), option("momentum", 0.5, given=True)],
            "python train.py --opt {opt} {momentum}", "python train.py --opt adam",
        ),
        (
            "python train.py fit --lr 0.1",
            [WIDTH, option("lr", 0.1, given=True, subcommand=("fit",)), option("depth", 3, subcommand=("fit",))],
            "python train.py {width} fit --lr {lr} {args}", "python train.py --width 64 fit --lr 0.1 --depth 3",
        ),
        (
            "python train.py -- --lr 0.1", [WIDTH],
            "python train.py {args} -- --lr 0.1", "python train.py --width 64 -- --lr 0.1",
        ),
        (
            "python train.py", [option("c", 1.0), option("g", 0.1, spellings=("-g",), help="weight decay")],
            "python train.py {args}", "python train.py --c 1.0 -g 0.1",
        ),
        (
            "python train.py --seed 7", [LR, option("seed", 7, given=True)],
            "python train.py --seed {seed} {args}", "python train.py --seed 7 --lr 0.1",
        ),
        (
            "python train.py", [WIDTH, option("seed", None, kind="int")],
            "python train.py {args}", "python train.py --width 64",
        ),
        (
            "python train.py --save runs/a.pt", [WIDTH, option("save", "runs/a.pt", given=True)],
            "python train.py --save {trial_dir}/a.pt {args}", "python train.py --save T/a.pt --width 64",
        ),
        (
            "python train.py", [WIDTH, option("is_training", 1, required=True)],
            "python train.py {args} --is_training 1", "python train.py --width 64 --is_training 1",
        ),
        (
            "accelerate launch train.py --shift -2.5", [option("shift", -2.5, given=True), WIDTH],
            "accelerate launch train.py --shift {shift} {args}", "accelerate launch train.py --shift -2.5 --width 64",
        ),
    ],
)  # fmt: skip
def test_a_trial_runs_the_users_own_command(folder, typed, options, command, first):
    (folder / "accelerate").touch()
    draft = drafted(folder, typed, *options)
    assert draft.command == command
    if not typed.startswith("accelerate"):  # which is not installed everywhere
        assert shlex.join(first_words(draft)) == first
    tables = tomllib.loads(to_toml(draft))
    assert tables["task"]["command"] == command
    assert tables["study"]["seed"] == draft.seed


def test_what_identifies_the_model_and_choices_of_unknown_meaning_are_left_alone(folder):
    choices = ("a", "b")
    options = [option(name, "a", choices=choices) for name in ("model", "features", "scheduler")]
    draft = drafted(folder, "python train.py", *options, option("gain", 2.0))
    assert list(draft.space) == ["scheduler", "gain"]
    assert {name: reason for name, reason in draft.skipped.items() if name in draft.spare} == {
        "model": "it decides what is trained",
        "features": "its name does not say whether it makes a better model",
    }


def test_a_class_that_a_group_of_hydra_chooses_is_not_tuned_beside_it(folder):
    options = [
        option("optimizer", "sgd", choices=("adam", "sgd"), form="name=value"),
        option("optimizer._target_", "torch.optim.SGD", form="name=value"),
        option("optimizer.lr", 0.1, form="name=value"),
    ]
    draft = drafted(folder, "python train.py", *options)
    assert list(draft.space) == ["optimizer.lr", "optimizer"]
    assert draft.skipped["optimizer._target_"] == "optimizer chooses it"


@pytest.mark.parametrize("kind", ["name", "type", "_target_"])
def test_what_names_the_kind_of_a_chosen_group_is_left_alone(folder, kind):
    options = [
        option("optimizer", "sgd", choices=("adam", "sgd"), form="name=value"),
        option(f"optimizer.{kind}", "sgd", choices=("adam", "sgd"), form="name=value"),
    ]
    assert list(drafted(folder, "python train.py", *options).space) == ["optimizer"]


@pytest.mark.parametrize(
    ("name", "value", "bounds", "low", "high"),
    [
        ("lr-decay", 1.0, (0.5, 1.0), 0.5, 1.0),
        ("width", 32, (16, None), 16, 128),
        ("layers", 3, (None, 4), 1, 4),
        ("dropout", 0.1, (0.0, 0.3), 0.0, 0.3),
    ],
)
def test_a_range_stays_within_what_the_script_takes(folder, name, value, bounds, low, high):
    parameter = drafted(folder, "python train.py", option(name, value, bounds=bounds)).space[name]
    assert (parameter.low, parameter.high, parameter.default) == (low, high, value)


def test_variables_of_a_script_stand_before_it(folder):
    (folder / "train.py").write_text(
        """
import os
LR = float(os.environ.get("LR", "0.05"))
WIDTH = int(os.getenv("WIDTH", 32))
STEPS = int(os.environ.get("STEPS", 800))
DEBUG = os.environ.get("DEBUG", "0") == "1"
RANK = int(os.environ.get("RANK", 0))
SEED = int(os.environ.get("SEED", 7))
DEPTH = int(os.environ["DEPTH"])
L2 = float(os.getenv("L2"))
HOME = os.environ["HOME_PAGE"]
print(f"val_loss={LR}")
"""
    )
    draft = draft_study(CommandLine.parse(shlex.split("LR=0.2 DEPTH=3 STEPS=600 python train.py"), folder))
    assert draft.command == "env {args} SEED={seed} python train.py"
    assert {name: parameter.default for name, parameter in draft.space.items()} == {"LR": 0.2, "WIDTH": 32, "DEPTH": 3}
    assert draft.skipped["L2"] == "it has no default value"
    assert "HOME_PAGE" not in draft.skipped
    assert (draft.seed, draft.spelling, dict(draft.environment)) == (7, "name=value", {"STEPS": "600"})
    assert first_words(draft)[:3] == ["env", "LR=0.2", "WIDTH=32"]


def test_constants_beside_a_variable_that_is_not_tuned(folder):
    (folder / "train.py").write_text(
        'import os\nHOST = os.environ.get("DATA_URL", "here")\nLR = 0.1\nprint(f"val_loss={LR}")\n'
    )
    draft = draft_study(CommandLine.parse(["python", "train.py"], folder))
    assert (list(draft.space), draft.command) == (["LR"], "python train.py")


@pytest.mark.parametrize(("name", "is_config"), [("exp", True), ("recipe", True), ("labels", False), ("out", False)])
def test_a_config_that_an_option_of_any_name_names(folder, name, is_config):
    (folder / "base.yaml").write_text("lr: 0.1\nwidth: 8\n")
    (folder / "small.yaml").write_text("base: base.yaml\nlr: 0.2\n")
    (folder / "train.py").write_text("import yaml\n")
    draft = drafted(folder, f"python train.py --{name} small.yaml", option(name, "small.yaml", given=True))
    assert (draft.config, list(draft.space)) == (("small.yaml", ["lr"]) if is_config else (None, []))
    if is_config:
        assert draft.command == f"python train.py --{name} {{config}}"


LOOP = "import sys\nfor word in sys.argv[1:]:\n    key, value = word.split('=')\n    hp[key] = type(hp[key])(value)\n"


def test_what_the_command_gives_is_tuned_there_and_not_in_the_constants(folder):
    (folder / "train.py").write_text(f"hp = dict(width=16, lr=4e-3, scale=1.0, tag='a')\n{LOOP}print('val_loss', 1)\n")
    draft = draft_study(CommandLine.parse(["python", "train.py", "width=20", "scale=2", "tag=b"], folder))
    assert draft.command == "python train.py width={width} scale={scale} tag=b"
    assert {name: parameter.default for name, parameter in draft.space.items()} == {
        "hp.lr": 0.004,
        "width": 20,
        "scale": 2.0,
    }
    assert draft.skipped["hp.width"] == "your command gives width"


def test_words_with_a_value_are_tuned_beside_positional_arguments(folder):
    script = "import sys\ndata = sys.argv[1]\nfor word in sys.argv[2:]:\n    print(word.split('='))\n"
    (folder / "fit.py").write_text(script)
    draft = draft_study(CommandLine.parse(["python", "fit.py", "a.csv", "lr=0.1", "name=a"], folder))
    assert draft.command == "python fit.py a.csv lr={lr} name=a"
    assert list(draft.space) == ["lr"]


def test_what_the_command_gives_beside_a_config_is_tuned_in_the_command(folder):
    (folder / "net.py").write_text("model = dict(width=16, depth=3)\noptim = dict(lr=0.1, weight_decay=0.001)\n")
    typed = "python train.py net.py --lr=0.3 --set model.width=12 other.width=1 optim.weight_decay=0.01"
    options = (
        option("config", "net.py", form="positional", spellings=(), given=True),
        option("set", [], kind="list"),
        option("lr", 0.3, given=True),
    )
    draft = drafted(folder, typed, *options)
    assert draft.command == (
        "python train.py {config} --lr={lr} --set model.width={model.width} other.width=1 "
        "optim.weight_decay={optim.weight_decay}"
    )
    assert {name: parameter.default for name, parameter in draft.space.items()} == {
        "lr": 0.3,
        "model.width": 12,
        "model.depth": 3,
        "optim.weight_decay": 0.01,
    }


@pytest.mark.parametrize(
    ("typed", "command", "space"),
    [
        (
            "node a.js --lr 0.8 --buckets 20 --epochs 6",
            "node a.js --lr {lr} --buckets {buckets} --epochs 6",
            "lr buckets",
        ),
        (
            "node a.js --Net.width=8 --k=3 --bias=True",
            "node a.js --Net.width={Net.width} --k=3 {bias}",
            "Net.width bias",
        ),
        ("node a.js lr=0.1 data=x --layers 8 8 --fast", "node a.js lr={lr} data=x --layers 8 8 --fast", "lr"),
        ("python b.py --lr 0.1", "python b.py --lr {lr}", "lr"),
    ],
)
def test_the_numbers_in_a_command_are_tuned_where_the_script_tells_no_options(folder, typed, command, space):
    (folder / "a.js").write_text("process.argv")
    (folder / "b.py").write_text("import parser_of_theirs\nprint('val_loss', 1)\n")
    draft = draft_study(CommandLine.parse(typed.split(), folder))
    assert (draft.command, sorted(draft.space)) == (command, sorted(space.split()))


def test_the_variables_of_a_makefile_stand_behind_make(folder):
    makefile = """
PY ?= python
LR ?= 0.01  # the learning rate
WIDTH := 32
DROPOUT = 0.1
UNUSED ?= 3
FLAGS = --width $(WIDTH)
OTHER := $(shell pwd)
.PHONY: train
data.npz: make_data.py
\t$(PY) make_data.py --seed $(SEED)
SEED ?= 7
train: data.npz
\t$(PY) train.py --lr $(LR) \\
\t  --dropout ${DROPOUT} $(FLAGS) $(OTHER)
clean:
\trm -rf $(UNUSED)
"""
    (folder / "Makefile").write_text(makefile)
    draft = draft_study(CommandLine.parse(shlex.split("make train LR=0.02"), folder))
    assert {name: parameter.default for name, parameter in draft.space.items()} == {
        "LR": 0.02,
        "WIDTH": 32,
        "DROPOUT": 0.1,
    }
    assert (draft.command, draft.spelling) == ("make train LR={LR} {args} SEED={seed}", "name=value")
    assert "UNUSED" not in draft.skipped
    asked = ask(CommandLine.parse(["make"], folder))
    assert asked.failure == "make is not started only to ask its script: the variables in the Makefile are read."
    assert list(draft_study(CommandLine.parse(["make"], folder)).space) == []  # It makes the data first.
    (folder / "Makefile").unlink()
    assert "There is no Makefile" in (read_options(CommandLine.parse(["make"], folder)).failure or "")


def test_parallel_trials_of_hydra_have_folders_of_their_own(folder):
    command = CommandLine.parse(["python", "train.py"], folder)
    lr = option("lr", 0.1, form="name=value", spellings=("lr",))
    draft = draft_study(command, asked=Asked(options=(lr,), framework="hydra"))
    assert draft.command == "python train.py {args} hydra.run.dir={trial_dir}/hydra"


@pytest.mark.parametrize(
    ("objective", "tuned"),
    [("minimize val_loss", ["lr"]), ("maximize val_acc", ["lr", "beta", "label_smoothing", "loss"])],
)
def test_a_loss_is_tuned_only_if_the_objective_does_not_depend_on_it(folder, objective, tuned):
    loss = option("loss", "ce", choices=("ce", "focal"))
    command = CommandLine.parse(["python", "train.py"], folder)
    beta = option("beta", 1.0, help="weight of the KL term")
    options = (option("lr", 0.1), loss, option("kl_weight", 1.0), option("label_smoothing", 0.1), beta)
    draft = draft_study(command, objective=objective, asked=Asked(options=options, framework="argparse"))
    assert [name for name in draft.space if name != "kl_weight"] == tuned


def test_a_parameter_that_the_script_logs_beside_its_metrics_is_tuned(folder):
    (folder / "train.py").write_text('print({"loss": 0.5, "learning_rate": 0.1, "mae": 0.2})\n')
    draft = drafted(folder, "python train.py", option("learning_rate", 0.1), option("mae", 1.0))
    assert list(draft.space) == ["learning_rate"]
    assert draft.skipped["mae"] == "it changes what the objective measures"


def test_at_most_a_dozen_parameters_are_tuned(folder):
    names = [f"width_{number}" for number in range(20)]
    draft = drafted(folder, "python train.py", *(option(name, 8) for name in [*names, "lr"]))
    assert list(draft.space) == ["lr", *names[:11]]
    assert list(draft.spare) == names[11:]
    assert '# "width_19" = { type = "int"' in to_toml(draft)


def test_variables_are_set_but_no_secret_is_written(folder):
    draft = drafted(folder, "NCCL_DEBUG=INFO WANDB_API_KEY=abc python train.py", WIDTH)
    text = to_toml(draft)
    assert tomllib.loads(text)["task"]["environment"] == {"NCCL_DEBUG": "INFO"}
    assert "abc" not in text
    assert any("set WANDB_API_KEY before" in note for note in draft.notes)


def test_what_the_script_requires_and_nobody_gave_is_told(folder):
    draft = drafted(folder, "python train.py", WIDTH, option("data", None, required=True))
    assert any(note.startswith("TO DO: add 'data'") and "tunesmith init -- COMMAND" in note for note in draft.notes)


@pytest.mark.parametrize(
    ("typed", "options", "command"),
    [
        ("python train.py --config cfg.yaml", [option("config", "cfg.yaml", given=True)], "--config {config}"),
        ("python train.py", [option("config", "cfg.yaml")], "--config {config}"),
        ("python train.py cfg.yaml", [], "{config}"),
        ("python train.py -c cfg.yaml", [], "-c {config}"),
    ],
)
def test_a_config_in_the_command_is_tuned_as_well(folder, typed, options, command):
    (folder / "cfg.yaml").write_text("model: {width: 32}\nlr: 0.1\n")
    draft = drafted(folder, typed, *options)
    assert draft.command == f"python train.py {command}"
    assert draft.config == "cfg.yaml"
    assert list(draft.space) == ["lr", "model.width"]
    draft = drafted(folder, typed, *options, option("batch_size", 8))
    assert draft.command == f"python train.py {command} {{args}}"
    assert list(draft.space) == ["lr", "batch_size", "model.width"]


@pytest.mark.parametrize(
    ("in_config", "tuned"), [("0.1", "python train.py --config {config} --lr {lr}"), ("0.2", None)]
)
def test_a_value_that_is_an_option_and_in_the_config(folder, in_config, tuned):
    (folder / "cfg.yaml").write_text(f"lr: {in_config}\n")
    draft = drafted(folder, "python train.py", option("config", "cfg.yaml"), option("lr", 0.1))
    assert draft.command == (tuned or "python train.py --config {config}")
    assert list(draft.space) == ["lr"]
    assert first_words(draft)[-2:] == (["--lr", "0.1"] if tuned else ["--config", "C"])


@pytest.mark.parametrize("key", ["weight_decay: {}", "optim: {{weight_decay: {}}}", "weight-decay: {}"])
@pytest.mark.parametrize("value", [0.1, 0.2])
def test_an_option_is_one_parameter_with_its_value_in_the_config(folder, key, value):
    (folder / "cfg.yaml").write_text(key.format(0.1))
    name = key.replace("{{", "").partition(": {}")[0].replace(": ", ".")
    draft = drafted(folder, "python train.py", option("config", "cfg.yaml"), option("weight-decay", value))
    passed = f" --weight-decay {{{name}}}" if value == 0.1 else ""
    assert draft.command == f"python train.py --config {{config}}{passed}"
    assert list(draft.space) == [name]
    assert first_words(draft)[4:] == passed.split()[:1] + ["0.1"] * bool(passed)


def test_an_option_that_is_in_the_config_too_may_depend_on_another(folder):
    (folder / "cfg.yaml").write_text("opt: adam\nmomentum: 0.9\nnesterov: false\n")
    switch = option("nesterov", False, switch=("--nesterov", "--no-nesterov"))
    options = (option("opt", "adam", choices=("adam", "sgd")), option("momentum", 0.9), switch)
    draft = drafted(folder, "python train.py", option("config", "cfg.yaml"), *options)
    assert draft.command == "python train.py --config {config} --opt {opt} {momentum} {nesterov}"
    assert first_words(draft)[4:] == ["--opt", "adam"]


def test_an_option_that_could_be_several_values_in_the_config_is_left_alone(folder):
    (folder / "cfg.yaml").write_text("a: {lr: 0.1, name: x}\nb: {lr: 0.1, name: y}\n")
    draft = drafted(folder, "python train.py", option("config", "cfg.yaml"), option("lr", 0.1), option("name", "x"))
    assert list(draft.space) == ["a.lr", "b.lr"]
    assert draft.skipped["lr"] == "cfg.yaml has several values of this name"
    assert draft.command == "python train.py --config {config}"


def test_an_option_that_the_command_gives_wins_over_the_config(folder):
    (folder / "cfg.yaml").write_text("lr: 0.01\noptimizer: {lr: 0.01, weight_decay: 0.1}\n")
    draft = drafted(
        folder, "python train.py --config cfg.yaml --lr 0.02",
        option("config", "cfg.yaml", given=True), option("lr", 0.02, given=True),
    )  # fmt: skip
    assert draft.command == "python train.py --config {config} --lr {lr}"
    assert list(draft.space) == ["lr", "optimizer.weight_decay"]
    assert first_words(draft)[-2:] == ["--lr", "0.02"]
    assert draft.skipped["optimizer.lr"] == "your command gives lr"


def test_an_option_whose_name_begins_another_is_no_abbreviation_of_it(folder):
    options = [
        option("lrate", 0.1, given=True),
        option("lrate_decay", 1.5, given=True),
        option("batch_size", 8, given=True),
    ]
    draft = drafted(folder, "python train.py --lrate 0.1 --batch 8", *options)
    assert draft.command == "python train.py --lrate {lrate} --batch {batch_size} {args}"
    assert first_words(draft) == ["python", "train.py", "--lrate", "0.1", "--batch", "8", "--lrate_decay", "1.5"]


def test_a_config_that_the_parser_reads_is_not_edited(folder):
    (folder / "cfg.yaml").write_text("lr: 0.1\n")
    options = option("config", "cfg.yaml", given=True), option("config.lr", 0.1)
    draft = drafted(folder, "python train.py --config cfg.yaml", *options)
    assert (draft.config, draft.command) == (None, "python train.py --config cfg.yaml {args}")


SHELL = r"""
export CUDA_VISIBLE_DEVICES=1
model="Auto former"; lr=${LR:-0.01}
mkdir -p logs
python prepare.py
for size in 96 192; do
python -u train.py \
  --model "$model" --lr $lr  --size ${size} "$@" >logs/a_$size.log 2>&1   # a comment
done
"""


def test_the_one_training_command_of_a_shell_script(folder, monkeypatch):
    (folder / "scripts").mkdir()
    (folder / "prepare.py").touch()
    script = folder / "scripts" / "go.sh"
    script.write_text(SHELL)
    monkeypatch.chdir(folder)
    sources = find_sources(Path("scripts/go.sh"))
    assert sources.command.words == tuple(shlex.split("python -u train.py --model 'Auto former' --lr 0.01 --size 96"))
    assert sources.command.variables == {"CUDA_VISIBLE_DEVICES": "1"}
    assert "--size 96 It has 1 more, which is not run." in sources.notes[0]
    sources = sources_of(CommandLine.parse(["bash", "scripts/go.sh"], folder))
    assert sources.command.program == ("bash",)  # It passes what it gets on to the script.
    script.write_text(SHELL.replace('"$@"', ""))
    assert sources_of(CommandLine.parse(["bash", "scripts/go.sh"], folder)).command.program == ("python", "-u")


def test_a_shell_script_with_arguments_and_variables_stands_for_its_command(folder):
    (folder / "run.sh").write_text(
        "exp=${1:-exp/base}\nlr=${LR:-0.1}\nwidth=8\nmkdir -p $exp\n"
        'python train.py --out "$exp" --lr $lr --width $width 2>&1 | tee "$exp/log"\n'
    )
    command = sources_of(CommandLine.parse(["LR=0.2", "bash", "run.sh", "exp/a b"], folder)).command
    assert command.words == ("python", "train.py", "--out", "exp/a b", "--lr", "0.2", "--width", "8")
    (folder / "train.py").write_text(
        "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--out')\n"
        "parser.add_argument('--lr', type=float)\nparser.add_argument('--width', type=int)\nparser.parse_args()\n"
    )
    drafted = draft_study(sources_of(CommandLine.parse(["bash", "run.sh", "exp/b"], folder)))
    assert drafted.command == "python train.py --out {trial_dir} --lr {lr} --width {width}"


def test_arguments_of_a_shell_script_are_not_lost(folder):
    (folder / "run.sh").write_text("lr=0.1\n. ./parse.sh\npython train.py --lr $lr\n")
    assert sources_of(CommandLine.parse(["bash", "run.sh"], folder)).command.program == ("python",)
    command = CommandLine.parse(["bash", "run.sh", "--lr", "0.2"], folder)
    assert sources_of(command).command == command


def test_the_variables_of_a_recipe_of_kaldi_are_options(folder):
    (folder / "prepare.py").touch()
    (folder / "run.sh").write_text(
        "stage=0\nhidden_dim=64\nlrate=0.01\nname=a\n. ./utils/parse_options.sh\nwidth=$hidden_dim\n"
        "python prepare.py\npython train.py --hidden $width --rate $lrate\n"
    )
    draft = draft_study(CommandLine.parse(shlex.split("bash run.sh --stage 0 --hidden-dim 48"), folder))
    assert draft.command == "bash run.sh --stage 0 --hidden-dim {hidden-dim} {args}"
    assert {name: parameter.default for name, parameter in draft.space.items()} == {"hidden-dim": 48, "lrate": 0.01}


@pytest.mark.parametrize(
    "text", ["echo hello", "python train.py --lr $1", "case $1 in\n--lr) LR=$2;; esac\npython train.py --lr $LR"]
)
def test_a_shell_script_without_such_a_command_is_the_program(folder, text):
    (folder / "run.sh").write_text(text)
    assert find_sources(folder / "run.sh").command.words == ("sh", "run.sh")


@pytest.mark.parametrize(
    ("files", "script", "words"),
    [
        ({"a/train.py": "from a.models.net import net", "a/models/net.py": ""}, "a/train.py", "python -m a.train"),
        ({"a/a/train.py": "from .m import f", "a/a/__init__.py": ""}, "a/a/train.py", "python -m a.train"),
        ({"s/train.py": "import lib", "lib/__init__.py": ""}, "s/train.py", "python -m s.train"),
        ({"s/train.py": "import lib, json", "s/lib.py": "", "json/x.py": ""}, "s/train.py", "python train.py"),
        ({"click/train.py": "import click"}, "click/train.py", "python train.py"),
        ({"a-b/train.py": "import lib", "lib.py": ""}, "a-b/train.py", "python train.py"),
    ],
)  # fmt: skip
def test_a_script_of_a_package_runs_as_a_module(tmp_path, files, script, words):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    command = find_sources(tmp_path / script).command
    assert " ".join(command.words) == words
    assert (command.folder / command.script).resolve() == (tmp_path / script).resolve()


def write_notebook(path: Path, *cells: str | list[str], kernel: str = "python3") -> None:
    code = [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": c} for c in cells]
    metadata = {"kernelspec": {"name": kernel, "language": "python"}}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"cells": code, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))


def test_a_notebook_runs_with_an_edited_cell(tmp_path):
    cells = [["lr = 0.1\n", "width = 8"], ["%matplotlib inline\n", "print(f'val_loss={lr / width}')"]]
    write_notebook(tmp_path / "train.ipynb", *cells)
    draft = draft_study(tmp_path / "train.ipynb")
    assert draft.command == "python -m tunesmith.notebooks {config} {trial_dir}/executed.ipynb"
    assert (draft.config, draft.objective) == ("train.ipynb", "minimize val_loss")
    assert list(draft.space) == ["lr", "width"]
    assert draft_study(CommandLine.parse(["train.ipynb"], tmp_path)).command == draft.command


@pytest.mark.parametrize(
    ("words", "options", "folder"),
    [
        ("python -m IPython nb/train.ipynb", "", "."),
        ("A=1 ipython nb/train.ipynb", "", "."),
        ("papermill -k own nb/train.ipynb out.ipynb", "--kernel own ", "."),
        ("python -m jupyter execute --inplace nb/train.ipynb", "", "nb"),
        ("jupyter-execute --kernel_name=own nb/train.ipynb", "--kernel own ", "nb"),
        ("jupyter nbconvert --execute --to notebook nb/train.ipynb --output done.ipynb", "", "nb"),
        ("python -m nbconvert --to html --execute nb/train.ipynb", "", "nb"),
    ],
)
def test_a_command_of_jupyter_runs_the_copy_of_the_trial(tmp_path: Path, words: str, options: str, folder: str) -> None:
    classes = "class CFG:\n    lr = 0.1\n    device = 'cuda' if cuda() else 'cpu'\n    scheduler = 'cosine'"
    use = "if CFG.scheduler == 'linear':\n    go()\nopt = SGD(lr=CFG.lr)\nprint('val_loss:', loss)"
    write_notebook(tmp_path / "nb" / "train.ipynb", classes, "%%bash\nls", use)
    parsed = CommandLine.parse(words.split(), tmp_path)
    draft = draft_study(parsed)
    assert draft.command == f"python -m tunesmith.notebooks {options}{{config}} {{trial_dir}}/executed.ipynb"
    assert draft.folder.resolve() == (tmp_path / folder).resolve()
    assert (tmp_path / folder / str(draft.config)).resolve() == tmp_path / "nb" / "train.ipynb"
    assert draft.environment == parsed.variables
    assert draft.objective == "minimize val_loss"
    assert list(draft.space) == ["CFG.lr", "scheduler"]


def test_ipython_runs_a_notebook_in_its_own_python(tmp_path: Path) -> None:
    write_notebook(tmp_path / "train.ipynb", "lr = 0.1\nprint('val_loss:', lr)", kernel="conda-env-old")
    command = CommandLine.parse(["ipython", "train.ipynb"], tmp_path)
    assert "tunesmith.notebooks --kernel python3 {config}" in draft_study(command).command


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("ipython train.ipynb --lr 1", "ipython {config} --lr 1"),
        ("jupyter nbconvert --to html train.ipynb", "jupyter nbconvert --to html {config}"),
        ("papermill train.ipynb out.ipynb -p lr 0.5", "papermill {config} out.ipynb -p lr 0.5"),
        ("jupyter execute train.ipynb other.ipynb", "jupyter execute {config} other.ipynb"),
    ],
)
def test_other_commands_of_jupyter_stay(tmp_path: Path, words: str, command: str) -> None:
    for name in ("train", "other"):
        write_notebook(tmp_path / f"{name}.ipynb", "lr = 0.1\nprint('val_loss:', lr)")
    assert draft_study(CommandLine.parse(words.split(), tmp_path)).command == command


def test_a_name_that_an_edit_would_not_know_keeps_its_table(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(
        "class Config:\n    lr = 0.1\n    dropout = 0.2\n"
        "optimizer = SGD(lr=Config.lr)\nprint(f'val_loss={loss(Config.dropout)}')\n"
    )
    draft = draft_study(tmp_path / "train.py")
    assert sorted(draft.space) == ["Config.lr", "dropout"]
    edit(tmp_path / "train.py", tmp_path / "copy.py", {"Config.lr": 0.3, "dropout": 0.1})
    assert "    lr = 0.3\n    dropout = 0.1\n" in (tmp_path / "copy.py").read_text()


def test_a_module_that_the_command_names_is_the_config(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    model = "class Config:\n    def __init__(self, data):\n        self.dropout = 0.2\n        self.data = data\n"
    (tmp_path / "models" / "Small.py").write_text(model + "\nclass Model:\n    def forward(self):\n        return 1\n")
    script = 'from importlib import import_module\nmodel = import_module("models." + args.model)\n'
    (tmp_path / "run.py").write_text(script + 'print(f"val_loss={loss}")\n')
    draft = drafted(tmp_path, "python run.py --model Small", option("model", "Small", given=True))
    assert draft.config == "models/Small.py"
    assert draft.command == "python run.py --model Small"
    assert "dropout" in " ".join(draft.space)


@pytest.mark.parametrize("name", ["configs.small", "small"])
def test_a_module_that_sets_the_values_of_an_object_is_the_config(tmp_path: Path, name: str) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "small.py").write_text("from common import cfg\ncfg.lr = 0.1\ncfg.dropout = 0.3\n")
    (tmp_path / "train.py").write_text("cfg = importlib.import_module(args.config).cfg\nprint('val_loss', 1)\n")
    draft = drafted(tmp_path, f"python train.py -C {name} --lr 0.2", option("config", name, given=True))
    assert (draft.config, draft.command) == ("configs/small.py", f"python train.py -C {name} --lr {{lr}}")
    assert {key: parameter.default for key, parameter in draft.space.items()} == {"lr": 0.2, "dropout": 0.3}


def test_a_file_with_hyperparameters_that_a_config_names(tmp_path: Path) -> None:
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "v7.json").write_text('{"learning_rate": 0.1, "num_leaves": 31}')
    (tmp_path / "SETTINGS.json").write_text('{"PARAMS": "params/v7.json", "FOLDS": 5, "OUT": "models/"}')
    (tmp_path / "train.py").write_text("settings = load('SETTINGS.json')\nprint('val_loss', 1)\n")
    draft = drafted(tmp_path, "python train.py")
    assert (draft.config, draft.command) == ("params/v7.json", "python train.py")
    assert list(draft.space) == ["learning_rate", "num_leaves"]


def test_one_of_several_configs_is_that_with_the_hyperparameters(tmp_path: Path) -> None:
    for name, text in {"data": "path: a\n", "model": "lr: 0.1\nwidth: 8\n"}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "train.py").write_text("print('val_loss', 1)\n")
    given = option("config_files", "data.yaml model.yaml", given=True)
    draft = drafted(tmp_path, "python train.py --config_files 'data.yaml model.yaml' --lr=0.2", given)
    assert (draft.config, draft.command) == (
        "model.yaml",
        "python train.py --config_files 'data.yaml model.yaml' --lr={lr}",
    )
    assert {name: parameter.default for name, parameter in draft.space.items()} == {"lr": 0.2, "width": 8}


def test_an_input_file_of_a_scientific_program(tmp_path: Path) -> None:
    (tmp_path / "run.inp").write_text("! soil\n&model\n ridge = 1.0d-6\n depth = 4 ! of the tree\n/\n")
    (tmp_path / "fit.py").write_text("import sys\ntable = read(sys.argv[1])\nprint('val_loss', 1)\n")
    draft = draft_study(CommandLine.parse(["python", "fit.py", "run.inp"], tmp_path))
    assert (draft.config, draft.command) == ("run.inp", "python fit.py {config}")
    assert list(draft.space) == ["model.ridge", "model.depth"]


def test_words_that_argparse_leaves_over_are_tuned(folder: Path) -> None:
    draft = drafted(folder, "python train.py --wid 8 --lr=0.2 --dropout 0.1", option("width", 8, given=True))
    assert draft.command == "python train.py --wid {width} --lr={lr} --dropout {dropout}"


def test_the_output_of_a_script_with_a_log_of_its_own_goes_to_the_artifacts(folder: Path) -> None:
    (folder / "train.py").write_text("logging.FileHandler(args.out + '/log.txt')\nprint('val_loss', 1)\n")
    options = [option("lr", 0.1), option("out", "runs", given=True)]
    draft = drafted(folder, "python train.py --out runs", *options)
    assert draft.command == "python train.py --out {trial_dir}/artifacts {args}"


def test_an_option_is_not_taken_for_a_short_one_with_its_value(folder: Path) -> None:
    (folder / "train.py").write_text(
        "import argparse\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('-d', '--hidden_dim', type=int, default=8)\n"
        "parser.add_argument('-de', '--double_embedding', action='store_true')\nargs = parser.parse_args()\n"
    )
    draft = draft_study(CommandLine.parse(["python", "train.py", "-d16", "-de"], folder))
    assert draft.command == "python train.py -d{hidden_dim} -de"


def test_a_command_may_begin_with_its_folder(folder: Path) -> None:
    (folder / "my code").mkdir()
    (folder / "my code" / "train.py").write_text("")
    command = CommandLine.parse(["cd 'my code' && python train.py --lr 1"], folder)
    assert (command.folder, command.own_words) == (folder / "my code", ("python", "train.py", "--lr", "1"))
    with pytest.raises(InputError, match="must run in a folder, but there is no"):
        CommandLine.parse(["cd nowhere && python train.py"], folder)
    with pytest.raises(InputError, match=r"must not contain \|"):
        CommandLine.parse(["cd 'my code' && python train.py | tee log"], folder)


def test_keys_without_dashes_are_replaced_where_they_stand(folder: Path) -> None:
    options = [
        option(name, value, given=True, spellings=(name,)) for name, value in {"SOLVER.LR": 0.1, "OUT": "a"}.items()
    ]
    draft = drafted(folder, "python train.py SOLVER.LR 0.1 OUT a", *options)
    assert draft.command == "python train.py SOLVER.LR {SOLVER.LR} OUT {trial_dir}"


def test_a_config_that_the_script_finds_by_its_name_keeps_its_name_in_the_command(tmp_path: Path) -> None:
    (tmp_path / "data" / "hyps").mkdir(parents=True)
    (tmp_path / "data" / "hyps" / "low.yaml").write_text("lr0: 0.01\nmomentum: 0.9\n")
    (tmp_path / "data" / "points.yaml").write_text("names: [a, b]\nlr: 1\n")
    (tmp_path / "train.py").write_text("hyp = read(ROOT / 'data' / 'hyps' / opt.hyp)\nprint('val_loss', 1)\n")
    options = [option("data", "points.yaml", given=True), option("hyp", "low.yaml")]
    draft = drafted(tmp_path, "python train.py --data points.yaml", *options)
    assert (draft.config, draft.command) == ("data/hyps/low.yaml", "python train.py --data points.yaml")
    assert list(draft.space) == ["lr0", "momentum"]


def test_a_table_of_a_config_that_the_command_chooses(tmp_path: Path) -> None:
    (tmp_path / "hyperparams").mkdir()
    cases = "Windy:\n  gamma: 0.9\n  learning_rate: 0.2\nCliff:\n  gamma: 0.8\n"
    (tmp_path / "hyperparams" / "ppo.yml").write_text(cases)
    (tmp_path / "train.py").write_text("table = read('hyperparams/' + args.algo + '.yml')\nprint('val_loss', 1)\n")
    options = [option("algo", "ppo"), option("env", "Windy", given=True)]
    draft = drafted(tmp_path, "python train.py --env Windy", *options)
    assert draft.config == "hyperparams/ppo.yml"
    assert list(draft.space) == ["Windy.learning_rate", "Windy.gamma"]
    assert draft.skipped["Cliff.gamma"] == "of another case than that of your command"


def test_numbers_that_a_config_has_as_texts_stay_texts(folder: Path) -> None:
    (folder / "hyperparameters.json").write_text('{"epochs": "6", "lr": "5e-3", "depth": "4", "likelihood": "normal"}')
    given = option("hyperparameters", "hyperparameters.json", given=True)
    draft = drafted(folder, "python train.py --hyperparameters hyperparameters.json", given)
    assert list(draft.space) == ["lr", "depth"]
    task = task_of(draft)
    assert baseline(SearchSpace(draft.space), task.defaults()).parameters == {"lr": 0.005, "depth": 4}
    edit(folder / "hyperparameters.json", folder / "copy.json", {"lr": 0.25, "depth": 3, "likelihood": "student"})
    copy = json.loads((folder / "copy.json").read_text())
    assert copy == {"epochs": "6", "lr": "0.25", "depth": "3", "likelihood": "student"}


def test_a_config_that_names_files_beside_it_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "base.yaml").write_text("epochs: 3\n")
    (tmp_path / "configs" / "small.yaml").write_text("base: base.yaml\nlr: 0.1\n")
    (tmp_path / "alone.yaml").write_text("lr: 0.1\n")
    (tmp_path / "train.py").write_text('print(f"val_loss={loss}")\n')
    commands = {}
    for name in ("configs/small.yaml", "alone.yaml"):
        draft = drafted(tmp_path, f"python train.py --config {name}", option("config", name, given=True))
        assert draft.config == name
        commands[name] = draft.command
    assert commands["configs/small.yaml"] == "python train.py --config configs/small.yaml"
    assert commands["alone.yaml"] == "python train.py --config {config}"


@pytest.mark.parametrize(("required", "command"), [(False, ""), (True, " --output {trial_dir}")])
def test_an_output_that_the_user_does_not_ask_for_is_not_written(folder: Path, required: bool, command: str) -> None:
    output = option("output", None, kind="str", required=required)
    assert drafted(folder, "python train.py --lr 0.1", LR, output).command == f"python train.py --lr {{lr}}{command}"


def test_words_that_are_unclear_are_no_task_where_a_config_is_tuned(folder: Path) -> None:
    (folder / "params.yaml").write_text("train:\n  depth: 12\n  learning_rate: 0.1\n")
    text = "import sys, yaml\nparams = yaml.safe_load(open('params.yaml'))\nfor word in sys.argv: print(word)\n"
    (folder / "train.py").write_text(text)
    drafted = draft_study(sources_of(CommandLine.parse(["python", "train.py", "x"], folder)))
    assert "train.learning_rate" in drafted.space
    assert not [note for note in drafted.notes if "[space]" in note]
