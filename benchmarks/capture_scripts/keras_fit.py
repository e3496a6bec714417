"""A network of Keras, whose `fit` says what it says."""

import argparse
import os

os.environ["KERAS_BACKEND"] = "torch"
import keras
from digits_network import Network

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--hidden", type=int, default=64)
parser.add_argument("--momentum", type=float, default=0.9)
parser.add_argument("--weight-decay", type=float, default=1e-4)
parser.add_argument("--epochs", type=int, default=27)
args = parser.parse_args()
keras.utils.set_random_seed(0)
data = Network(args.lr, 1, 0, 0)
model = keras.Sequential([keras.layers.Dense(args.hidden, "tanh"), keras.layers.Dense(10, "softmax")])
optimizer = keras.optimizers.SGD(args.lr, momentum=args.momentum, weight_decay=args.weight_decay)
model.compile(optimizer, "sparse_categorical_crossentropy")
model.fit(*data.train, epochs=args.epochs, validation_data=data.valid, batch_size=32, verbose=0)
