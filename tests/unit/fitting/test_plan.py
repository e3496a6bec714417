import numpy as np
import pandas as pd

from tunesmith.data.table import Table
from tunesmith.families.extra_trees import ExtraTreesFamily
from tunesmith.families.lightgbm import LightgbmFamily
from tunesmith.families.linear import LinearFamily
from tunesmith.families.prior import PriorFamily
from tunesmith.families.random_forest import RandomForestFamily
from tunesmith.families.tfidf_linear import TfidfLinearFamily
from tunesmith.fitting.data_options import DataOptions
from tunesmith.fitting.plan import plan
from tunesmith.fitting.prepare import prepare

FAMILIES = {
    "prior": PriorFamily(),
    "random_forest": RandomForestFamily(),
    "extra_trees": ExtraTreesFamily(),
    "lightgbm": LightgbmFamily(),
    "linear": LinearFamily(),
}


def table_of(rows: int, folder) -> Table:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 4)), columns=list("abcy"))
    return prepare(frame, DataOptions(target="y"), folder / str(rows), seed=0)


def test_the_cheapest_first_choices_come_first(tmp_path) -> None:
    trials = plan(FAMILIES, table_of(2000, tmp_path))
    families = [trial.parameters["family"] for trial in trials]
    assert families[0] == "linear"
    assert set(families[:3]) == {"linear", "lightgbm", "extra_trees"}
    assert "prior" not in families  # It is trained before.
    assert families.index("random_forest") > 2
    first = trials[families.index("lightgbm")].parameters
    assert {name.partition(".")[0] for name in first if "." in name} == {"lightgbm"}


def test_more_rows_take_longer(tmp_path) -> None:
    trees = {"prior": PriorFamily(), "extra_trees": ExtraTreesFamily()}
    few, many = (sum(trial.seconds for trial in plan(trees, table_of(rows, tmp_path))) for rows in (2000, 20_000))
    assert many > 5 * few


def test_forests_wait_where_they_would_take_much_of_the_time(tmp_path) -> None:
    trials = plan(FAMILIES, table_of(5000, tmp_path), seconds=10)
    families = [trial.parameters["family"] for trial in trials]
    assert families[: families.index("extra_trees")].count("lightgbm") > 2


def test_a_family_alone_is_tried_at_once(tmp_path) -> None:
    chosen = {"prior": PriorFamily(), "random_forest": RandomForestFamily()}
    assert plan(chosen, table_of(200, tmp_path))[0].parameters["family"] == "random_forest"


def test_a_family_made_for_texts_does_not_wait_where_there_are_texts(tmp_path) -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(2000, size=30).astype(str)) for _ in range(2000)]
    table = prepare(
        pd.DataFrame({"text": texts, "y": rng.normal(size=2000)}), DataOptions(target="y"), tmp_path / "t", seed=0
    )
    chosen = {**FAMILIES, "tfidf_linear": TfidfLinearFamily()}
    first = [trial.parameters["family"] for trial in plan(chosen, table, seconds=5)][:4]
    assert "tfidf_linear" in first
