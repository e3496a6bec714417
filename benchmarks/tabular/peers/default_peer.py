"""LightGBM or CatBoost with all defaults, trained once on all rows."""

import pickle
import time

import pandas as pd
from job import Job


def main() -> None:
    job = Job()
    train, test = job.read()
    features, target = train.drop(columns=job.target), train[job.target]
    texts = [name for name in features if features[name].dtype == object]
    regression = job.kind == "regression"
    if job.variant == "lightgbm":
        from lightgbm import LGBMClassifier, LGBMRegressor

        for name in texts:
            kinds = pd.CategoricalDtype(features[name].dropna().unique())
            features[name], test[name] = features[name].astype(kinds), test[name].astype(kinds)
        model = (LGBMRegressor if regression else LGBMClassifier)(n_jobs=job.cores, verbose=-1, random_state=0)
    else:
        from catboost import CatBoostClassifier, CatBoostRegressor

        for name in texts:
            features[name], test[name] = features[name].fillna("").astype(str), test[name].fillna("").astype(str)
        kind = CatBoostRegressor if regression else CatBoostClassifier
        model = kind(thread_count=job.cores, verbose=0, random_seed=0, allow_writing_files=False, cat_features=texts)
    model.fit(features, target)
    saved = job.folder / "model.pickle"
    saved.write_bytes(pickle.dumps(model))
    fitted = time.time()
    if regression:
        job.finish(fitted, saved, lambda: model.predict(test))
    else:
        job.finish(fitted, saved, lambda: model.predict_proba(test), model.classes_)


if __name__ == "__main__":  # Some libraries start processes that import this file.
    main()
