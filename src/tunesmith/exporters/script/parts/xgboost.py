"""Gradient boosting with XGBoost."""

import xgboost as xgb

from .encoding import encoded, outputs, patience, sets_of_levels


def xgboost(train, target, held_out, held_out_target, *, classes, weight, seed, **options):
    """Add trees until the held-out rows no longer improve."""

    def matrix(frame, **known):
        sets = sets_of_levels(frame)
        types = ["c" if index in sets else "q" for index in range(frame.shape[1])]
        return xgb.DMatrix(encoded(frame), feature_types=types, enable_categorical=True, nthread=1, **known)

    kind = "reg:squarederror" if not classes else "binary:logistic" if classes == 2 else "multi:softprob"
    fixed = {"objective": kind, "tree_method": "hist", "seed": seed, "nthread": 1, "verbosity": 0}
    if classes > 2:
        fixed["num_class"] = classes
    booster = xgb.train(
        fixed | options,
        matrix(train, label=target, weight=weight),
        num_boost_round=3000,
        evals=[(matrix(held_out, label=held_out_target), "validation")],
        early_stopping_rounds=patience(len(target), options["learning_rate"]),
        verbose_eval=False,
    )
    best = booster[: booster.best_iteration + 1]
    return lambda frame: outputs(best.predict(matrix(frame), output_margin=True), classes)
