"""AutoGluon's TabularPredictor with one of its presets."""

import time

from autogluon.tabular import TabularPredictor
from job import Job


def main() -> None:
    job = Job()
    train, test = job.read()
    place = job.folder / "autogluon"
    predictor = TabularPredictor(
        label=job.target,
        problem_type=job.kind,
        eval_metric="root_mean_squared_error" if job.kind == "regression" else "log_loss",
        path=str(place),
        verbosity=0,
    )
    predictor.fit(train, time_limit=job.left, presets=job.variant, num_cpus=job.cores, num_gpus=0)
    fitted = time.time()
    predictor.persist()
    if job.kind == "regression":
        job.finish(fitted, place, lambda: predictor.predict(test).to_numpy())
    else:
        classes = predictor.class_labels
        job.finish(fitted, place, lambda: predictor.predict_proba(test)[classes].to_numpy(), classes)


if __name__ == "__main__":  # Some libraries start processes that import this file.
    main()
