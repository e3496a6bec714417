"""Tune gradient boosting on scikit-learn's diabetes data: `python tune.py`."""

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import KFold

import tunesmith as ts

FOLDS = 5
SPACE = {
    # The defaults are those of scikit-learn; trial 0 measures them.
    "learning_rate": ts.Float(0.005, 0.5, log=True, default=0.1),
    "n_estimators": ts.Int(20, 200, log=True, default=100),
    "max_depth": ts.Int(1, 5, default=3),
    "min_samples_leaf": ts.Int(1, 50, log=True, default=1),
    "subsample": ts.Float(0.3, 1.0, default=1.0),
    "max_features": ts.Float(0.1, 1.0, default=1.0),
    "loss": ts.Choice(["squared_error", "huber"], default="squared_error"),
    "alpha": ts.Float(0.5, 0.99, default=0.9, when={"loss": "huber"}),
}


def cross_validate(parameters, trial):
    """Return the mean error of five-fold cross-validation; report the mean so far after each fold."""
    x, y = load_diabetes(return_X_y=True)
    errors = []
    for train, held_out in KFold(FOLDS, shuffle=True, random_state=0).split(x):
        model = GradientBoostingRegressor(**parameters, random_state=trial.seed)
        model.fit(x[train], y[train])
        errors.append(root_mean_squared_error(y[held_out], model.predict(x[held_out])))
        trial.report(len(errors), rmse=np.mean(errors))  # raises TrialPruned if the trial is not worth finishing
    return {"rmse": np.mean(errors), "rmse_spread": np.std(errors)}


if __name__ == "__main__":
    study = ts.tune(
        cross_validate,
        space=SPACE,
        objective="minimize rmse",
        budget=ts.Budget(trials=30, minutes=3),
        folder="studies/function",
        executor="process:2",
        seed=0,
    )
    print(f"yours: {study.trials[0].metrics['rmse']:.2f}  best: {study.best.metrics['rmse']:.2f}")
    print(dict(study.best.parameters))
