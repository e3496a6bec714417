"""A ridge regression on the same split: what an architecture search has to beat.

python ridge.py 24 48 168
"""

import sys

import numpy as np

import ett

LOOKBACK = 336
STRENGTHS = (1.0, 10.0, 100.0, 1000.0)


def windows(values, part, lookback, horizon):
    """Return the windows of all channels, less their last value, and what comes after; one row for each channel."""
    moments = ett.origins(part, lookback, horizon)
    before = values[moments[:, None] + np.arange(-lookback, 0)].transpose(0, 2, 1).reshape(-1, lookback)
    after = values[moments[:, None] + np.arange(horizon)].transpose(0, 2, 1).reshape(-1, horizon)
    last = before[:, -1:]
    return before - last, after - last


def errors(horizon, lookback=LOOKBACK):
    """Return the mean squared errors of the validation and the test part; the penalty is chosen on the former."""
    values, _ = ett.read()
    inputs, targets = windows(values, "train", lookback, horizon)
    squares, products = inputs.T @ inputs, inputs.T @ targets
    held_out = {part: windows(values, part, lookback, horizon) for part in ("validation", "test")}
    found = []
    for strength in STRENGTHS:
        weights = np.linalg.solve(squares + strength * np.eye(lookback, dtype=np.float32), products)
        found.append([float(np.mean((after - before @ weights) ** 2)) for before, after in held_out.values()])
    return min(found)


def main():
    for horizon in map(int, sys.argv[1:] or ("24", "48", "168")):
        validation, test = errors(horizon)
        print(f"horizon {horizon}: validation MSE {validation:.4f}, test MSE {test:.4f}")


if __name__ == "__main__":
    main()
