"""Writes scalars for TensorBoard, and prints nothing."""

import argparse

from digits_network import Network
from tensorboardX import SummaryWriter

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--hidden", type=int, default=64)
parser.add_argument("--momentum", type=float, default=0.9)
parser.add_argument("--weight-decay", type=float, default=1e-4)
parser.add_argument("--epochs", type=int, default=27)
parser.add_argument("--out", default="runs")
args = parser.parse_args()
network = Network(args.lr, args.hidden, args.momentum, args.weight_decay)

with SummaryWriter(args.out) as writer:
    for epoch in range(1, args.epochs + 1):
        writer.add_scalar("Loss/train", network.train_epoch(), epoch)
        writer.add_scalar("Loss/valid", network.validate(), epoch)
