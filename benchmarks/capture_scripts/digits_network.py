"""A small network on scikit-learn's handwritten digits, trained with momentum."""

import numpy as np
from sklearn.datasets import load_digits


class Network:
    """Two layers; `train_epoch` and `validate` return mean losses."""

    def __init__(self, lr, hidden, momentum, weight_decay, seed=0):
        random = np.random.default_rng(seed)
        x, y = load_digits(return_X_y=True)
        order = random.permutation(len(x))
        x, y = x[order] / 16 + random.normal(0, 0.3, x.shape), y[order]
        self.train, self.valid = (x[:1200], y[:1200]), (x[1200:], y[1200:])
        self.weights = [random.normal(0, 0.1, (64, hidden)), random.normal(0, 0.1, (hidden, 10))]
        self.velocities = [np.zeros_like(weights) for weights in self.weights]
        self.lr, self.momentum, self.weight_decay, self.random = lr, momentum, weight_decay, random

    def train_epoch(self, batch_size=6):
        x, y = self.train
        losses = []
        for rows in np.array_split(self.random.permutation(len(x)), len(x) // batch_size):
            hidden, probabilities = self._forward(x[rows])
            losses.append(-np.log(probabilities[range(len(rows)), y[rows]] + 1e-12).mean())
            error = probabilities
            error[range(len(rows)), y[rows]] -= 1
            back = (error @ self.weights[1].T) * (1 - hidden**2)
            for index, gradient in enumerate((x[rows].T @ back, hidden.T @ error)):
                step = gradient / len(rows) + self.weight_decay * self.weights[index]
                self.velocities[index] = self.momentum * self.velocities[index] - self.lr * step
                self.weights[index] = self.weights[index] + self.velocities[index]
        return float(np.mean(losses))

    def validate(self):
        x, y = self.valid
        _, probabilities = self._forward(x)
        return float(-np.log(probabilities[range(len(x)), y] + 1e-12).mean())

    def _forward(self, x):
        hidden = np.tanh(x @ self.weights[0])
        scores = hidden @ self.weights[1]
        scores = np.exp(scores - scores.max(1, keepdims=True))
        return hidden, scores / scores.sum(1, keepdims=True)
