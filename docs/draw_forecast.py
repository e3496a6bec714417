"""Draw what a finished fit of time series prints: `python docs/draw_forecast.py FOLDER`.

Writes images/forecast.svg, the picture of the guide, after:

    tunesmith fit examples/airline/passengers.csv --task forecasting --horizon 12 --minutes 1
    python docs/draw_forecast.py studies/passengers
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console

from tunesmith import ForecastResult
from tunesmith.cli.forecast_views import forecast_summary
from tunesmith.service.forecast_facts import forecast_facts

PICTURE = Path(__file__).parent / "images" / "forecast.svg"
WIDTH = 84


def draw(folder: Path) -> str:
    """Return the summary of a fit as SVG."""
    result = ForecastResult.load(folder)
    facts = forecast_facts(result)
    console = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True)
    console.print(forecast_summary(result, facts))
    return console.export_svg(
        title=f"tunesmith fit {facts['target']}.csv --task forecasting --horizon {facts['horizon']}"
    )


if __name__ == "__main__":
    PICTURE.write_text(draw(Path(sys.argv[1])))
    print(f"wrote {PICTURE}")
