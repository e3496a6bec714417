"""Linear regression by stochastic gradient descent, one slice of epochs per trial."""

import numpy as np

EPOCHS = 2  # per slice
FEATURES, ROWS, BATCH = 40, 1000, 10

_rng = np.random.default_rng(0)
_truth = _rng.normal(size=FEATURES)
_scales = np.logspace(0, -1, FEATURES)  # some directions are learnt ten times more slowly than others
X = _rng.normal(size=(2 * ROWS, FEATURES)) * _scales
Y = X @ _truth + _rng.normal(scale=2.0, size=2 * ROWS)


@np.errstate(over="ignore", invalid="ignore")  # a slice may diverge; it fails and is replaced
def train(parameters, trial):
    """Train one slice from the state in the checkpoint folder, and save the state for the next slice."""
    state = trial.checkpoint / "state.npz"
    if state.exists():
        saved = np.load(state)
        epoch, weights, velocity = int(saved["epoch"]), saved["weights"], saved["velocity"]
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
