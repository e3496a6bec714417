"""What a contender is given and what it returns. Imports nothing but NumPy and pandas, which all environments have."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd


class Job:
    """Series to forecast within some seconds.

    It is read from `job.json` in the folder of the run: `train` (the path of a CSV file with the columns `series`,
    `time` and `value`), `horizon`, `season`, `frequency`, `seconds`, `cores`, `started` (when the process was started,
    in seconds since 1970), `variant`. What is returned goes to `done.json`, and to `forecast.npy`, shape
    `(series, horizon)`, the series sorted by name.
    """

    def __init__(self) -> None:
        self.folder = Path(sys.argv[1])
        for name, value in json.loads((self.folder / "job.json").read_text()).items():
            setattr(self, name, value)

    @property
    def left(self) -> float:
        """The seconds that are left of the budget."""
        return self.started + self.seconds - time.time()

    def read(self) -> pd.DataFrame:
        """Return the training part."""
        return pd.read_csv(self.train, parse_dates=["time"])

    def finish(self, forecast, remark: str = "") -> None:
        """Write what is returned.

        Args:
            forecast: Shape `(series, horizon)`.
            remark: What should be known about it.
        """
        np.save(self.folder / "forecast.npy", np.asarray(forecast, dtype=float))
        done = {"seconds": time.time() - self.started, "remark": remark}
        (self.folder / "done.json").write_text(json.dumps(done))
