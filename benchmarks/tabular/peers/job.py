"""What a contender is given and what it returns. Imports nothing but NumPy and pandas, which all environments have."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd


class Job:
    """A table to learn from within some seconds, and rows to predict.

    It is read from `job.json` in the folder of the run: `train` and `test` (paths), `target`, `kind` (`binary`,
    `multiclass` or `regression`), `seconds`, `cores`, `started` (when the process was started, in seconds since
    1970), `variant`. What is returned goes to `done.json`, and to `predictions.npy`, shape `(rows, outputs)`: a
    column for each class, sorted as text, or one for a number.
    """

    def __init__(self) -> None:
        self.folder = Path(sys.argv[1])
        for name, value in json.loads((self.folder / "job.json").read_text()).items():
            setattr(self, name, value)

    @property
    def left(self) -> float:
        """The seconds that are left of the budget."""
        return self.started + self.seconds - time.time()

    def read(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the training rows with their target, and the rows to predict."""
        test = pd.read_csv(self.test)
        return pd.read_csv(self.train), test.drop(columns=self.target)

    def finish(self, fitted: float, model: Path, predict, classes=None) -> None:
        """Time the prediction, and write what is returned.

        Args:
            fitted: When the model was trained and saved, by `time.time()`.
            model: The saved model, a file or a folder.
            predict: Returns the predictions of the rows to predict, with a model that is loaded.
            classes: The classes in the order of the columns.
        """
        predicted = np.asarray(predict(), dtype=float)
        seconds = []
        for _ in range(3):
            began = time.perf_counter()
            predict()
            seconds.append(time.perf_counter() - began)
        if predicted.ndim == 1:
            predicted = predicted[:, None]
        if classes is not None:
            predicted = predicted[:, np.argsort([str(name) for name in classes])]
        np.save(self.folder / "predictions.npy", predicted)
        files = [model] if model.is_file() else [path for path in model.rglob("*") if path.is_file()]
        done = {
            "seconds": fitted - self.started,
            "ms_per_1000_rows": 1e6 * sorted(seconds)[1] / len(predicted),
            "model_mb": sum(path.stat().st_size for path in files) / 1e6,
        }
        (self.folder / "done.json").write_text(json.dumps(done))
