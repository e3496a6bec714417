"""Combining members."""

import numpy as np


def sharpened(predicted, exponent):
    """Return probabilities to the power of an exponent, normalised: calibration by temperature."""
    if exponent == 1:
        return predicted
    powers = np.exp(exponent * np.log(np.clip(predicted / predicted.sum(axis=1, keepdims=True), 1e-7, 1)))
    return powers / powers.sum(axis=1, keepdims=True)


def fit_transform(steps, features, target):
    """Fit the steps of a recipe, and return the training rows prepared."""
    for step in steps:
        features = step.fit_transform(features, target)
    return features


def transform(steps, features):
    """Return other rows prepared."""
    for step in steps:
        features = step.transform(features)
    return features
