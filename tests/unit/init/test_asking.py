"""Real scripts in real processes, with the libraries themselves."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tunesmith.config_files.names import NOT_PLAIN
from tunesmith.init.asked import Asked
from tunesmith.init.asking import ask
from tunesmith.init.command_line import CommandLine
from tunesmith.init.script_option import ScriptOption

END = "\nopen('trained', 'w').write('x')\nraise SystemExit('it went on')\n"


def command(folder: Path, *words: str) -> CommandLine:
    """The command `python train.py WORDS`."""
    return CommandLine.parse([sys.executable, "train.py", *words], folder)


def asked(folder: Path, text: str, *words: str, **files: str) -> Asked:
    """The answer of a script that reads its arguments, after which it may do nothing."""
    for name, content in files.items():
        (folder / f"{name}.py").write_text(dedent(content))
    (folder / "train.py").write_text(dedent(text) + END)
    before = sorted(folder.rglob("*"))
    answer = ask(command(folder, *words), seconds=120)
    assert sorted(folder.rglob("*")) == before
    return answer


def by_name(answer: Asked) -> dict[str, ScriptOption]:
    assert answer.failure is None
    return {option.name: option for option in answer.options}


def described(option: ScriptOption) -> tuple[object, ...]:
    return option.kind, option.default, option.value, option.given


def test_argparse(tmp_path):
    answer = asked(
        tmp_path,
        """
        import argparse, pathlib
        def boolean(text):
            return text if isinstance(text, bool) else {"yes": True, "true": True, "false": False}[text]
        parser = argparse.ArgumentParser()
        parser.add_argument("data")
        group = parser.add_argument_group("training")
        group.add_argument("-b", "--batch-size", type=int, default=32, help="samples   of %(default)s\\n a step")
        group.add_argument("--lr", type=float, default="1e-3")
        parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
        parser.add_argument("--amp", action="store_true")
        parser.add_argument("--no-bias", dest="bias", action="store_false")
        parser.add_argument("--clip", action=argparse.BooleanOptionalAction, default=True)
        parser.add_argument("--pool", action="store_true", default=False)
        parser.add_argument("--no-pool", dest="pool", action="store_false")
        parser.add_argument("--ema", type=boolean, default=False)
        parser.add_argument("--steps", type=lambda text: int(float(text)), default=100)
        parser.add_argument("--layers", type=int, nargs="+", default=[1, 2])
        parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("runs"))
        parser.add_argument("--seed", type=int, required=True)
        parser.add_argument("--broken", type=bool, default=True)
        parser.add_argument("--already", action="store_true", default=True)
        parser.register("type", "yes or no", lambda text: {"true": True, "false": False}[text])
        parser.add_argument("--mixup", type="yes or no", default=False)
        parser.add_argument("--depth", type=int, choices=range(1, 100), default=3)
        parser.add_argument("--odd", default=object())
        args = parser.parse_args()
        """,
        *("x.csv", "--lr=0.1", "-b", "64", "--amp", "--no-bias", "--no-clip", "--seed", "3", "--layers", "4"),
    )
    options = by_name(answer)
    assert answer.framework == "argparse"
    assert options["batch-size"] == ScriptOption(
        name="batch-size",
        spellings=("-b", "--batch-size"),
        kind="int",
        default=32,
        value=64,
        given=True,
        help="samples of 32 a step",
    )
    assert (options["data"].form, options["data"].spellings, options["data"].value) == ("positional", (), "x.csv")
    assert (options["data"].required, options["seed"].required, options["lr"].required) == (True, True, False)
    assert described(options["lr"]) == ("float", 0.001, 0.1, True)
    assert options["optimizer"].choices == ("sgd", "adam")
    assert described(options["amp"]) == ("bool", False, True, True)
    assert (options["amp"].switch, options["no-bias"].switch) == (("--amp", ""), ("--no-bias", ""))
    assert described(options["no-bias"]) == ("bool", False, True, True)
    assert (*described(options["clip"]), options["clip"].switch) == ("bool", True, False, True, ("--clip", "--no-clip"))
    assert (*described(options["pool"]), options["pool"].switch) == (
        *("bool", False, False, False),
        ("--pool", "--no-pool"),
    )
    assert (options["ema"].kind, options["ema"].switch) == ("bool", ("--ema=true", "--ema=false"))
    assert [options[name].kind for name in ("steps", "layers", "out", "broken", "already")] == [
        *("int", "list", "path", "other", "other"),
    ]
    assert described(options["layers"]) == ("list", [1, 2], [4], True)
    assert (options["mixup"].kind, options["mixup"].switch) == ("bool", ("--mixup=true", "--mixup=false"))
    assert (options["depth"].kind, options["depth"].choices) == ("int", None)
    assert options["odd"].default is NOT_PLAIN
    assert "no-pool" not in options
    assert "help" not in options
    assert len(answer.notes) == 2
    assert "--broken has type=bool" in answer.notes[0]
    assert "--already has no effect" in answer.notes[1]


def test_a_small_parser_before_the_real_one_in_another_file(tmp_path):
    answer = asked(
        tmp_path,
        "import options\noptions.read()\n",
        *("-c", "big", "--lr", "0.5"),
        options="""
        import argparse
        first = argparse.ArgumentParser(add_help=False)
        first.add_argument("-c", "--config", default="")
        parser = argparse.ArgumentParser()
        parser.add_argument("--width", type=int, default=8)
        parser.add_argument("--lr", type=float, default=0.1)
        def read():
            chosen, rest = first.parse_known_args()
            if chosen.config == "big":
                parser.set_defaults(width=128)
            return parser.parse_args(rest)
        """,
    )
    options = by_name(answer)
    assert list(options) == ["config", "width", "lr"]
    assert described(options["config"]) == ("str", "", "big", True)
    assert described(options["width"]) == ("int", 128, 128, False)
    assert described(options["lr"]) == ("float", 0.1, 0.5, True)


def test_subcommands(tmp_path):
    script = """
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train")
    train.add_argument("--lr", type=float, default=0.1)
    commands.add_parser("test").add_argument("--checkpoint", required=True)
    args = parser.parse_args()
    """
    options = by_name(asked(tmp_path, script, "train", "--lr", "0.2"))
    assert list(options) == ["seed", "lr"]
    assert (options["lr"].subcommand, options["lr"].value) == (("train",), 0.2)
    answer = asked(tmp_path, script)
    assert list(by_name(answer)) == ["seed"]
    assert answer.notes == (
        "TO DO: add a subcommand to the command, since its options are read with it: train, test.",
        "With the words of the command as it is, the script says: the following arguments are required: command",
    )


def test_arguments_that_no_option_of_the_command_line_reaches(tmp_path):
    script = """
    import argparse, sys
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.1)
    """
    answer = asked(tmp_path, f"{dedent(script)}parser.parse_args([])", "--lr", "0.2")
    assert answer.options == ()
    assert "reads a fixed list" in answer.notes[0]
    answer = asked(tmp_path, f"{dedent(script)}sys.argv = ['x', '--lr', '0.5']\nparser.parse_args()", "--lr", "0.2")
    assert "replaces sys.argv" in answer.notes[0]


def test_simple_parsing(tmp_path):
    pytest.importorskip("simple_parsing")
    answer = asked(
        tmp_path,
        """
        from dataclasses import dataclass
        from simple_parsing import ArgumentParser
        @dataclass
        class Training:
            lr: float = 1e-3  # the learning rate
            amsgrad: bool = False
        parser = ArgumentParser()
        parser.add_arguments(Training, dest="training")
        args = parser.parse_args()
        """,
        "--amsgrad",
    )
    options = by_name(answer)
    assert answer.framework == "simple-parsing"
    assert (*described(options["lr"]), options["lr"].help) == ("float", 0.001, 0.001, False, "the learning rate")
    assert (*described(options["amsgrad"]), options["amsgrad"].switch) == (
        *("bool", False, True, True),
        ("--amsgrad", "--noamsgrad"),
    )


def test_configargparse_counts_what_the_command_says_and_not_its_files(tmp_path):
    pytest.importorskip("configargparse")
    (tmp_path / "defaults.ini").write_text("wd = 0.5\n")
    answer = asked(
        tmp_path,
        """
        import configargparse
        parser = configargparse.ArgParser(default_config_files=["defaults.ini"])
        parser.add("--lr", type=float, default=0.1)
        parser.add("--wd", type=float, default=0.0)
        parser.parse_args()
        """,
        *("--lr", "0.3"),
    )
    assert answer.framework == "configargparse"
    assert {name: described(option) for name, option in by_name(answer).items()} == {
        "lr": ("float", 0.1, 0.3, True),
        "wd": ("float", 0.5, 0.5, False),
    }


def test_what_a_file_gives_is_not_missing_in_the_command(tmp_path):
    pytest.importorskip("configargparse")
    (tmp_path / "a.ini").write_text("data = points\n")
    answer = asked(
        tmp_path,
        """
        import configargparse
        parser = configargparse.ArgParser()
        parser.add("--config", is_config_file=True)
        parser.add("--data", required=True)
        parser.add("--lr", type=float, required=True)
        parser.parse_args()
        """,
        *("--config", "a.ini", "--lr", "0.3"),
    )
    assert {name: option.required for name, option in by_name(answer).items()} == {
        "config": False,
        "data": False,
        "lr": True,
    }


def test_jsonargparse(tmp_path):
    pytest.importorskip("jsonargparse")
    answer = asked(
        tmp_path,
        """
        from jsonargparse import ArgumentParser
        class Net:
            def __init__(self, width: int = 8, dropout: float = 0.1): ...
        def train(lr: float = 0.1, amp: bool = False): ...
        parser = ArgumentParser()
        inner = ArgumentParser()
        inner.add_function_arguments(train)
        inner.add_subclass_arguments(Net, "model")
        parser.add_subcommands().add_subcommand("fit", inner)
        parser.parse_args()
        """,
        *("fit", "--model=Net", "--model.width=9", "--lr=0.2"),
    )
    options = by_name(answer)
    assert answer.framework == "jsonargparse"
    assert described(options["lr"]) == ("float", 0.1, 0.2, True)
    assert options["lr"].subcommand == ("fit",)
    assert options["amp"].switch == ("--amp=true", "--amp=false")
    width = options["model.init_args.width"]
    assert (width.value, width.given, width.spellings, width.form) == (
        *(9, True, ("--model.init_args.width",)),
        "--name=value",
    )


def test_tyro(tmp_path):
    pytest.importorskip("tyro")
    script = """
    import enum, tyro
    from dataclasses import dataclass, field
    from typing import Literal, Optional, Union
    class Act(enum.Enum):
        RELU = 1
        GELU = 2
    @dataclass
    class Conv:
        depth: int = 18
    @dataclass
    class Attention:
        heads: int = 4
        "how many"
    @dataclass
    class Args:
        steps: int
        model: Union[Conv, Attention] = field(default_factory=Conv)
        learning_rate: float = 1e-3
        act: Act = Act.GELU
        patch: Literal[8, 16] = 16
        wd: Optional[float] = None
        anneal: bool = True
    tyro.cli(Args)
    """
    words = ("--steps", "5", "--no-anneal", "model:attention", "--model.heads", "8")
    answer = asked(tmp_path, script, *words)
    options = by_name(answer)
    assert (answer.framework, answer.notes) == ("tyro", ())
    assert {name: described(option) for name, option in options.items()} == {
        "steps": ("int", None, 5, True),
        "learning-rate": ("float", 0.001, 0.001, False),
        "act": ("str", "GELU", "GELU", False),
        "patch": ("int", 16, 16, False),
        "wd": ("float", None, None, False),
        "anneal": ("bool", True, False, True),
        "model.heads": ("int", 4, 8, True),
    }
    assert options["steps"].required
    assert options["anneal"].switch == ("--anneal", "--no-anneal")
    assert (options["act"].choices, options["patch"].choices) == (("RELU", "GELU"), (8, 16))
    assert (options["model.heads"].subcommand, options["model.heads"].help) == (("model:attention",), "how many")
    answer = asked(tmp_path, script, *words[2:])
    assert by_name(answer)["model.heads"].value == 8
    assert "the script says that they are wrong" in answer.notes[0]


def test_click(tmp_path):
    answer = asked(
        tmp_path,
        """
        import click
        @click.group()
        @click.option("--seed", type=int, default=1)
        def cli(seed): ...
        @cli.command()
        @click.argument("data")
        @click.option("-l", "--lr", default=1e-3, help="rate")
        @click.option("--width", type=click.IntRange(1, 64), default=8)
        @click.option("--optimizer", type=click.Choice(["sgd", "adam"]), required=True)
        @click.option("--augment/--no-augment", default=True)
        @click.option("--fast", is_flag=True)
        @click.option("--layers", multiple=True, type=int)
        @click.option("--decay", default=0.5, type=click.FloatRange(0, 1, min_open=True))
        def train(**options):
            raise SystemExit("it went on")
        cli()
        """,
        *("train", "x", "-l", "0.1", "--no-augment"),
    )
    options = by_name(answer)
    assert answer.framework == "click"
    assert list(options) == ["seed", "data", "lr", "width", "optimizer", "augment", "fast", "layers", "decay"]
    assert options["decay"].bounds == (1e-6, 1)
    assert described(options["lr"]) == ("float", 0.001, 0.1, True)
    assert (options["seed"].subcommand, options["lr"].subcommand) == ((), ("train",))
    assert (options["data"].form, options["data"].value) == ("positional", "x")
    assert (options["width"].kind, options["width"].help) == ("int", "[1<=x<=64]")
    assert (options["width"].bounds, options["lr"].bounds) == ((1, 64), (None, None))
    assert (options["optimizer"].choices, options["optimizer"].required) == (("sgd", "adam"), True)
    assert options["augment"].switch == ("--augment", "--no-augment")
    assert described(options["augment"]) == ("bool", True, False, True)
    assert (*described(options["fast"]), options["fast"].switch) == ("bool", False, False, False, ("--fast", ""))
    assert options["layers"].kind == "list"


def test_typer(tmp_path):
    pytest.importorskip("typer")
    answer = asked(
        tmp_path,
        """
        import enum, typer
        from typing import Annotated, Optional
        class Optimizer(str, enum.Enum):
            sgd = "sgd"
            adam = "adam"
        def main(data: str, lr: float = 0.1, optimizer: Optimizer = Optimizer.adam, amp: bool = True,
                 wd: Optional[float] = None, drop: Annotated[float, typer.Option(min=0.0, max=0.3)] = 0.1):
            raise SystemExit("it went on")
        typer.run(main)
        """,
        *("x", "--lr", "0.2", "--no-amp"),
    )
    options = by_name(answer)
    assert answer.framework == "typer"
    assert {name: described(option) for name, option in options.items()} == {
        "data": ("str", None, "x", True),
        "lr": ("float", 0.1, 0.2, True),
        "optimizer": ("str", "adam", "adam", False),
        "amp": ("bool", True, False, True),
        "wd": ("float", None, None, False),
        "drop": ("float", 0.1, 0.1, False),
    }
    assert options["drop"].bounds == (0.0, 0.3)
    assert options["optimizer"].choices == ("sgd", "adam")
    assert options["amp"].switch == ("--amp", "--no-amp")


def test_fire(tmp_path):
    pytest.importorskip("fire")
    answer = asked(
        tmp_path,
        '''
        import fire
        class Trainer:
            def __init__(self, seed=1):
                raise SystemExit("it went on")
            def fit(self, data, lr=1e-3, amp=False, layers=(1, 2), **more):
                """Fit.

                Args:
                    lr: the learning rate
                """
        fire.Fire({"trainer": Trainer})
        ''',
        *("trainer", "--seed=2", "fit", "x", "--lr", "0.1"),
    )
    options = by_name(answer)
    assert answer.framework == "fire"
    assert {name: described(option) for name, option in options.items()} == {
        "seed": ("int", 1, 2, True),
        "data": ("other", None, "x", True),
        "lr": ("float", 0.001, 0.1, True),
        "amp": ("bool", False, False, False),
        "layers": ("list", [1, 2], [1, 2], False),
    }
    assert (options["lr"].subcommand, options["lr"].help) == (("trainer", "fit"), "the learning rate")
    assert (options["seed"].subcommand, options["data"].required) == (("trainer",), True)
    assert (options["amp"].switch, options["lr"].form) == (("--amp=True", "--amp=False"), "--name=value")
    assert "**more are not known" in answer.notes[0]


def test_absl_and_ml_collections(tmp_path):
    pytest.importorskip("ml_collections")
    answer = asked(
        tmp_path,
        """
        from absl import app, flags
        from ml_collections import config_flags
        flags.DEFINE_string("workdir", None, "where")
        flags.DEFINE_float("scale", 1.0, "how much")
        flags.DEFINE_enum("act", "relu", ["relu", "gelu"], "")
        flags.DEFINE_bool("amp", False, "")
        flags.mark_flag_as_required("workdir")
        config_flags.DEFINE_config_file("config", "defaults.py")
        app.run(lambda argv: exit("it went on"))
        """,
        *("--config.model.width=8", "--amp", "--workdir=w"),
        defaults="""
        import ml_collections
        def get_config():
            config = ml_collections.ConfigDict({"lr": 0.1, "model": {"width": 64, "bias": True, "sizes": (1, 2)}})
            config.steps = ml_collections.config_dict.placeholder(int)
            return config
        """,
    )
    options = by_name(answer)
    assert (answer.framework, answer.notes) == ("absl", ())
    assert {name: described(option) for name, option in options.items()} == {
        "workdir": ("str", None, "w", True),
        "scale": ("float", 1.0, 1.0, False),
        "act": ("str", "relu", "relu", False),
        "amp": ("bool", False, True, True),
        "config": ("path", "defaults.py", "defaults.py", False),
        "config.lr": ("float", 0.1, 0.1, False),
        "config.model.bias": ("bool", True, True, False),
        "config.model.sizes": ("list", [1, 2], [1, 2], False),
        "config.model.width": ("int", 64, 8, True),
        "config.steps": ("int", None, None, False),
    }
    assert options["workdir"].required
    assert options["act"].choices == ("relu", "gelu")
    assert options["amp"].switch == ("--amp", "--noamp")
    assert options["config.model.bias"].switch == ("--config.model.bias=true", "--config.model.bias=false")


def test_hydra(tmp_path):
    pytest.importorskip("hydra")
    for name, text in {
        "config.yaml": "defaults: [_self_, optimizer: adam]\nwidth: 8\nhalf: ${width}\namp: true\ndata: ???\n",
        "optimizer/adam.yaml": "lr: 0.001\nbetas: [0.9, 0.99]\n",
        "optimizer/sgd.yaml": "lr: 0.1\nmomentum: 0.9\n",
    }.items():
        (tmp_path / "conf" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "conf" / name).write_text(text)
    answer = asked(
        tmp_path,
        """
        import hydra
        @hydra.main(version_base=None, config_path="conf", config_name="config")
        def main(config):
            raise SystemExit("it went on")
        main()
        """,
        *("optimizer=sgd", "optimizer.lr=0.2", "+extra=1", "data=x"),
    )
    options = by_name(answer)
    assert (answer.framework, answer.notes) == ("hydra", ())
    assert {name: described(option) for name, option in options.items()} == {
        "optimizer": ("str", "adam", "sgd", True),
        "optimizer.lr": ("float", 0.1, 0.2, True),
        "optimizer.momentum": ("float", 0.9, 0.9, False),
        "width": ("int", 8, 8, False),
        "amp": ("bool", True, True, False),
        "data": ("str", None, "x", True),
        "extra": ("int", 1, 1, True),
    }
    assert options["optimizer"].choices == ("adam", "sgd")
    assert options["extra"].spellings == ("+extra",)
    assert (options["amp"].form, options["amp"].switch) == ("name=value", ("amp=true", "amp=false"))
    assert options["data"].required


def test_omegaconf_after_argparse(tmp_path):
    pytest.importorskip("omegaconf")
    answer = asked(
        tmp_path,
        """
        import argparse
        from omegaconf import OmegaConf
        parser = argparse.ArgumentParser()
        parser.add_argument("--name", default="x")
        args, rest = parser.parse_known_args()
        base = OmegaConf.create({"lr": 0.1, "model": {"width": 8, "bias": False}})
        config = OmegaConf.merge(base, OmegaConf.from_dotlist(rest))
        """,
        *("model.width=9", "--name", "y", "lr=1"),
    )
    assert answer.framework == "omegaconf"
    assert {name: described(option) for name, option in by_name(answer).items()} == {
        "name": ("str", "x", "y", True),
        "lr": ("float", 0.1, 1, True),
        "model.width": ("int", 8, 9, True),
        "model.bias": ("bool", False, False, False),
    }


def test_optparse(tmp_path):
    answer = asked(
        tmp_path,
        """
        from optparse import OptionGroup, OptionParser
        parser = OptionParser()
        parser.add_option("-l", "--lr", type="float", default=1, help="rate [%default]")
        parser.add_option("--act", type="choice", choices=["relu", "gelu"], default="relu")
        parser.add_option("--fast", action="store_true", default=False)
        group = OptionGroup(parser, "more")
        group.add_option("--width", type="int", default=8)
        parser.add_option_group(group)
        parser.parse_args()
        """,
        *("-l", "0.1", "--fast"),
    )
    options = by_name(answer)
    assert answer.framework == "optparse"
    assert {name: described(option) for name, option in options.items()} == {
        "lr": ("float", 1.0, 0.1, True),
        "act": ("str", "relu", "relu", False),
        "fast": ("bool", False, True, True),
        "width": ("int", 8, 8, False),
    }
    assert (options["act"].choices, options["fast"].switch) == (("relu", "gelu"), ("--fast", ""))
    assert options["lr"].help == "rate [1]"


def test_yacs_after_argparse(tmp_path):
    pytest.importorskip("yacs")
    script = """
    import argparse
    from yacs.config import CfgNode
    config = CfgNode({"LR": 0.1, "MODEL": CfgNode({"WIDTH": 8, "NAME": "net"})})
    parser = argparse.ArgumentParser()
    parser.add_argument("--cfg", default="")
    parser.add_argument("opts", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    if args.opts:
        config.merge_from_list(args.opts)
    config.freeze()
    """
    answer = asked(tmp_path, script, "--cfg", "x", "MODEL.WIDTH", "16")
    assert answer.framework == "yacs"
    assert {name: described(option) for name, option in by_name(answer).items()} == {
        "cfg": ("str", "", "x", True),
        "LR": ("float", 0.1, 0.1, False),
        "MODEL.WIDTH": ("int", 8, 16, True),
        "MODEL.NAME": ("str", "net", "net", False),
    }
    options = by_name(asked(tmp_path, script))
    assert (options["LR"].spellings, options["LR"].form) == (("LR",), "--name value")
    assert not options["opts"].required


def test_docopt(tmp_path):
    pytest.importorskip("docopt")
    answer = asked(
        tmp_path,
        '''
        """Train.

        Usage: train.py [--lr=<rate>] [--fast]

        Options:
          --lr=<rate>  The learning rate [default: 0.1].
          --fast       Be quick.
        """
        import docopt
        docopt.docopt(__doc__)
        ''',
        *("--lr", "1", "--fast"),
    )
    assert answer.framework == "docopt"
    assert {name: described(option) for name, option in by_name(answer).items()} == {
        "lr": ("float", 0.1, 1.0, True),
        "fast": ("bool", False, True, True),
    }


def test_what_the_help_of_docopt_says_of_an_option(tmp_path):
    pytest.importorskip("docopt")
    answer = asked(
        tmp_path,
        '''
        """Train.

        Usage: train.py [options]

        Options:
          -k --kernel=K        The kernel: rbf, linear
                               or poly [default: rbf].
          --pooling=<max|mean>  How to pool [default: max].
          --lr=<rate>  Rate [default: 0.1]

        That is all.
        """
        import docopt
        docopt.docopt(__doc__)
        ''',
    )
    assert {name: option.help for name, option in by_name(answer).items()} == {
        "kernel": "The kernel: rbf, linear or poly.",
        "pooling": "<max|mean> How to pool.",
        "lr": "Rate",
    }


def test_docopt_leaves_out_the_options_of_other_commands(tmp_path):
    pytest.importorskip("docopt")
    answer = asked(
        tmp_path,
        '''
        """Train.

        Usage:
          train.py fit <data> [--warm] [options]
          train.py show <model> [--top=N]
          train.py (-h | --help)

        Options:
          -h --help   Show this.
          --lr=R      Rate [default: 0.1].
          --warm      Start warm.
          --top=N     How many [default: 5].
        """
        import docopt
        docopt.docopt(__doc__)
        ''',
        *("fit", "x"),
    )
    assert sorted(by_name(answer)) == ["lr", "warm"]


@pytest.mark.parametrize("function", ["getopt", "gnu_getopt"])
def test_getopt(tmp_path, function):
    answer = asked(
        tmp_path,
        f"""
        import getopt, sys
        USAGE = "-c cost : the parameter C\\n-t type : of the kernel\\n-q : quiet"
        def main(argv):
            options = dict(getopt.{function}(argv, "c:t:q", ["width=", "rate="])[0])
            cost, width = float(options.get("-c", 1)), int(options["--width"])
            for name, value in options.items():
                if name == "--rate": rate = float(value)
        main(sys.argv[1:])
        """,
        *("-c", "2", "-q", "--width=8", "--rate", "1"),
    )
    assert answer.framework == "getopt"
    assert {name: described(option) for name, option in by_name(answer).items()} == {
        "c": ("float", None, 2.0, True),
        "t": ("str", None, None, False),
        "q": ("bool", False, True, True),
        "width": ("int", None, 8, True),
        "rate": ("float", None, 1.0, True),
    }
    assert by_name(answer)["c"].help == "cost : the parameter C"


def test_no_password_is_passed_on(tmp_path):
    answer = asked(
        tmp_path,
        """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--api_key", default="swordfish", help="or %(default)s")
        parser.add_argument("--url", default="hf_swordfish1234")
        parser.add_argument("--max_tokens", type=int, default=5)
        parser.add_argument("--tokenizer", default="gpt2")
        parser.parse_args()
        """,
        *("--tokenizer", "bert"),
    )
    assert "swordfish" not in repr(answer)
    options = by_name(answer)
    assert options["api_key"].default is options["url"].value is NOT_PLAIN
    assert (options["max_tokens"].default, options["tokenizer"].value) == (5, "bert")


PARSER = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
"""


RUN = f"""
cd "$(cd "$(dirname "$0")" && pwd)" && rm -rf out; if true; then echo > log.txt; fi
export PYTHONPATH=lib:$PYTHONPATH
{sys.executable} prepare.py "$@"
NAME=$1; shift
{sys.executable} -m pkg.train --name "$NAME-$(date +%s)" --lr ${{LR:-3}} "$@" > log.txt 2>&1 && rm log.txt
"""


@pytest.mark.parametrize("words", [("bash", "run.sh"), ("./start",)])
def test_of_a_shell_script_only_the_python_command_is_started(tmp_path, words):
    tmp_path = tmp_path / "my project"
    for folder in ("pkg", "lib", "out"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "lib" / "parsing.py").write_text(f"{PARSER}parser.add_argument('--name')\n")
    (tmp_path / "pkg" / "train.py").write_text(f"from parsing import parser\nargs = parser.parse_args(){END}")
    (tmp_path / "prepare.py").write_text("import argparse\nargparse.ArgumentParser().parse_args()\n")
    for name, text in {"run.sh": RUN, "start": f"#!/usr/bin/env bash\n{RUN}", "log.txt": "precious"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    before = {path: path.is_file() and path.read_text() for path in tmp_path.rglob("*")}
    started = []
    answer = ask(CommandLine.parse([*words, "big", "--lr", "0.7"], tmp_path), on_start=started.append)
    options = by_name(answer)
    assert described(options["lr"]) == ("float", 0.1, 0.7, True)
    assert options["name"].value == "big-1"
    assert [command.own_words[:3] for command in started] == [(sys.executable, "-m", "pkg.train")]
    assert {path: path.is_file() and path.read_text() for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rm -rf out\npython train.py --lr $1\n", "has no Python command"),
        ('echo > out/log\npython missing.py "$@"\n', "has no Python command"),
        ("touch out/log\nwhile true; do case $1 in\n--lr) LR=$2;; esac; done\npython train.py\n", "options of its own"),
        ("touch out/log\nRscript train.R\n", "starts no Python"),
    ],
)
def test_a_shell_script_itself_is_never_started(tmp_path, text, reason):
    (tmp_path / "out").mkdir()
    (tmp_path / "train.py").write_text(f"{PARSER}parser.parse_args()\n")
    (tmp_path / "run.sh").write_text(text)
    answer = ask(CommandLine.parse(["bash", "run.sh", "1"], tmp_path), on_start=pytest.fail)
    assert answer.failure is not None
    assert reason in answer.failure
    assert list((tmp_path / "out").iterdir()) == []


def test_a_module_and_the_variables_before_it(tmp_path):
    (tmp_path / "pkg").mkdir()
    text = f"{PARSER}import os\nparser.set_defaults(lr=os.environ['LR'])\nargs = parser.parse_args(){END}"
    (tmp_path / "pkg" / "train.py").write_text(text)
    answer = ask(CommandLine.parse(["LR=0.25", sys.executable, "-m", "pkg.train"], tmp_path))
    assert described(by_name(answer)["lr"]) == ("float", 0.25, 0.25, False)


def test_a_script_that_writes_first_leaves_no_trace(tmp_path):
    (tmp_path / "results.csv").write_text("precious\n")
    (tmp_path / "old").mkdir()
    answer = asked(
        tmp_path,
        """
        import logging, os, pathlib, shutil, socket
        shutil.rmtree("old")
        os.mkdir("old")
        os.remove("results.csv")
        open("results.csv", "w").write("")
        open("results.csv", "a").write("more")
        os.makedirs("logs/today", exist_ok=True)
        pathlib.Path("logs/today/notes.txt").write_text("noted")
        logging.basicConfig(filename="run.log", force=True)
        logging.warning("started")
        with pathlib.Path("lock").open("xb"):
            pathlib.Path("cache.tmp").write_text("cached")
            os.replace("cache.tmp", "cache.json")
            os.replace("cache.json", "results.csv")
        pathlib.Path("lock").unlink()
        try:
            socket.create_connection(("192.0.2.1", 80), timeout=60)
        except OSError as error:
            print(error)
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--lr", type=float, default=0.1)
        parser.add_argument("--noted", default=open("logs/today/notes.txt").read() + open("results.csv").read())
        parser.parse_args()
        """,
    )
    assert by_name(answer)["noted"].default == "notedcached"
    assert (tmp_path / "results.csv").read_text() == "precious\n"
    answer = asked(tmp_path, f"import os\nos.rmdir('old')\n{PARSER}parser.parse_args()\n")
    assert answer.failure is not None
    assert "may not delete" in answer.failure


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ("raise SystemExit('no data at /data')", "ended with exit status 1 before it had read its arguments: no data"),
        ("input('name? ')", "asks for input"),
        ("import not_there.at_all", "needs the module 'not_there'"),
        ("import os; os._exit(3)", "ended with exit status 3"),
        ("while True: print('x' * 1_000_000)", "printed more than 64 MB"),
        ("import sys; sys.exit()", "ended without reading arguments"),
    ],
)
def test_why_there_is_no_answer(tmp_path, first, reason):
    answer = asked(tmp_path, f"{first}\n{PARSER}parser.parse_args()\n")
    assert answer.options == ()
    assert answer.failure is not None
    assert reason in answer.failure
    assert "--static" in answer.failure


def test_a_script_that_trains_is_stopped_there(tmp_path):
    training = """
    from sklearn.linear_model import LinearRegression
    from sklearn.preprocessing import StandardScaler
    x = StandardScaler().fit_transform([[0.0], [1.0]])
    print("prepared", flush=True)
    LinearRegression().fit(x, [0, 1])
    """
    answer = asked(tmp_path, f"{dedent(training)}{PARSER}parser.parse_args()\n")
    assert answer.failure is not None
    assert "begins to train" in answer.failure
    known = f"{PARSER}args, rest = parser.parse_known_args()\n{dedent(training)}later = parser.parse_args(rest)\n"
    assert described(by_name(asked(tmp_path, known, "--lr", "1"))["lr"]) == ("float", 0.1, 1.0, True)


def test_a_script_that_does_not_come_to_its_arguments_is_killed(tmp_path):
    (tmp_path / "train.py").write_text(f"import time\ntime.sleep(1000)\n{PARSER}parser.parse_args()\n")
    answer = ask(command(tmp_path), seconds=0.5)
    assert answer.failure is not None
    assert "after 0.5 s" in answer.failure


@pytest.mark.parametrize(
    ("words", "text", "reason"),
    [
        (("python", "train.py"), "LR = 0.1\nprint(LR)\n", "have no parser"),
        (("Rscript", "train.R"), "library(optparse)\n", "Only Python scripts"),
        (("./train",), "\0ELF", "Only Python scripts"),
        (("sbatch", "train.py"), "import argparse\n", "sbatch would start a job"),
        (("nohup", "srun", "-n", "2", "python", "train.py"), "import argparse\n", "srun would start a job"),
        (("time", "docker", "run", "image"), "", "docker would start a job"),
        (("nohup", "sleep", "1000"), "", "sleep is not a Python program"),
        (("sleep", "1000"), "", "sleep is not a Python program, and only those can be asked."),
        (("no-such-program", "--lr", "1"), "", "There is no program no-such-program to start. Correct the command."),
    ],
)
def test_what_cannot_be_asked_is_not_run(tmp_path, words, text, reason):
    if text:
        (tmp_path / words[-1]).write_text(text)
    answer = ask(CommandLine.parse(words, tmp_path), on_start=pytest.fail)
    assert answer.failure is not None
    assert reason in answer.failure


RUNNER = f"""#!{sys.executable}
import argparse, os, sys
parser = argparse.ArgumentParser()
parser.add_argument("-n", "--name")
parser.add_argument("rest", nargs=argparse.REMAINDER)
args = parser.parse_args(sys.argv[2:])
os.environ["PATH"] = os.path.join(os.path.dirname(__file__), args.name) + ":" + os.environ["PATH"]
os.execvp(args.rest[0], args.rest)
"""


@pytest.mark.parametrize("starters", [(), ("nohup",), ("nice", "-n", "10"), ("conda", "run", "-n", "ray")])
def test_programs(tmp_path, monkeypatch, starters):
    """The program itself answers, and not the Python program that starts it in another environment."""
    folder = tmp_path / "ray" if "conda" in starters else tmp_path
    folder.mkdir(exist_ok=True)
    program = folder / "my-train"
    program.write_text(f"#!{sys.executable}\n{PARSER}parser.parse_args(){END}")
    (tmp_path / "conda").write_text(RUNNER)
    for file in (program, tmp_path / "conda"):
        file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    answer = ask(CommandLine.parse([*starters, "my-train", "--lr", "1"], Path("/")))
    assert {name: described(option) for name, option in by_name(answer).items()} == {"lr": ("float", 0.1, 1.0, True)}
