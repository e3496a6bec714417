"""`tunesmith fit`, as a user types it; then its forecasts."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
from job import Job


def main() -> None:
    job = Job()
    study, table = job.folder / "study", job.folder / "forecast.csv"
    tunesmith = Path(sys.executable).with_name("tunesmith")
    command = [tunesmith, "fit", job.train, "--task", "forecasting", "--target", "value", "--time", "time"]
    command += ["--id", "series", "--horizon", str(job.horizon), "--minutes", str(job.seconds / 60)]
    subprocess.run([*command, "--folder", study, "--quiet"], check=True)
    subprocess.run([tunesmith, "predict", study, "--to", table, "--quiet"], check=True)
    forecast = pd.read_csv(table)
    job.finish(forecast["value"].to_numpy().reshape(-1, job.horizon))


if __name__ == "__main__":  # Some libraries start processes that import this file.
    main()
