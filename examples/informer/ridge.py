"""A ridge regression on the same split: what an architecture search has to beat.

python ridge.py 24 48 168
"""

import sys

import numpy as np

import ett

LOOKBACK = 336
STRENGTHS = (1.0, 10.0, 100.0, 1000.0)
AT_ONCE = 2000


def windows(data, moments, lookback, horizon):
    """Return the windows of all channels, less their last value, and what comes after; one row for each channel."""
    before = data.values[moments[:, None] + np.arange(-lookback, 0)].transpose(0, 2, 1).reshape(-1, lookback)
    after = data.values[moments[:, None] + np.arange(horizon)].transpose(0, 2, 1).reshape(-1, horizon)
    return before - before[:, -1:], after - before[:, -1:]


def parts(data, part, lookback, horizon):
    """Yield the windows of a part, some at a time."""
    moments = data.origins(part, lookback, horizon)
    for first in range(0, len(moments), AT_ONCE):
        yield windows(data, moments[first : first + AT_ONCE], lookback, horizon)


def errors(data, horizon, lookback=LOOKBACK):
    """Return the mean squared errors of the validation and the test part; the penalty is chosen on the former."""
    lookback = min(lookback, len(data.origins("training", 0, horizon)) // 3)
    squares, products = np.zeros((lookback, lookback)), np.zeros((lookback, horizon))
    for before, after in parts(data, "training", lookback, horizon):
        squares += before.T @ before
        products += before.T @ after
    tried = []
    for strength in STRENGTHS:
        weights = np.linalg.solve(squares + strength * np.eye(lookback), products).astype(np.float32)
        tried.append([error(data, part, weights) for part in ("validation", "test")])
    return min(tried)


def error(data, part, weights):
    """Return the mean squared error of a part: all of its windows, none dropped."""
    total, count = 0.0, 0
    for before, after in parts(data, part, *weights.shape):
        total, count = total + float(((after - before @ weights) ** 2).sum()), count + after.size
    return total / count


def main():
    data = ett.Data()
    for horizon in map(int, sys.argv[1:] or ("24", "48", "168")):
        validation, test = errors(data, horizon)
        print(f"horizon {horizon}: validation MSE {validation:.4f}, test MSE {test:.4f}")


if __name__ == "__main__":
    main()
