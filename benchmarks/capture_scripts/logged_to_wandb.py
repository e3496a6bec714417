"""Logs to Weights & Biases, here without its server, and prints nothing."""

import argparse

import wandb
from digits_network import Network

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--hidden", type=int, default=64)
parser.add_argument("--momentum", type=float, default=0.9)
parser.add_argument("--weight-decay", type=float, default=1e-4)
parser.add_argument("--epochs", type=int, default=27)
args = parser.parse_args()
network = Network(args.lr, args.hidden, args.momentum, args.weight_decay)

run = wandb.init(project="digits", config=vars(args), mode="disabled")
for epoch in range(1, args.epochs + 1):
    run.log({"train/loss": network.train_epoch(), "valid/loss": network.validate(), "epoch": epoch})
run.finish()
