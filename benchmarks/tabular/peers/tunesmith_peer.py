"""`tunesmith fit`, as a user types it; then its model predicts."""

import subprocess
import sys
import time
from pathlib import Path

from job import Job

job = Job()
study = job.folder / "study"
tunesmith = Path(sys.executable).with_name("tunesmith")
command = [tunesmith, "fit", job.train, "--target", job.target, "--minutes", str(job.seconds / 60)]
subprocess.run([*command, "--folder", study, "--quiet"], check=True)
fitted = time.time()

import pandas as pd  # noqa: E402

from tunesmith import FitResult  # noqa: E402

test = pd.read_csv(job.test).drop(columns=job.target)
result = FitResult.load(study)
scores = result.predict if job.kind == "regression" else result.predict_proba
classes = None if job.kind == "regression" else result.ensemble.problems[0].classes
job.finish(fitted, study / "model", lambda: scores(test).to_numpy(), classes)
