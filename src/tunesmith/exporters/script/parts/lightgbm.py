"""Gradient boosting with LightGBM."""

import lightgbm as lgb

from .encoding import encoded, outputs, patience, sets_of_levels


def lightgbm(train, target, held_out, held_out_target, *, classes, weight, seed, **options):
    """Add trees until the held-out rows no longer improve."""
    kind = "regression" if not classes else "binary" if classes == 2 else "multiclass"
    fixed = {"objective": kind, "seed": seed, "num_threads": 1, "verbosity": -1, "deterministic": True}
    fixed |= {"force_col_wise": True, "feature_pre_filter": False, "bagging_freq": int(options["bagging_fraction"] < 1)}
    if kind == "multiclass":
        fixed["num_class"] = classes
    data = lgb.Dataset(encoded(train), target, weight=weight, categorical_feature=sets_of_levels(train))
    validation = data.create_valid(encoded(held_out), held_out_target)
    stop = lgb.early_stopping(patience(len(target), options["learning_rate"]), verbose=False)
    booster = lgb.train(fixed | options, data, num_boost_round=3000, valid_sets=[validation], callbacks=[stop])
    return lambda frame: outputs(booster.predict(encoded(frame), raw_score=True), classes)


def additive(train, target, held_out, held_out_target, **options):
    """Add trees that look at one column each."""
    alone = [[column] for column in range(train.shape[1])]
    return lightgbm(train, target, held_out, held_out_target, interaction_constraints=alone, **options)
