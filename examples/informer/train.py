"""Train an Informer on ETTh1.

python train.py --config config.py --out /tmp/first
"""

import argparse
import json
import runpy
import time
from pathlib import Path

import numpy as np
import torch
from ridge import errors as ridge_errors
from torch import nn

import ett
from tunesmith.networks.encoder_decoder import EncoderDecoder


def network(config):
    """Return the untrained network of a configuration."""
    data, model = config["data"], dict(config["model"])
    heads = model.pop("heads")
    return EncoderDecoder(
        lookback=data["lookback"],
        horizon=data["horizon"],
        channels=7,
        marks=4,
        width=heads * model.pop("head_width"),
        heads=heads,
        start=max(1, round(model.pop("start") * data["lookback"])),
        **model,
    )


def batches(values, calendar, moments, data, size):
    """Yield windows, their calendar and what comes after them."""
    past, ahead = np.arange(-data["lookback"], 0), np.arange(data["horizon"])
    for first in range(0, len(moments), size):
        some = moments[first : first + size, None]
        marks = calendar[some + np.concatenate([past, ahead])]
        yield torch.from_numpy(values[some + past]), torch.from_numpy(marks), torch.from_numpy(values[some + ahead])


def error(model, values, calendar, part, data):
    """Return the mean squared error of a part: all of its windows, none dropped."""
    model.eval()
    moments, total, count = ett.origins(part, data["lookback"], data["horizon"]), 0.0, 0
    with torch.no_grad():
        for windows, marks, targets in batches(values, calendar, moments, data, 256):
            total += float(((model(windows, marks) - targets) ** 2).sum())
            count += targets.numel()
    return total / count


def draw(history, path):
    """Draw the learning curve, if matplotlib is installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("no learning_curve.png: it needs matplotlib")
        return
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name in ("train_mse", "val_mse"):
        axes.plot([row["epoch"] for row in history], [row[name] for row in history], marker="o", label=name)
    axes.set_xlabel("epoch")
    axes.set_ylabel("mean squared error")
    axes.legend()
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--test", action="store_true", help="also score the test part")
    args = parser.parse_args()
    config = runpy.run_path(str(args.config))["CONFIG"]
    data, training = config["data"], config["training"]
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "config_used.json").write_text(json.dumps(config, indent=2) + "\n")

    torch.manual_seed(args.seed)
    values, calendar = ett.read()
    model = network(config)
    optimizer = getattr(torch.optim, training["optimizer_class"])(model.parameters(), **training["optimizer_params"])
    schedulers = torch.optim.lr_scheduler
    scheduler = getattr(schedulers, training["scheduler_class"])(optimizer, **training["scheduler_params"])
    loss_function = getattr(nn, training["loss_class"])()
    moments = ett.origins("train", data["lookback"], data["horizon"])
    rng, history, best, started = np.random.default_rng(args.seed), [], (float("inf"), 0), time.monotonic()
    for epoch in range(1, training["epochs"] + 1):
        model.train()
        total, steps = 0.0, 0
        for windows, marks, targets in batches(
            values, calendar, rng.permutation(moments), data, training["batch_size"]
        ):
            outputs = model(windows, marks)
            optimizer.zero_grad(set_to_none=True)
            loss_function(outputs, targets).backward()
            if training["clip_norm"]:
                nn.utils.clip_grad_norm_(model.parameters(), training["clip_norm"])
            optimizer.step()
            total, steps = total + float(((outputs.detach() - targets) ** 2).mean()), steps + 1
        scheduler.step()
        val_mse = error(model, values, calendar, "validation", data)
        history.append({"epoch": epoch, "train_mse": total / steps, "val_mse": val_mse})
        with (args.out / "reports.jsonl").open("a") as reports:
            reports.write(json.dumps({"step": epoch, "val_mse": val_mse}) + "\n")
        print(f"epoch {epoch:2d}  train_mse {total / steps:.4f}  val_mse {val_mse:.4f}", flush=True)
        if val_mse < best[0]:
            best = (val_mse, epoch)
            torch.save(model.state_dict(), args.out / "best_model.pt")
        elif epoch - best[1] >= training["patience"]:
            break
    (args.out / "history.json").write_text(json.dumps(history, indent=2) + "\n")
    draw(history, args.out / "learning_curve.png")

    model.load_state_dict(torch.load(args.out / "best_model.pt", weights_only=True))
    linear_val, linear_test = ridge_errors(data["horizon"])
    metrics = {
        "val_mse": best[0],
        "train_mse": history[best[1] - 1]["train_mse"],
        "linear_val_mse": linear_val,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "seconds_per_epoch": (time.monotonic() - started) / len(history),
    }
    if args.test:
        metrics |= {"test_mse": error(model, values, calendar, "test", data), "linear_test_mse": linear_test}
    (args.out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")


if __name__ == "__main__":
    main()
