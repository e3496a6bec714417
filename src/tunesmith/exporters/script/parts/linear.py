"""Linear models."""

import warnings

import numpy as np
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

from .encoding import all_classes, is_category


def linear(
    train, target, held_out, held_out_target, *, classes, weight, seed, strength, min_frequency, penalty="squares"
):
    """Fit a weight for each scaled number and each frequent level."""
    transform = scaler(train, min_frequency)
    rows, share = transform(train), {"squares": 0.0, "both": 0.5, "absolute": 1.0}[penalty]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # That it has not settled yet.
        if classes:
            options = {"solver": "saga", "l1_ratio": share} if share else {}
            model = LogisticRegression(
                C=1 / strength, max_iter=30, tol=1e-3, warm_start=True, random_state=seed, **options
            )
            for _ in range(10):
                model.fit(rows, target.astype(int), sample_weight=weight)
                if model.n_iter_.max() < 30:
                    break
        elif share:
            alpha = strength * (np.std(target) or 1.0) / len(target)
            model = ElasticNet(alpha=alpha, l1_ratio=share, random_state=seed, tol=1e-3)
            model.fit(rows, target, sample_weight=weight)
        else:
            model = Ridge(alpha=strength, random_state=seed).fit(rows, target, sample_weight=weight)
    if classes:
        return lambda frame: all_classes(model.predict_proba(transform(frame)), model.classes_, classes)
    return lambda frame: model.predict(transform(frame)).reshape(-1, 1)


def scaler(train, min_frequency):
    """Return the function that makes numbers of one spread, and a column of each frequent level."""
    numbers = [name for name in train if not is_category(train[name])]
    means, spreads = train[numbers].mean(), train[numbers].std(ddof=0)
    spreads = spreads.where(spreads > 1e-12 * np.maximum(1.0, means.abs()), 1.0)
    medians = ((train[numbers].median() - means) / spreads).fillna(0.0)
    gaps = [name for name in numbers if train[name].isna().any()]
    counts = {name: train[name].cat.codes.value_counts() for name in train if is_category(train[name])}
    levels = {name: sorted(count.index[:500][count[:500] >= min_frequency]) for name, count in counts.items()}

    def transform(frame):
        scaled = ((frame[numbers] - means) / spreads).clip(-10, 10)
        parts = [scaled.fillna(medians).to_numpy(), frame[gaps].isna().to_numpy()]
        for name, own in levels.items():
            hot = frame[name].cat.codes.to_numpy()[:, None] == np.array(own, dtype=int)
            rare = counts[name].drop(own).sum() > 0
            parts += [hot, ~hot.any(axis=1, keepdims=True)] if rare else [hot]
        return np.hstack(parts).astype(np.float32)

    return transform
