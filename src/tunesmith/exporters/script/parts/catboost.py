"""Gradient boosting with CatBoost."""

import catboost as cb
import pandas as pd

from .encoding import encoded, is_category, outputs, patience


def catboost(train, target, held_out, held_out_target, *, classes, weight, seed, **options):
    """Add trees until the held-out rows no longer improve."""

    def pool(frame, **known):
        array, sets = encoded(frame), [i for i, name in enumerate(frame) if is_category(frame[name])]
        columns = {str(i): array[:, i] for i in range(frame.shape[1])}
        columns |= {str(i): frame.iloc[:, i].cat.codes.to_numpy().astype("int32") for i in sets}
        return cb.Pool(pd.DataFrame(columns), cat_features=[str(i) for i in sets], **known)

    fixed = {"loss_function": "RMSE" if not classes else "Logloss" if classes == 2 else "MultiClass"}
    fixed |= {"bootstrap_type": "Bernoulli", "iterations": min(3000, round(80 / options["learning_rate"]))}
    fixed |= {"random_seed": seed, "thread_count": 1, "allow_writing_files": False, "logging_level": "Silent"}
    if classes > 2:
        fixed["classes_count"] = classes
    booster = cb.CatBoost(fixed | options)
    booster.fit(
        pool(train, label=target, weight=weight),
        eval_set=pool(held_out, label=held_out_target),
        early_stopping_rounds=patience(len(target), options["learning_rate"]),
        use_best_model=True,
    )
    return lambda frame: outputs(booster.predict(pool(frame), prediction_type="RawFormulaVal"), classes)
