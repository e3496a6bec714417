"""Train a small neural network on scikit-learn's handwritten digits.

python train.py --config config.py --out /tmp/first
"""

import argparse
import importlib.util
import json
import math
import runpy
from pathlib import Path

import numpy as np
from network import OPTIMIZERS, Network

VALIDATION_ROWS, TEST_ROWS = 450, 450


def load_digits():
    """Return 1797 images of 8 x 8 pixels, as rows of 64 numbers in [0, 1], and their labels.

    Reads the file of scikit-learn directly, because importing sklearn.datasets takes longer than the training.
    """
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        raise SystemExit("train.py needs the digits of scikit-learn. Install it with: pip install scikit-learn")
    rows = np.loadtxt(Path(package.origin).parent / "datasets/data/digits.csv.gz", delimiter=",", dtype=np.float32)
    return rows[:, :64] / 16, rows[:, 64].astype(int)


def split(x, y):
    """Split into training, validation and test data, in the same way for every configuration and seed."""
    order = np.random.default_rng(2024).permutation(len(x))
    test, validation, train = np.split(order, [TEST_ROWS, TEST_ROWS + VALIDATION_ROWS])
    return (x[train], y[train]), (x[validation], y[validation]), (x[test], y[test])


def score(network, x, y):
    """Return cross-entropy and accuracy."""
    probabilities = network.predict(x)
    loss = -np.log(np.maximum(probabilities[np.arange(len(y)), y], 1e-12)).mean()
    return float(loss), float((probabilities.argmax(axis=1) == y).mean())


def decay(schedule, progress):
    """Return the factor on the learning rate; `progress` through the training is in [0, 1]."""
    return {"constant": 1.0, "linear": 1 - progress, "cosine": (1 + math.cos(math.pi * progress)) / 2}[schedule]


def train(model, training, train_part, on_epoch, seed):
    """Train a network and call `on_epoch(epoch, network)` after each epoch."""
    rng = np.random.default_rng(seed)
    x, y = train_part
    widths = [model["width_1"], model["width_2"], model["width_3"]][: model["layers"]]
    network = Network([x.shape[1], *widths, 10], model["activation"], model["dropout"], rng)
    parameters = network.weights + network.biases
    params = dict(training["optimizer_params"])
    lr = params.pop("lr")
    optimizer = OPTIMIZERS[training["optimizer_class"]](parameters, **params)
    steps = math.ceil(len(x) / training["batch_size"])
    for epoch in range(training["epochs"]):
        order = rng.permutation(len(x))
        for step in range(steps):
            batch = order[step * training["batch_size"] : (step + 1) * training["batch_size"]]
            progress = (epoch + step / steps) / training["epochs"]
            rate = lr * decay(training["schedule"], progress)
            for weight in network.weights:
                weight *= 1 - rate * training["weight_decay"]
            optimizer.step(parameters, network.gradients(x[batch], y[batch]), rate)
        on_epoch(epoch + 1, network)
    return network


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--test", action="store_true", help="also score the test data")
    args = parser.parse_args()

    config = runpy.run_path(str(args.config))
    args.out.mkdir(parents=True, exist_ok=True)
    train_part, validation_part, test_part = split(*load_digits())

    def on_epoch(epoch, network):
        loss, accuracy = score(network, *validation_part)
        with (args.out / "reports.jsonl").open("a") as reports:
            reports.write(json.dumps({"step": epoch, "val_loss": loss, "val_accuracy": accuracy}) + "\n")
        print(f"epoch {epoch:3d}  val_loss {loss:.4f}  val_accuracy {accuracy:.4f}", flush=True)

    network = train(config["model"], config["training"], train_part, on_epoch, args.seed)
    metrics = dict(zip(("val_loss", "val_accuracy"), score(network, *validation_part), strict=True))
    metrics["train_loss"] = score(network, *train_part)[0]
    if args.test:
        metrics |= dict(zip(("test_loss", "test_accuracy"), score(network, *test_part), strict=True))
    (args.out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")


if __name__ == "__main__":
    main()
