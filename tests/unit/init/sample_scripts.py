"""Scripts and configs of many kinds. Each would fail if it were run, since drafting only reads them."""

FOLDERS = {
    "pytorch": {
        "train.py": """
import argparse, json, os
raise SystemExit("this script was run")
BASE_LR = 3e-4
def get_args():
    parser = argparse.ArgumentParser(description="Train a classifier")
    parser.add_argument("data", metavar="DIR", nargs="?", default="data")
    parser.add_argument("-b", "--batch-size", default=64, type=int, metavar="N")
    group = parser.add_argument_group("optimisation")
    group.add_argument("--lr", "--learning-rate", default=BASE_LR, type=float)
    group.add_argument("--momentum", default=0.9, type=float)
    group.add_argument("--wd", "--weight-decay", dest="weight_decay", default=0.0, type=float)
    group.add_argument("--beta2", type=float, default=0.999)
    parser.add_argument("--optimizer", choices=["sgd", "adam"], default="adam")
    parser.add_argument("--hidden_dim", type=int, default=256)
    parser.add_argument("--num-layers", type=int, default=2)
    parser.add_argument("--nesterov", action="store_true")
    parser.add_argument("--augment", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--pretrained", type=bool, default=False)
    parser.add_argument("--gamma", default=0.5)
    parser.add_argument("--mode", choices=[1, 2], default=1)
    parser.add_argument("--mixup", type=float, default="0.2")
    parser.add_argument("--bias", type=str2bool, default=True)
    parser.add_argument("--milestones", nargs="+", type=int, default=[10, 20])
    parser.add_argument("--warmup-steps", type=int, default=500)
    parser.add_argument("--temp", type=float, default=os.environ.get("T"))
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--num-workers", type=int, default=4)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--output-dir", default="runs")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("-v", action="store_true")
    return parser.parse_args()
def main():
    results = {"train_loss": 0.1, "test_acc": 0.8}
    results["val_acc"] = 0.7
    with open(os.path.join(args.output_dir, "results.json"), "w") as f:
        json.dump(results, f)
""",
    },
    "sklearn": {
        "fit.py": """
from sklearn.ensemble import GradientBoostingClassifier
N_ESTIMATORS = 100
LEARNING_RATE = 0.1
MAX_DEPTH = 3
SUBSAMPLE = 0.8
MIN_SAMPLES_LEAF = 1
RANDOM_STATE = 0
TEST_SIZE = 0.2
model = GradientBoostingClassifier(n_estimators=N_ESTIMATORS)
print(f"accuracy: {score:.4f}")
""",
    },
    "shell": {
        "train.sh": """
#!/bin/bash
LR=0.01
batch_size=32
while [[ $# -gt 0 ]]; do
  case "$1" in
    --lr) LR="$2"; shift 2;;
    --batch-size)
      batch_size="$2"
      shift 2;;
    --epochs) EPOCHS=$2; shift 2;;
    --fast) FAST=1; shift;;
    *) exit 1;;
  esac
done
echo "val_rmse=$rmse"
""",
    },
    "click": {
        "main.py": """
import click
@click.command()
@click.option("--lr", default=0.1)
def main(lr):
    print("loss: %.3f" % loss)
if __name__ == "__main__":
    main()
""",
    },
    "nested": {
        "config.py": """
CONFIG = {
    "model": {"d_model": 128, "n_heads": 8, "d_ff": 512, "dropout": 0.1, "activation": "gelu", "seq_len": 96},
    "training": {
        "lr": 1e-4, "batch_size": 4, "epochs": 10,
        "optimizer_class": "Adam",
        "optimizer_params": {"weight_decay": 0.01, "momentum": 0.9},
    },
    "data_path": "ETTh1.csv",
}
""",
        "train.py": """
import importlib.util, argparse, json
parser = argparse.ArgumentParser()
parser.add_argument("--config", required=True)
parser.add_argument("--out", type=str, required=True)
if __name__ == "__main__":
    json.dump({"val_mse": 1.0, "val_mae": 2.0}, open(args.out + "/metrics.json", "w"))
""",
    },
    "imported": {
        "settings.py": "LR = 0.001\nHIDDEN = 64\nACTIVATION = 'ReLU'\nSAVE_EVERY = 5\n",
        "run.py": "import settings\nfrom settings import LR\nif __name__ == '__main__':\n    print('val_auc =', auc)\n",
    },
    "yaml": {
        "conf.yaml": "optimizer:\n  name: adamw\n  lr: 1e-3   # peak\n  betas: [0.9, 0.95]\nmodel:\n  embed_dim: 384\n"
        "  heads: 6\n  depth: 12\n  drop_path_rate: 0.1\n  use_bias: yes\ndata:\n  num_classes: 10\n  img_size: 224\n",
        "train.py": "import sys, yaml\ncfg = yaml.safe_load(open(sys.argv[1]))\ntrain(cfg)\n"
        "print(f'epoch {e} train_loss={a:.3f} val_loss={b:.3f}')\n",
    },
    "json": {
        "hparams.json": '{\n  "alpha": 1.0,\n  "max_depth": -1,\n  "num_leaves": 31,\n  "feature_fraction": 0.9,\n'
        '  "lambda_l2": 0.0,\n  "early_stopping_rounds": 50,\n  "objective": "regression",\n  "verbose": -1\n}\n',
        "model.py": "import json\nwith open('hparams.json') as f:\n    params = json.load(f)\nrmse = 1\n",
    },
    "dataclass": {
        "config.py": """
from dataclasses import dataclass, field
@dataclass
class OptimConfig:
    lr: float = 5e-4
    optimizer: str = "torch.optim.AdamW"
    label_smoothing: float = field(default=0.1)
    grad_clip: float = 1.0
    ema_decay: float = 0.9999
    amp: bool = True
@dataclass
class ModelConfig:
    width: int = 192
    kernel_size: int = 3
    use_norm: bool = True
    vocab_size: int = 50257
    needed: int
""",
        "main.py": "from config import OptimConfig\nif __name__ == '__main__':\n    print(f'ppl={ppl}')\n",
    },
    "toml": {
        "experiment_config.toml": "[svm]\nC = 1.0\ngamma = 0.1\nkernel = 'rbf'\ntol = 1e-3\n\n"
        "[reinforcement]\ngamma = 0.99\ntemperature = 0.07\ncooling = 0.95\n",
    },
    "subcommands": {
        "main.py": """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
subs = parser.add_subparsers()
train = subs.add_parser("train")
train.add_argument("--dropout", type=float, default=0.1)
parser.add_argument("--data", required=True, type=str)
parser.add_argument("task")
""",
    },
    "julia": {"train.jl": 'using Flux\nη = 0.01\nprintln("loss=$loss")\n'},
    "nothing": {"notes.py": "import os\n\ndef f():\n    return 1\n\n\nf()\n"},
}
