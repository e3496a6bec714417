"""`tunesmith fit`: train models on a table."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import click
import psutil
from rich.console import Console
from rich.text import Text

from ..fitting.asked_task import task_options_of
from ..fitting.forecasting.families import absent_forecasters
from ..fitting.forecasting.options import ForecastOptions
from ..fitting.forecasting.result import ForecastResult
from ..fitting.forecasting.session import ForecastSession
from ..fitting.options import DEFAULT_MINUTES, FitOptions
from ..fitting.session import FitSession
from ..fitting.space import absent_families
from ..progress.live import LiveView
from ..progress.terminal import CleanConsole
from ..runner.signals import INTERRUPTED, handle, handled, leave, say_interrupted
from ..service.fit_facts import fit_facts, understood_facts
from ..service.forecast_facts import forecast_facts, understood_series
from ..text import wording
from ..text.cleaning import clean
from .fit_views import fit_summary, understood
from .forecast_views import forecast_summary, understood_forecast
from .options import Output, command_again, put_aside, speaking
from .watch import watched

TASKS = ("classification", "binary", "multiclass", "multilabel", "regression", "forecasting")


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--target", multiple=True, help="The column to predict, unless the request names it; repeatable.")
@click.option("--request", help='What is wanted, in plain words: "predict churn, must be explainable, under 5 ms".')
@click.option("--task", type=click.Choice(TASKS), help="What the target's values are [default: found out].")
@click.option(
    "--minutes", type=float, help=f"The time for everything, over all sessions [default: {DEFAULT_MINUTES:g}]."
)
@click.option("--trials", type=int, help="Maximum number of trials.")
@click.option("--metric", help="What to improve [default: log_loss for classes, rmse for numbers].")
@click.option("--id", "ids", multiple=True, help="A column that names a row: unused, kept in predictions; repeatable.")
@click.option("--time", help="The column with the time of each row: validate on later rows than are trained on.")
@click.option("--group", help="The column whose equal values belong together in validation.")
@click.option("--weight", help="The column with the weight of each row.")
@click.option("--exclude", multiple=True, help="A column that no model sees; repeatable.")
@click.option("--as-given", is_flag=True, help="Use all columns and split at random, whatever the analyst finds.")
@click.option("--positive", help="The positive class of two.")
@click.option("--test", type=click.Path(path_type=Path), help="A table that is kept for one last test.")
@click.option("--families", help="The families to choose from, separated by commas [default: all that are installed].")
@click.option(
    "--recipe",
    type=click.Path(path_type=Path),
    help="A TOML file that says how columns are prepared [default: chosen for the table].",
)
@click.option("--limit", "limits", multiple=True, help='What the model must keep, as "model_mb <= 5"; repeatable.')
@click.option("--interpretable", is_flag=True, help="The result must be one model that a person can read.")
@click.option("--horizon", help='Time series: the number of steps to forecast, or a time as "28 days".')
@click.option("--known", multiple=True, help="Time series: a column that is known ahead, as a price; repeatable.")
@click.option("--country", help="Time series: the country whose holidays matter, as DE or US-CA.")
@click.option(
    "--season", multiple=True, type=int, help="Time series: the steps of a season [default: found]; repeatable."
)
@click.option("--windows", type=int, help="Time series: the most windows of the backtest.")
@click.option("--stride", type=int, help="Time series: the steps from one window to the next [default: the horizon].")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Where to [default: studies/NAME].")
@click.option("--model", help="A language model that advises, for example openrouter:anthropic/claude-sonnet-4.5.")
@click.option("--usd", type=float, help="The most that the language model may cost, in US dollars.")
@click.option("--parallel", type=int, help="Number of trials that run at once [default: the number of cores].")
@click.option("--memory-gb", type=float, help="Maximum memory per trial, in GB.")
@click.option("--seed", type=int, default=0, show_default=True, help="The seed of all randomness.")
@click.option("--dry-run", is_flag=True, help="Show what was understood; train nothing.")
@click.option("--fresh", is_flag=True, help="Start over; the earlier study is kept under another name.")
@speaking
def fit(output: Output, data: Path, folder: Path | None, dry_run: bool, fresh: bool, **asked: Any) -> None:
    """Find a good model of the table DATA, a CSV or Parquet file, or continue an earlier call.

    All of `--minutes` counts: reading, training and saving. Give more minutes to go on after they are up.
    """
    started = time.monotonic() - (time.time() - psutil.Process().create_time())
    place = (folder or Path("studies") / data.name.split(".")[0]).absolute()
    with handled(leave):  # Nothing runs yet, and much is imported.
        if asked["request"] and asked["model"] and not (output.json or output.quiet):
            click.echo(f"tunesmith: {clean(asked['model'])} reads the request with the rules", err=True)
        options = _options(data, asked, None if fresh else place)
        if dry_run:
            _say_understood(output, data, options, place)
            return
        if fresh:
            put_aside(place)
        if options.request is not None and not (output.json or output.quiet):
            for line in options.request.lines:
                click.echo(f"tunesmith: {clean(line)}", err=True)
        console = CleanConsole()
        with _reading(data, output, console):
            session = _session(data, options, place, started)
    _run(session, output, console)


def _say_understood(output: Output, data: Path, options: FitOptions | ForecastOptions, folder: Path) -> None:
    if isinstance(options, ForecastOptions):
        facts = understood_series(data, options, folder)
        output.say(understood_forecast(facts), facts)
        return
    facts = understood_facts(data, options, folder)
    output.say(understood(facts), facts)


def _session(
    data: Path, options: FitOptions | ForecastOptions, folder: Path, started: float
) -> FitSession | ForecastSession:
    if isinstance(options, ForecastOptions):
        return ForecastSession(data, options, folder, started=started)
    return FitSession(data, options, folder, started=started)


def _reading(data: Path, output: Output, console: Console) -> AbstractContextManager[object]:
    """Show what is being done before the first trial, on a terminal."""
    if output.json or output.quiet or not console.is_terminal:
        return nullcontext()
    return LiveView(Text(f" reading {clean(data)} …", style="dim"), console)


def _run(session: FitSession | ForecastSession, output: Output, console: Console) -> None:
    """Run a session and print its result."""
    again = command_again(click.get_current_context(), leave_out=("fresh",))
    history = session.study.history
    before = history.settled
    try:
        with session, watched(session.study, output, console):
            result = session.run(progress=False)
    except KeyboardInterrupt:
        handle(leave)
        kept = wording.count(history.settled, "settled trial")
        say_interrupted(f"tunesmith: interrupted; {kept} kept. Continue with: {again}")
        raise click.exceptions.Exit(INTERRUPTED) from None
    if output.json or not output.quiet:
        if isinstance(result, ForecastResult):
            facts = forecast_facts(result)
            output.say(forecast_summary(result, facts), facts)
        else:
            output.say(fit_summary(result), fit_facts(result, test=True))
    if not (output.json or output.quiet or session.options.restricts_families):
        for sentence in _absent(session):
            click.echo(f"tunesmith: {sentence}", err=True)
    if history.settled == before and not output.quiet:
        _say_how_to_go_on(session)


def _absent(session: FitSession | ForecastSession) -> list[str]:
    """Return which families would be tried if more were installed."""
    return absent_forecasters() if isinstance(session, ForecastSession) else absent_families(session.table)


def _say_how_to_go_on(session: FitSession | ForecastSession) -> None:
    """Say that nothing was trained, because the limits were reached before, and which command raises them."""
    options = session.options
    more = command_again(click.get_current_context(), leave_out=("fresh", "minutes", "trials"))
    trials = "" if options.budget.trials is None else f" --trials {2 * options.budget.trials}"
    click.echo(
        f"tunesmith: nothing was trained, as this fit has used up its {options.minutes:g} min"
        f"{' or its trials' if trials else ''}. Allow more: {more} --minutes {2 * options.minutes:g}{trials}",
        err=True,
    )


def _options(data: Path, asked: dict[str, Any], folder: Path | None) -> FitOptions | ForecastOptions:
    families = tuple(name.strip() for name in (asked["families"] or "").split(",") if name.strip())
    given = {name: value for name, value in asked.items() if name != "ids"} | {"families": families, "id": asked["ids"]}
    return task_options_of(data, given, folder=folder)
