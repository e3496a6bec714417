"""Models of statsforecast, as many series as the time allows; the others get the seasonal naive forecast."""

import multiprocessing
import time

import numpy as np
from job import Job
from statsforecast.models import AutoARIMA, AutoETS, AutoTheta, SeasonalNaive

KINDS = {"arima": AutoARIMA, "ets": AutoETS, "theta": AutoTheta}
RESERVED = 2.0  # Seconds to write the forecasts.


def forecast(task):
    number, values, horizon, season, variant, deadline = task
    if time.time() > deadline:
        return number, None
    kinds = list(KINDS.values()) if variant == "median" else [KINDS[variant]]
    try:
        parts = [kind(season_length=season).forecast(y=values, h=horizon)["mean"] for kind in kinds]
    except Exception:  # A series on which the model fails.
        return number, None
    return number, np.median(parts, axis=0)


def main() -> None:
    job = Job()
    series = [part["value"].to_numpy(dtype=float) for _, part in job.read().groupby("series")]
    forecasts = [
        SeasonalNaive(season_length=job.season if len(values) > job.season else 1).forecast(y=values, h=job.horizon)[
            "mean"
        ]
        for values in series
    ]
    done = 0
    if job.variant != "naive":
        deadline = job.started + job.seconds - RESERVED
        order = np.random.default_rng(0).permutation(len(series))
        tasks = [(int(i), series[i], job.horizon, job.season, job.variant, deadline) for i in order]
        with multiprocessing.Pool(job.cores) as pool:
            running = pool.imap_unordered(forecast, tasks)
            for _ in tasks:
                try:
                    number, made = running.next(max(deadline + RESERVED / 2 - time.time(), 0.01))
                except multiprocessing.TimeoutError:
                    break
                if made is not None and np.isfinite(made).all():
                    forecasts[number], done = made, done + 1
            pool.terminate()
    job.finish(forecasts, "" if job.variant == "naive" else f"{done} of {len(series)} series in time")


if __name__ == "__main__":
    main()
