"""`tunesmith fit`, as a user types it; then its model predicts."""

import subprocess
import sys
import time
from pathlib import Path

from job import Job


def main() -> None:
    job = Job()
    study = job.folder / "study"
    tunesmith = Path(sys.executable).with_name("tunesmith")
    command = [tunesmith, "fit", job.train, "--target", job.target, "--minutes", str(job.seconds / 60)]
    subprocess.run([*command, "--folder", study, "--quiet"], check=True)
    fitted = time.time()

    import pandas as pd  # After the fit, which is a process of its own.

    from tunesmith import FitResult

    test = pd.read_csv(job.test).drop(columns=job.target)
    result = FitResult.load(study)
    scores = result.predict if job.kind == "regression" else result.predict_proba
    classes = None if job.kind == "regression" else result.ensemble.problems[0].classes
    job.finish(fitted, study / "model", lambda: scores(test).to_numpy(), classes)


if __name__ == "__main__":  # Some libraries start processes that import this file.
    main()
