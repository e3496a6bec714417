from __future__ import annotations

import dataclasses

import numpy as np
from planted import ROWS, binary

from tunesmith.diagnosis.labels import diagnose_labels, label_noise


def test_flipped_labels_are_found() -> None:
    clean = binary(np.clip(np.random.default_rng(3).beta(0.1, 0.1, ROWS), 0.001, 0.999))
    flipped = np.random.default_rng(4).permutation(ROWS)[:60]
    target = clean.target.copy()
    target[flipped] = 1 - target[flipped]
    evidence = dataclasses.replace(clean, target=target)
    noise = label_noise(evidence)
    assert noise is not None
    suspects = {suspect.row for suspect in noise.suspects}
    assert len(suspects & set(flipped)) >= 40
    assert len(suspects) <= 60
    assert 0.02 < noise.share < 0.05
    (found,) = diagnose_labels(evidence, noise)
    assert found.actions == ("check_labels",)
    assert label_noise(clean) is None


def test_a_model_that_is_too_confident_makes_no_suspects() -> None:
    truth = np.random.default_rng(0).beta(1, 1, ROWS)
    odds = (truth / (1 - truth)) ** 3
    assert label_noise(binary(truth, odds / (1 + odds))) is None


def test_a_model_that_has_learned_how_often_labels_are_wrong_is_seen_through() -> None:
    sure = np.random.default_rng(3).beta(0.15, 0.15, 2 * ROWS)
    evidence = binary(0.04 + 0.92 * sure)
    noise = label_noise(evidence)
    assert noise is not None
    assert 0.02 < noise.share < 0.07
    assert all(suspect.label != suspect.likely for suspect in noise.suspects)
    assert label_noise(binary(sure)) is None
