from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tunesmith as ts

torch = pytest.importorskip("torch")


def test_a_network_is_trained_in_forked_trials_beside_threads_of_torch(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    _ = torch.ones(600, 600) @ torch.ones(600, 600)  # starts the threads
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=40), "color": rng.choice(["red", "blue"], 40)})
    frame["level"] = np.where(frame["size"] + (frame["color"] == "red") > 0.5, "high", "low")
    try:
        result = ts.fit(
            frame,
            target="level",
            families=["prior", "realmlp"],
            budget=ts.Budget(trials=2, minutes=5),
            folder=tmp_path / "study",
            parallel=2,
            progress=False,
        )
    finally:
        torch.set_num_threads(threads)
    states = {trial.parameters["family"]: trial.state for trial in ts.load(tmp_path / "study").trials}
    assert states == {"prior": ts.State.COMPLETE, "realmlp": ts.State.COMPLETE}
    assert (result.predict(frame) == frame["level"]).mean() > 0.8
