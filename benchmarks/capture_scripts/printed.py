"""Prints a line an epoch."""

import argparse

from digits_network import Network

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--hidden", type=int, default=64)
parser.add_argument("--momentum", type=float, default=0.9)
parser.add_argument("--weight-decay", type=float, default=1e-4)
parser.add_argument("--epochs", type=int, default=27)
args = parser.parse_args()
network = Network(args.lr, args.hidden, args.momentum, args.weight_decay)

for epoch in range(1, args.epochs + 1):
    train_loss = network.train_epoch()
    print(f"| epoch {epoch:3d} | train loss {train_loss:5.3f} | valid loss {network.validate():7.5f}")
