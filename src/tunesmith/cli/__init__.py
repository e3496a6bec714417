"""The command line. Each verb is imported when it is called, so that `tunesmith --help` starts fast."""

from __future__ import annotations

import atexit
import importlib
import logging
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..core.machine_faults import machine_fault
from ..errors import (
    InputError,
    JournalError,
    MachineFault,
    OutputError,
    SetupFailed,
    StudyFailed,
    TunesmithError,
    message_of,
)
from ..progress.streams import clean_streams
from ..runner.signals import INTERRUPTED, handle, handled, leave, say_interrupted

VERBS = {
    "init": "write a commented study.toml for a script or a config file",
    "run": "start or resume a study",
    "fit": "train models on a table and keep the best combination",
    "predict": "predict with a fitted model",
    "export": "write a fitted model as ONNX, as a script, or as a model card",
    "status": "show a study's best trial, counts, budget and proposers",
    "show": "show one trial: parameters, reason, verdict, metrics, log",
    "explain": "explain a study or one of its trials in plain words",
    "report": "write a study's HTML report",
    "reproduce": "run one trial again and compare the metrics",
    "ask": "start the next trial, to run it with your own program",
    "tell": "settle a trial from `ask` with its metrics",
    "add": "add a known result, so that the search learns from it",
    "note": "write a note on a trial, or overrule its verdict",
    "approve": "approve or reject a step that a language model proposes",
    "setup": "write a profile: how trials run on a machine or cluster",
    "doctor": "check everything that a study needs before anything is spent",
    "mcp": "serve these verbs to agents over the Model Context Protocol",
}


class _Verbs(click.Group):
    """A group that imports its commands on use: verb `x` is the command `x` in `cli/verb_x.py`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        with handled(leave):
            module = importlib.import_module(f".verb_{cmd_name}", __name__)
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, Any, list[str]]:
        from ..errors import nearest

        if args and args[0] not in VERBS and not args[0].startswith("-"):
            ctx.fail(f"there is no verb '{args[0]}'.{nearest(args[0], VERBS)} See: tunesmith --help")
        return super().resolve_command(ctx, args)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tunesmith")
def tunesmith() -> None:
    """Hyperparameter tuning with less babysitting.

    Start with `tunesmith init train.py`, then `tunesmith run study.toml`.
    """
    try:
        Path.cwd()
    except FileNotFoundError:
        raise InputError("the current folder must exist, but it was removed. Change to another one.") from None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with 0 (done), 1 (the study failed), 2 (bad input) or 130 (interrupted)."""
    _open_missing_streams()
    status = _status(arguments)
    # All is said: a signal now must not show as a traceback of the interpreter.
    handle(lambda *_: os._exit(status))
    atexit.register(handle, signal.SIG_IGN)
    sys.exit(status)


def _open_missing_streams() -> None:
    """Open closed standard streams, as after `>&-`: the next open file would get their descriptors."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stdin = sys.stdin or os.fdopen(0)
    sys.stdout, sys.stderr = sys.stdout or os.fdopen(1, "w"), sys.stderr or os.fdopen(2, "w")


def _status(arguments: Sequence[str] | None) -> int:
    with clean_streams() as output:
        logging.basicConfig(level=logging.WARNING, format="tunesmith: %(message)s", stream=sys.stderr)
        status = _run(arguments)
        output.flush()
        # A reader that has gone, as with `| head`, is no fault.
        if output.error is not None and not isinstance(output.error, BrokenPipeError):
            click.echo(f"tunesmith: standard output must be writable, got: {output.error.strerror}.", err=True)
            status = status or 1
    return status


def _run(arguments: Sequence[str] | None) -> int:
    try:
        status = tunesmith.main(args=None if arguments is None else list(arguments), standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        error.show()
        return 2
    except TunesmithError as error:
        click.echo(f"tunesmith: {error}", err=True)
        has_failed = isinstance(error, StudyFailed | MachineFault | JournalError | OutputError)
        return 1 if has_failed and not isinstance(error, SetupFailed) else 2
    except (KeyboardInterrupt, click.Abort):
        say_interrupted()
        return INTERRUPTED
    except OSError as error:  # A path that cannot be used, or a fault of the machine.
        click.echo(f"tunesmith: {message_of(error)}.", err=True)
        logging.getLogger(__name__).debug("it was raised here", exc_info=True)
        return 2 if machine_fault(error) is None else 1
    except Exception:  # A bug, whose traceback may quote text from outside.
        traceback.print_exc()
        return 1
