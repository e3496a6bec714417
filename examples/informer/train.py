"""Train an Informer on ETTh1.

python train.py --config config.py --out /tmp/first
"""

import argparse
import json
import runpy
import time
from pathlib import Path

import numpy as np
import ridge
import torch
from torch import nn

import ett
from tunesmith.networks.encoder_decoder import EncoderDecoder


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--score", type=Path, help="do not train; score the model in this folder on the test part")
    args = parser.parse_args()
    config = runpy.run_path(str(args.config))["CONFIG"]
    args.out.mkdir(parents=True, exist_ok=True)
    write(args.out / "config_used.json", config)

    torch.manual_seed(args.seed)
    started, data = time.monotonic(), ett.Data(config["data"]["path"])
    model = build(config, channels=data.values.shape[1])
    if args.score:
        score(model, data, config, args)
        return
    history, best_weights = train(model, data, config, args)
    torch.save(best_weights, args.out / "best_model.pt")
    model.load_state_dict(best_weights)
    write(args.out / "history.json", history)
    draw(history, args.out / "learning_curve.png")

    best = min(history, key=lambda row: row["val_mse"])
    metrics = {
        "val_mse": best["val_mse"],
        "train_mse": best["train_mse"],
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "ms_per_forecast": milliseconds(model, data, config["data"]),
        "seconds": time.monotonic() - started,
    }
    write(args.out / "metrics.json", metrics)


def score(model, data, config, args):
    """Write the errors of a trained model, and those of a linear model."""
    model.load_state_dict(torch.load(args.score / "best_model.pt", weights_only=True))
    parts = {"val_mse": "validation", "test_mse": "test"}
    metrics = {name: error(model, data, part, config["data"]) for name, part in parts.items()}
    metrics["linear_val_mse"], metrics["linear_test_mse"] = ridge.errors(data, config["data"]["horizon"])
    write(args.out / "metrics.json", metrics)


def build(config, channels):
    """Return the untrained network of a configuration."""
    data, model = config["data"], dict(config["model"])
    heads, joint, calendar = model.pop("heads"), model.pop("joint"), model.pop("calendar")
    network = EncoderDecoder(
        lookback=data["lookback"],
        horizon=data["horizon"],
        channels=channels if joint else 1,
        marks=4 if calendar else 0,
        width=heads * model.pop("head_width"),
        heads=heads,
        start=max(1, round(model.pop("start") * data["lookback"])),
        **model,
    )
    return network if joint else OneByOne(network)


class OneByOne(nn.Module):
    """Forecasts each channel from its own window, with the same network for all."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, windows, marks):
        count, _, channels = windows.shape
        alone = windows.transpose(1, 2).reshape(count * channels, -1, 1)
        outputs = self.network(alone, marks.repeat_interleave(channels, dim=0))
        return outputs.reshape(count, channels, -1).transpose(1, 2)


def train(model, data, config, args):
    """Train until the validation part is no longer forecast better.

    Return what each epoch came to, and the weights of the best. The state is kept after each epoch, so that a training
    that was interrupted goes on.
    """
    training, checkpoint = config["training"], args.out / "checkpoint" / "state.pt"
    optimizer = getattr(torch.optim, training["optimizer_class"])(model.parameters(), **training["optimizer_params"])
    schedulers = torch.optim.lr_scheduler
    scheduler = getattr(schedulers, training["scheduler_class"])(optimizer, **training["scheduler_params"])
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    history, best_weights = [], model.state_dict()
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        history, best_weights = state["history"], state["best"]
        for name, part in parts.items():
            part.load_state_dict(state[name])
    while len(history) < training["epochs"]:
        torch.manual_seed(args.seed + 1_000 * len(history))  # so that it takes the same steps after an interruption
        row = {"epoch": len(history) + 1, **epoch(model, data, optimizer, config)}
        scheduler.step()
        history.append(row)
        if row["val_mse"] == min(row["val_mse"] for row in history):
            best_weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        checkpoint.parent.mkdir(exist_ok=True)
        state = {name: part.state_dict() for name, part in parts.items()}
        torch.save({**state, "history": history, "best": best_weights}, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)
        with (args.out / "reports.jsonl").open("a") as reports:
            reports.write(json.dumps({"step": row["epoch"], "val_mse": row["val_mse"]}) + "\n")
        print("epoch {epoch}  train_mse {train_mse:.4f}  val_mse {val_mse:.4f}".format(**row), flush=True)
        best = min(history, key=lambda row: row["val_mse"])["epoch"]
        if row["epoch"] - best >= training["patience"]:
            break
    return history, best_weights


def epoch(model, data, optimizer, config):
    """Take the steps of one epoch, and return the errors of the training and the validation part."""
    training, loss_function = config["training"], getattr(nn, config["training"]["loss_class"])()
    moments = data.origins("training", config["data"]["lookback"], config["data"]["horizon"])
    moments = moments[torch.randperm(len(moments)).numpy()[: round(training["share"] * len(moments))]]
    errors = []
    model.train()
    for windows, marks, targets in batches(data, moments, config["data"], training["batch_size"]):
        outputs = model(windows, marks)
        optimizer.zero_grad(set_to_none=True)
        loss_function(outputs, targets).backward()
        if training["clip_norm"]:
            nn.utils.clip_grad_norm_(model.parameters(), training["clip_norm"])
        optimizer.step()
        errors.append(float(nn.functional.mse_loss(outputs.detach(), targets)))
    return {"train_mse": float(np.mean(errors)), "val_mse": error(model, data, "validation", config["data"])}


def batches(data, moments, shape, size):
    """Yield windows, their calendar and what comes after them."""
    past, ahead = np.arange(-shape["lookback"], 0), np.arange(shape["horizon"])
    for first in range(0, len(moments), size):
        some = moments[first : first + size, None]
        marks = data.calendar[some + np.concatenate([past, ahead])]
        parts = data.values[some + past], marks, data.values[some + ahead]
        yield [torch.from_numpy(part) for part in parts]


def error(model, data, part, shape):
    """Return the mean squared error of a part: all of its windows, none dropped."""
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        moments = data.origins(part, shape["lookback"], shape["horizon"])
        for windows, marks, targets in batches(data, moments, shape, 256):
            total += float(((model(windows, marks) - targets) ** 2).sum())
            count += targets.numel()
    return total / count


def milliseconds(model, data, shape):
    """Return the median time of a forecast from one window."""
    moments = data.origins("validation", shape["lookback"], shape["horizon"])
    windows, marks, _ = next(batches(data, moments[:1], shape, 1))
    times = []
    model.eval()
    with torch.no_grad():
        for _ in range(9):
            started = time.perf_counter()
            model(windows, marks)
            times.append(1_000 * (time.perf_counter() - started))
    return float(np.median(times))


def draw(history, path):
    """Draw the learning curve, if matplotlib is installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("no learning_curve.png: pip install matplotlib")
        return
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name in ("train_mse", "val_mse"):
        axes.plot([row["epoch"] for row in history], [row[name] for row in history], marker="o", label=name)
    axes.set_xlabel("epoch")
    axes.set_ylabel("mean squared error")
    axes.legend()
    figure.savefig(path, dpi=120)


def write(path, table):
    path.write_text(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    main()
