"""A small fully connected network in plain NumPy, with the usual optimisers."""

import itertools
import math

import numpy as np

ACTIVATIONS = {  # name -> (function, its derivative)
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(x.dtype)),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    # Hendrycks and Gimpel (2016), the sigmoid form.
    "gelu": (
        lambda x: x / (1 + np.exp(-1.702 * x)),
        lambda x: (s := 1 / (1 + np.exp(-1.702 * x))) + 1.702 * x * s * (1 - s),
    ),
}


def softmax(logits):
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


class Network:
    """Dense layers with an activation and dropout between them, and a softmax at the end."""

    def __init__(self, sizes, activation, dropout, rng):
        self.activation, self.slope = ACTIVATIONS[activation]
        self.dropout, self.rng = dropout, rng
        self.weights = [
            rng.normal(0, math.sqrt(2 / fan_in), (fan_in, fan_out)).astype(np.float32)
            for fan_in, fan_out in itertools.pairwise(sizes)
        ]
        self.biases = [np.zeros(size, np.float32) for size in sizes[1:]]

    def predict(self, x):
        """Return class probabilities, shape (rows, classes)."""
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = self.activation(x @ weight + bias)
        return softmax(x @ self.weights[-1] + self.biases[-1])

    def gradients(self, x, labels):
        """Return the gradients of the mean cross-entropy: of all weights, then of all biases."""
        inputs, before, masks = [x], [], []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            before.append(x @ weight + bias)
            masks.append((self.rng.random(before[-1].shape, np.float32) >= self.dropout) / (1 - self.dropout))
            x = self.activation(before[-1]) * masks[-1].astype(np.float32)
            inputs.append(x)
        error = softmax(x @ self.weights[-1] + self.biases[-1])
        error[np.arange(len(labels)), labels] -= 1
        error /= len(labels)
        weights, biases = [], []
        for layer in reversed(range(len(self.weights))):
            weights.append(inputs[layer].T @ error)
            biases.append(error.sum(axis=0))
            if layer:
                error = (error @ self.weights[layer].T) * masks[layer - 1] * self.slope(before[layer - 1])
                error = error.astype(np.float32)
        return weights[::-1] + biases[::-1]


class SGD:
    def __init__(self, parameters, momentum=0.0):
        self.momentum = momentum
        self.velocity = [np.zeros_like(p) for p in parameters]

    def step(self, parameters, gradients, lr):
        for parameter, gradient, velocity in zip(parameters, gradients, self.velocity, strict=True):
            velocity *= self.momentum
            velocity += gradient
            parameter -= lr * velocity


class RMSprop:
    def __init__(self, parameters, decay=0.99, **_):
        self.decay = decay
        self.squares = [np.zeros_like(p) for p in parameters]

    def step(self, parameters, gradients, lr):
        for parameter, gradient, square in zip(parameters, gradients, self.squares, strict=True):
            square += (1 - self.decay) * (gradient**2 - square)
            parameter -= lr * gradient / (np.sqrt(square) + 1e-8)


class Adam:
    def __init__(self, parameters, beta_1=0.9, beta_2=0.999, **_):
        self.beta_1, self.beta_2, self.steps = beta_1, beta_2, 0
        self.means = [np.zeros_like(p) for p in parameters]
        self.squares = [np.zeros_like(p) for p in parameters]

    def step(self, parameters, gradients, lr):
        self.steps += 1
        correction = math.sqrt(1 - self.beta_2**self.steps) / (1 - self.beta_1**self.steps)
        for parameter, gradient, mean, square in zip(parameters, gradients, self.means, self.squares, strict=True):
            mean += (1 - self.beta_1) * (gradient - mean)
            square += (1 - self.beta_2) * (gradient**2 - square)
            parameter -= lr * correction * mean / (np.sqrt(square) + 1e-8)


OPTIMIZERS = {"SGD": SGD, "RMSprop": RMSprop, "Adam": Adam}
