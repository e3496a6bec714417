"""Linear regression by stochastic gradient descent, a slice of epochs at a time."""

import numpy as np

EPOCHS = 2  # a slice
FEATURES, ROWS, BATCH = 40, 1000, 10

_rng = np.random.default_rng(0)
_truth = _rng.normal(size=FEATURES)
_scales = np.logspace(0, -1, FEATURES)  # some directions are learnt ten times as slowly as others
X = _rng.normal(size=(2 * ROWS, FEATURES)) * _scales
Y = X @ _truth + _rng.normal(scale=2.0, size=2 * ROWS)


@np.errstate(over="ignore", invalid="ignore")  # a slice may diverge: it has failed then, and its place is taken
def train(parameters, trial):
    """Go on for one slice from whatever the checkpoint folder holds, and leave there what the next one needs."""
    state = trial.checkpoint / "state.npz"
    if state.exists():
        kept = np.load(state)
        epoch, weights, velocity = int(kept["epoch"]), kept["weights"], kept["velocity"]
    else:
        epoch, weights, velocity = 0, np.zeros(FEATURES), np.zeros(FEATURES)
    for _ in range(EPOCHS):
        epoch += 1
        order = np.random.default_rng([trial.seed, epoch]).permutation(ROWS).reshape(-1, BATCH)
        for rows in order:
            gradient = X[rows].T @ (X[rows] @ weights - Y[rows]) / BATCH
            velocity = parameters["momentum"] * velocity - parameters["learning_rate"] * gradient
            weights = weights + velocity
        error = float(np.mean((X[ROWS:] @ (weights - _truth)) ** 2))
        trial.report(epoch, error=error)
    np.savez(state, epoch=epoch, weights=weights, velocity=velocity)
    return {"error": error}
