"""A LightGBM model that evaluates each round, and prints only its end."""

import argparse

import lightgbm
from digits_network import Network

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--leaves", type=int, default=31)
parser.add_argument("--feature-fraction", type=float, default=1.0)
parser.add_argument("--lambda", type=float, default=0.0)
parser.add_argument("--rounds", type=int, default=27)
args = parser.parse_args()
data = Network(0.1, 1, 0, 0)
settings = {
    "objective": "multiclass", "num_class": 10, "learning_rate": args.lr, "num_leaves": args.leaves, "verbose": -1,
    "feature_fraction": args.feature_fraction, "lambda_l2": vars(args)["lambda"], "num_threads": 1, "seed": 0,
}  # fmt: skip
train = lightgbm.Dataset(*data.train)
valid = lightgbm.Dataset(*data.valid, reference=train)
lightgbm.train(settings, train, args.rounds, valid_sets=[valid], valid_names=["valid"])
