from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from tunesmith.init import draft_study
from tunesmith.init.asked import Asked
from tunesmith.init.command_line import CommandLine
from tunesmith.init.reading import read_options
from tunesmith.init.script_option import ScriptOption


def read(
    folder: Path, text: str, *words: str, file: str = "train.py", variables: Mapping[str, str] | None = None, **files
) -> Asked:
    for name, content in {file: text, **{f"{name}.py": content for name, content in files.items()}}.items():
        (folder / name).write_text(dedent(content))
    command = CommandLine(
        words=("run", file, *words), folder=folder, script=Path(file), arguments=words, variables=variables or {}
    )
    return read_options(command)


def described(answer: Asked) -> dict[str, tuple[object, ...]]:
    assert answer.failure is None
    return {option.name: (option.kind, option.default, option.value, option.given) for option in answer.options}


def by_name(answer: Asked) -> dict[str, ScriptOption]:
    return {option.name: option for option in answer.options}


def test_argparse_in_the_script_and_beside_it(tmp_path):
    answer = read(
        tmp_path,
        """
        import argparse
        from options import add
        parser = argparse.ArgumentParser()
        parser.add_argument("data")
        add(parser)
        WIDTH = 2 ** 6
        parser.add_argument("--width", "-w", default=WIDTH, type=int, help="how  wide")
        parser.add_argument("--optimizer", choices=["sgd", "adam"])
        parser.add_argument("--amp", action="store_true", default=True)
        parser.add_argument("--ema", type=bool, default=True)
        parser.add_argument("--clip", action=argparse.BooleanOptionalAction, default=True)
        parser.add_argument("--bias", dest="bias", action="store_true", default=True)
        parser.add_argument("--no-bias", dest="bias", action="store_false")
        parser.add_argument("--layers", type=int, nargs="+", default=[1, 2])
        parser.set_defaults(lr=0.5)
        """,
        *("x.csv", "-w", "8", "--no-clip", "--lay", "3", "4", "--no-bias"),
        options="""
        def add(parser):
            parser.add_argument("--lr", type=float, default=0.1, required=True)
        """,
    )
    assert answer.framework == "argparse"
    assert described(answer) == {
        "data": ("str", None, "x.csv", True),
        "width": ("int", 64, 8, True),
        "optimizer": ("str", None, None, False),
        "amp": ("other", True, True, False),
        "ema": ("other", True, True, False),
        "clip": ("bool", True, False, True),
        "bias": ("bool", True, False, True),
        "layers": ("list", [1, 2], [3, 4], True),
        "lr": ("float", 0.5, 0.5, False),
    }
    options = by_name(answer)
    assert (options["width"].spellings, options["width"].help) == (("--width", "-w"), "how wide")
    assert (options["optimizer"].choices, options["lr"].required) == (("sgd", "adam"), True)
    assert options["clip"].switch == ("--clip", "--no-clip")
    assert options["bias"].switch == ("--bias", "--no-bias")
    assert [note.split()[0] for note in answer.notes] == ["--amp", "--ema", "--bias"]


def test_subcommands_of_argparse(tmp_path):
    script = """
    import argparse
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    train = commands.add_parser("train")
    train.add_argument("--lr", type=float, default=0.1)
    test = commands.add_parser("test")
    test.add_argument("--checkpoint")
    """
    answer = read(tmp_path, script, "train", "--lr=1")
    assert described(answer) == {"lr": ("float", 0.1, 1.0, True)}
    assert answer.options[0].subcommand == ("train",)
    answer = read(tmp_path, script)
    assert (answer.options, len(answer.notes)) == ((), 1)
    assert "train, test" in answer.notes[0]


def test_click(tmp_path):
    answer = read(
        tmp_path,
        """
        import click
        @click.command()
        @click.argument("data")
        @click.option("-l", "--lr", default=1e-3, help="rate")
        @click.option("--width", type=click.IntRange(1, 64), required=True)
        @click.option("--act", type=click.Choice(["relu", "gelu"]), default="relu")
        @click.option("--augment/--no-augment", default=True)
        def main(**options): ...
        """,
        *("x", "-l", "0.1", "--no-augment"),
    )
    assert answer.framework == "click"
    assert described(answer) == {
        "data": ("str", None, "x", True),
        "lr": ("float", 0.001, 0.1, True),
        "width": ("int", None, None, False),
        "act": ("str", "relu", "relu", False),
        "augment": ("bool", True, False, True),
    }
    assert by_name(answer)["augment"].switch == ("--augment", "--no-augment")
    assert by_name(answer)["act"].choices == ("relu", "gelu")


@pytest.mark.parametrize(
    ("text", "framework", "spelling", "switch"),
    [
        ("import tyro\ntyro.cli(Args)", "tyro", "--learning-rate", ("--amp", "--no-amp")),
        ("import fire\nfire.Fire(Args)", "fire", "--learning_rate", ("--amp=True", "--amp=False")),
        (
            "from transformers import HfArgumentParser\nHfArgumentParser((Args,))",
            *("HfArgumentParser", "--learning_rate", ("--amp=true", "--amp=false")),
        ),
    ],
)
def test_dataclasses(tmp_path, text, framework, spelling, switch):
    fields = """
    import enum
    from dataclasses import dataclass, field
    from typing import Literal, Optional
    class Act(enum.Enum):
        RELU = 1
        GELU = 2
    @dataclass
    class Args:
        steps: int
        learning_rate: float = field(default=1e-3)
        act: Act = Act.GELU
        patch: Literal[8, 16] = 16
        wd: Optional[float] = None
        amp: bool = False
    """
    answer = read(tmp_path, f"{dedent(fields)}{text}\n", "--steps=5", f"{spelling}=0.1")
    rate = spelling.lstrip("-")
    assert answer.framework == framework
    assert described(answer) == {
        "steps": ("int", None, 5, True),
        rate: ("float", 0.001, 0.1, True),
        "act": ("str", "GELU", "GELU", False),
        "patch": ("int", 16, 16, False),
        "wd": ("float", None, None, False),
        "amp": ("bool", False, False, False),
    }
    options = by_name(answer)
    assert (options["steps"].required, options["patch"].choices) == (True, (8, 16))
    assert (options["act"].choices, options["amp"].switch) == (("RELU", "GELU"), switch)


def test_typer(tmp_path):
    answer = read(
        tmp_path,
        """
        import typer
        app = typer.Typer()
        @app.command()
        def train(data: str, learning_rate: float = typer.Option(0.1, "--lr"), amp: bool = True): ...
        @app.command()
        def test(checkpoint: str): ...
        """,
        *("train", "x", "--no-amp"),
    )
    assert answer.framework == "typer"
    assert described(answer) == {
        "data": ("str", None, "x", True),
        "lr": ("float", 0.1, 0.1, False),
        "amp": ("bool", True, False, True),
    }
    assert {option.subcommand for option in answer.options} == {("train",)}


def test_absl(tmp_path):
    answer = read(
        tmp_path,
        """
        from absl import flags
        flags.DEFINE_float("lr", 0.1, "rate")
        flags.DEFINE_enum("act", "relu", ["relu", "gelu"], "which")
        flags.DEFINE_bool("amp", True, "")
        flags.DEFINE_string("workdir", None, "where", required=True)
        """,
        *("--noamp", "--lr=0.2"),
    )
    assert answer.framework == "absl"
    assert described(answer) == {
        "lr": ("float", 0.1, 0.2, True),
        "act": ("str", "relu", "relu", False),
        "amp": ("bool", True, False, True),
        "workdir": ("str", None, None, False),
    }
    options = by_name(answer)
    assert (options["act"].help, options["act"].choices) == ("which", ("relu", "gelu"))
    assert (options["workdir"].required, options["lr"].form) == (True, "--name=value")


def test_ml_collections(tmp_path):
    answer = read(
        tmp_path,
        """
        from ml_collections import config_flags
        config_flags.DEFINE_config_file("config", None)
        """,
        *("--config=defaults.py", "--config.model.width=8"),
        defaults="""
        import ml_collections
        WIDTH = 64
        def get_config():
            config = ml_collections.ConfigDict({"lr": 0.1, "data": {"name": "x"}})
            model = config.model = ml_collections.ConfigDict()
            model.width = WIDTH
            config.model.bias = True
            config.steps = compute()
            config.optim = dict(beta=0.9)
            return config
        """,
    )
    assert answer.framework == "absl"
    assert described(answer) == {
        "config": ("path", None, "defaults.py", True),
        "config.lr": ("float", 0.1, 0.1, False),
        "config.data.name": ("str", "x", "x", False),
        "config.model.width": ("int", 64, 8, True),
        "config.model.bias": ("bool", True, True, False),
        "config.optim.beta": ("float", 0.9, 0.9, False),
    }


def test_hydra(tmp_path):
    for name, text in {
        "config.yaml": "defaults:\n  - _self_\n  - optimizer: adam\n  - base\n  - override hydra/launcher: x\n"
        "width: 8\nhalf: ${width}\namp: true\ndata: ???\n",
        "base.yaml": "# @package _global_\nseed: 1\n",
        "optimizer/adam.yaml": "lr: 0.001\n",
        "optimizer/sgd.yaml": "lr: 0.1\nmomentum: 0.9\n",
    }.items():
        (tmp_path / "conf" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "conf" / name).write_text(text)
    answer = read(
        tmp_path,
        """
        import hydra
        @hydra.main(version_base=None, config_path="conf", config_name="config")
        def main(config): ...
        """,
        *("optimizer=sgd", "optimizer.lr=0.2"),
    )
    assert answer.framework == "hydra"
    assert described(answer) == {
        "optimizer": ("str", "adam", "sgd", True),
        "width": ("int", 8, 8, False),
        "amp": ("bool", True, True, False),
        "data": ("str", None, None, False),
        "optimizer.lr": ("float", 0.1, 0.2, True),
        "optimizer.momentum": ("float", 0.9, 0.9, False),
        "seed": ("int", 1, 1, False),
    }
    options = by_name(answer)
    assert (options["optimizer"].choices, options["data"].required) == (("adam", "sgd"), True)


def test_constants_that_the_command_line_replaces(tmp_path):
    answer = read(
        tmp_path,
        """
        out_dir = "out"
        learning_rate = 6e-4  # the largest
        compile = True
        betas = (0.9, 0.95)
        exec(open("configurator.py").read())
        tokens = 3
        """,
        *("small.py", "--learning_rate=1e-3", "--compile=False"),
        small="out_dir = 'small'\n",
        configurator="import sys\nfor arg in sys.argv[1:]:\n    globals()[arg.split('=')[0][2:]] = 1\n",
    )
    assert described(answer) == {
        "out_dir": ("str", "small", "small", False),
        "learning_rate": ("float", 6e-4, 1e-3, True),
        "compile": ("bool", True, False, True),
    }
    assert by_name(answer)["compile"].switch == ("--compile=True", "--compile=False")


def test_arguments_taken_by_hand(tmp_path):
    answer = read(
        tmp_path,
        """
        import sys
        lr = float(sys.argv[1])
        width = int(sys.argv[2]) if len(sys.argv) > 2 else 64
        data = open(sys.argv[3]).read()
        """,
        "0.2",
    )
    assert described(answer) == {
        "lr": ("float", None, 0.2, True),
        "width": ("int", 64, 64, False),
        "data": ("path", None, None, False),
    }
    assert [option.required for option in answer.options] == [True, False, True]
    answer = read(
        tmp_path,
        """
        import sys
        words = dict(word.split("=") for word in sys.argv[1:])
        lr = float(words.get("lr", 1))
        steps = int(words["steps"])
        """,
        "lr=0.2",
    )
    assert described(answer) == {"lr": ("float", 1.0, 0.2, True), "steps": ("int", None, None, False)}
    assert (answer.options[0].form, answer.options[0].spellings) == ("name=value", ("lr",))


@pytest.mark.parametrize("line", ["data, rate = sys.argv[1:]", "_, data, rate = sys.argv"])
def test_arguments_that_are_unpacked(tmp_path, line):
    answer = read(tmp_path, f"import sys\n{line}\ntrain(data, lr=float(rate))\n", "x.csv", "0.2")
    assert described(answer) == {"data": ("str", None, "x.csv", True), "rate": ("float", None, 0.2, True)}


def test_the_settings_of_pydantic_are_variables(tmp_path):
    (tmp_path / ".env").write_text("# mine\nFRAUD_ROUNDS = 80\nexport FRAUD_BOOSTER__ETA='0.3'\n")
    text = """
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, SettingsConfigDict
class Booster(BaseModel):
    eta: float = 0.1
    depth: int = Field(6, ge=2, lt=12)
    kind: Literal["gbtree", "dart"] = "gbtree"
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FRAUD_", env_nested_delimiter="__", env_file=".env")
    rounds: int = 100
    share: float = Field(default=0.5, validation_alias="SHARE")
    weighted: bool = True
    booster: Booster = Booster(depth=4)
settings = Settings()
"""
    answer = read(tmp_path, text, "FRAUD_SHARE=1", variables={"SHARE": "0.7"})
    options = by_name(answer)
    assert {name: (option.kind, option.default, option.value) for name, option in options.items()} == {
        "FRAUD_ROUNDS": ("int", 80, 80),
        "SHARE": ("float", 0.5, 0.7),
        "FRAUD_WEIGHTED": ("bool", True, True),
        "FRAUD_BOOSTER__ETA": ("float", 0.3, 0.3),
        "FRAUD_BOOSTER__DEPTH": ("int", 4, 4),
        "FRAUD_BOOSTER__KIND": ("str", "gbtree", "gbtree"),
    }
    assert options["FRAUD_WEIGHTED"].switch == ("FRAUD_WEIGHTED=true", "FRAUD_WEIGHTED=false")
    assert options["FRAUD_BOOSTER__KIND"].choices == ("gbtree", "dart")
    assert options["FRAUD_BOOSTER__DEPTH"].bounds == (2, pytest.approx(12))
    (tmp_path / "train.py").write_text(text)
    draft = draft_study(CommandLine.parse(["FRAUD_BOOSTER__ETA=0.2", "python", "train.py"], tmp_path))
    assert draft.command == "env {args} python train.py"
    assert draft.space["FRAUD_BOOSTER__ETA"].default == 0.2


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ('E = os.environ\nLR = float(E.get("LR", "0.1"))', 0.1),
        ('E = os.environ\nLR = float(E["LR"])', None),
        ('E = dict(os.environ)\nLR = float(E["LR"])', None),
        ('get = os.environ.get\nLR = float(get("LR", 0.1))', 0.1),
        ('from os import environ as env\nLR = float(env["LR"])', None),
        ('from os import getenv as env\nLR = float(env("LR", default=0.1))', 0.1),
        ('LR = float(os.environ.get("LR") or "0.1")', 0.1),
        ('LR = float(os.environ["LR"]) if "LR" in os.environ else 0.1', 0.1),
        ('BASE = 0.1\nLR = float(os.getenv("LR", BASE))', 0.1),
        (
            'def env(name, default, kind=float):\n    return kind(os.environ.get(name, default))\nLR = env("LR", 0.1)',
            0.1,
        ),
        ('env = lambda name, default: float(os.getenv(name, str(default)))\nLR = env("LR", 0.1)', 0.1),
        (
            'def env(name, default):\n    text = os.environ.get("L" + name.upper())\n'
            '    return default if text is None else type(default)(text)\nLR = env("r", default=0.1)',
            0.1,
        ),
        ('def env(name):\n    return os.environ[f"L{name}"]\nLR = float(env("R"))', None),
        ('import settings\nLR = settings.number("LR", 0.1)', 0.1),
        ('E = {"LR": "0.1"}\nLR = float(E.get("LR", "0.1"))', ...),
        ('def env(name, default):\n    return float(default)\nLR = env("LR", 0.1)', ...),
    ],
)
def test_variables_that_are_read_under_another_name(tmp_path, text, default):
    (tmp_path / "settings.py").write_text(
        "import os\ndef number(key, otherwise):\n    return float(os.getenv(key, otherwise))\n"
    )
    options = by_name(read(tmp_path, f"import os\n{text}\n# environ\n"))
    expected = {} if default is ... else {"LR": ("float", default)}
    assert {name: (option.kind, option.default) for name, option in options.items()} == expected


def test_the_type_that_a_function_makes_of_a_variable(tmp_path):
    function = "import os\ndef env(name, default, kind=float):\n    return kind(os.environ.get(name, default))\n"
    text = 'WIDTH = env("WIDTH", 32, int)\nDEPTH = env("DEPTH", 3, kind=int)\nLR = env("LR", 1)\n'
    options = by_name(read(tmp_path, f'{function}{text}KIND = env("KIND", "a", str)'))
    assert {name: (option.kind, option.default) for name, option in options.items()} == {
        "WIDTH": ("int", 32),
        "DEPTH": ("int", 3),
        "LR": ("float", 1.0),
        "KIND": ("str", "a"),
    }


def test_shell(tmp_path):
    script = """
    lr=0.1
    while [ $# -gt 0 ]; do
      case $1 in
        --lr) lr=$2; shift 2;;
        --fast) fast=1; shift;;
      esac
    done
    """
    assert described(read(tmp_path, script, "--lr", "0.2", file="run.sh")) == {
        "lr": ("float", 0.1, 0.2, True),
        "fast": ("bool", False, False, False),
    }
    script = """
    # ${OLD:-1}
    LR=${LR:-0.1}
    : "${WIDTH:=64}"
    python train.py --lr $LR --width $WIDTH --data ${1:-x}
    """
    answer = read(tmp_path, script, "y", file="run.sh", variables={"LR": "0.2"})
    assert described(answer) == {
        "LR": ("float", 0.1, 0.2, True),
        "WIDTH": ("int", 64, 64, False),
        "argument-1": ("str", "x", "y", True),
    }
    assert "env LR=0.1 bash run.sh" in answer.notes[0]
    answer = read(tmp_path, "LR=0.1\npython train.py --lr $LR\n", file="run.sh")
    assert (answer.options, "LR=${LR:-0.1}" in answer.notes[0]) == ((), True)


def test_r(tmp_path):
    answer = read(
        tmp_path,
        """
        library(optparse)  # not make_option("--no")
        options <- list(
          make_option(c("-l", "--lr"), type = "double", default = 1e-3, help = "rate, at first"),
          make_option("--depth", type = "integer", default = 4L),
          make_option("--fast", action = "store_true", default = FALSE)
        )
        opt <- parse_args(OptionParser(option_list = options))
        """,
        *("--lr=0.1", "--fast"),
        file="train.R",
    )
    assert answer.framework == "optparse"
    assert described(answer) == {
        "lr": ("float", 0.001, 0.1, True),
        "depth": ("int", 4, 4, False),
        "fast": ("bool", False, True, True),
    }
    assert (answer.options[0].spellings, answer.options[0].help) == (("-l", "--lr"), "rate, at first")
    text = "args <- commandArgs(trailingOnly = TRUE)\nlr <- as.numeric(args[1])\ndata <- args[2]\n"
    assert described(read(tmp_path, text, "0.1", file="train.R")) == {
        "lr": ("float", None, 0.1, True),
        "data": ("str", None, None, False),
    }


def test_julia(tmp_path):
    answer = read(
        tmp_path,
        """
        using ArgParse
        s = ArgParseSettings()
        @add_arg_table! s begin
            "--lr", "-l"  # the rate
                help = "rate"
                arg_type = Float64
                default = 1
            "--fast"
                action = :store_true
            "data"
                required = true
        end
        """,
        *("-l", "0.1", "x"),
        file="train.jl",
    )
    assert answer.framework == "ArgParse"
    assert described(answer) == {
        "lr": ("float", 1.0, 0.1, True),
        "fast": ("bool", False, False, False),
        "data": ("str", None, "x", True),
    }
    assert described(read(tmp_path, "lr = parse(Float64, ARGS[1])\n", "0.1", file="train.jl")) == {
        "lr": ("float", None, 0.1, True),
    }


def test_what_is_not_read_is_said(tmp_path):
    answer = read(tmp_path, "from docopt import docopt\ndocopt(__doc__)\n")
    assert "docopt, which tells them only when the script is asked" in answer.notes[0]
    answer = read(tmp_path, "print $ARGV[0];\n", file="train.pl")
    assert answer.failure == "Options are read in Python, shell, R and Julia, and not in train.pl."
    assert read(tmp_path, "LR = 0.1\n") == Asked()
    assert read(tmp_path, "this is no python\n") == Asked()
