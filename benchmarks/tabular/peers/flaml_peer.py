"""FLAML's AutoML with its defaults."""

import pickle
import time

from flaml import AutoML
from job import Job


def main() -> None:
    job = Job()
    train, test = job.read()
    automl = AutoML()
    automl.fit(
        dataframe=train,
        label=job.target,
        task="regression" if job.kind == "regression" else "classification",
        metric="rmse" if job.kind == "regression" else "log_loss",
        time_budget=job.left,
        n_jobs=job.cores,
        seed=0,
        verbose=0,
    )
    model = job.folder / "model.pickle"
    model.write_bytes(pickle.dumps(automl))
    fitted = time.time()
    if job.kind == "regression":
        job.finish(fitted, model, lambda: automl.predict(test))
    else:
        job.finish(fitted, model, lambda: automl.predict_proba(test), automl.classes_)


if __name__ == "__main__":  # Some libraries start processes that import this file.
    main()
