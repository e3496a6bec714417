"""Histogram gradient boosting with scikit-learn."""

from itertools import islice

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, mean_squared_error

from .encoding import all_classes, encoded, filled, fills, patience


def hist_gradient_boosting(train, target, held_out, held_out_target, *, classes, weight, seed, **options):
    """Add trees until the held-out rows no longer improve."""
    array = encoded(train)
    values = fills(train, array)
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    booster = kind(**options, early_stopping=False, warm_start=True, random_state=seed)

    def staged(frame):
        rows = filled(encoded(frame), values)
        if not classes:
            return (numbers.reshape(-1, 1) for numbers in booster.staged_predict(rows))
        return (all_classes(shares, booster.classes_, classes) for shares in booster.staged_predict_proba(rows))

    def loss(predicted):
        if not classes:
            return mean_squared_error(held_out_target, predicted[:, 0])
        return log_loss(held_out_target, predicted, labels=range(classes))

    for rounds in range(20, 1001, 20):
        booster.set_params(max_iter=rounds).fit(filled(array, values), target, sample_weight=weight)
        best = int(np.argmin([loss(predicted) for predicted in staged(held_out)]))
        if rounds - 1 - best >= min(60, patience(len(target), options["learning_rate"])):
            break
    return lambda frame: next(islice(staged(frame), best, None))
