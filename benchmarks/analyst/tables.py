"""Made-up tables with a known structure, each from a seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

Random = np.random.Generator

ENTITIES = ["patient_id", "subject", "CustomerID", "user_id", "session", "household", "machine no", "participant"]


def _target(random: Random, score: np.ndarray) -> np.ndarray:
    """Return a score as it is, or as two or three classes."""
    kind = random.integers(3)
    if kind == 0:
        return score
    cuts = np.quantile(score, [0.6] if kind == 1 else [0.3, 0.7])
    return np.array(["no", "yes", "more"])[np.digitize(score, cuts)]


def _names(random: Random, groups: int) -> np.ndarray:
    """Return keys: small numbers, large numbers, codes or hexadecimal words."""
    kind = random.integers(4)
    numbers = random.permutation(groups) + 1 if kind == 0 else random.choice(10**6, groups, replace=False)
    if kind < 2:
        return numbers
    return np.array([f"P{number:06d}" if kind == 2 else f"{number * 7919:08x}" for number in numbers])


def _features(random: Random, rows: int, columns: int = 5) -> dict[str, np.ndarray]:
    """Return columns of noise, numbers and words."""
    features: dict[str, np.ndarray] = {f"x{index}": random.normal(size=rows) for index in range(columns)}
    features["colour"] = np.array(["red", "green", "blue", "grey"])[random.integers(0, 4, rows)]
    features["age"] = random.integers(18, 90, rows)
    return features


def patients(random: Random, name: str | None = None) -> pd.DataFrame:
    """Rows of one patient share what cannot be seen in new patients: their level, beside constant traits."""
    groups, each = int(random.integers(30, 200)), int(random.integers(3, 20))
    sizes = np.maximum(random.poisson(each, groups), 1)
    of = np.repeat(np.arange(groups), sizes)
    rows = len(of)
    features = _features(random, rows)
    features["age"] = random.integers(18, 90, groups)[of]
    features["height"] = random.normal(170, 10, groups)[of]
    score = 1.2 * random.normal(size=groups)[of] + 0.8 * features["x0"] + 0.5 * random.normal(size=rows)
    frame = pd.DataFrame({name or random.choice(ENTITIES): _names(random, groups)[of], **features})
    frame["y"] = _target(random, score)
    return frame if random.random() < 0.5 else frame.sample(frac=1, random_state=int(random.integers(99)))


def unnamed_patients(random: Random) -> pd.DataFrame:
    """As patients, in a column whose name says nothing."""
    return patients(random, name="c7")


def recordings(random: Random) -> pd.DataFrame:
    """Rows of one recording have features around its own centre, and one class."""
    groups, each = int(random.integers(25, 80)), int(random.integers(10, 60))
    of = np.repeat(np.arange(groups), each)
    centres = random.normal(size=(groups, 6))
    values = centres[of] + 0.4 * random.normal(size=(len(of), 6))
    classes = random.integers(0, 2, groups)[of]
    frame = pd.DataFrame({f"m{index}": values[:, index] for index in range(6)})
    frame.insert(
        0, str(random.choice(["recording", "speaker_id", "session_id", "subject"])), _names(random, groups)[of]
    )
    return frame.assign(y=classes)


def customers_weak(random: Random) -> pd.DataFrame:
    """Customers who differ a little."""
    groups, each = 300, 8
    of = np.repeat(np.arange(groups), each)
    features = _features(random, len(of))
    score = 0.6 * random.normal(size=groups)[of] + features["x0"] + 0.5 * random.normal(size=len(of))
    return pd.DataFrame({"customer_id": _names(random, groups)[of], **features, "y": score})


GROUPED: dict[str, Callable[[Random], pd.DataFrame]] = {
    "patients": patients,
    "recordings": recordings,
    "customers who differ a little": customers_weak,
}


def trend(random: Random) -> pd.DataFrame:
    """The level rises with time."""
    rows = int(random.integers(400, 3000))
    features = _features(random, rows)
    position = np.linspace(0, 1, rows)
    return _dated(random, features, 3 * position + features["x0"] + 0.7 * random.normal(size=rows))


def wandering(random: Random) -> pd.DataFrame:
    """The level is a slow random walk: neighbours in time are alike."""
    rows = int(random.integers(400, 3000))
    features = _features(random, rows)
    walk = np.cumsum(random.normal(size=rows)) / np.sqrt(rows) * 4
    return _dated(random, features, walk + features["x0"] + 0.7 * random.normal(size=rows))


def changing_rule(random: Random) -> pd.DataFrame:
    """What the features mean changes with time."""
    rows = int(random.integers(800, 3000))
    features = _features(random, rows)
    angle = np.linspace(0, np.pi / 1.5, rows)
    score = 2 * (np.cos(angle) * features["x0"] + np.sin(angle) * features["x1"]) + 0.5 * random.normal(size=rows)
    return _dated(random, features, score)


def _dated(random: Random, features: dict[str, np.ndarray], score: np.ndarray) -> pd.DataFrame:
    rows = len(score)
    name = str(random.choice(["date", "timestamp", "order_date", "Datum", "created_at", "t_measured"]))
    dates = pd.Timestamp("2019-03-01") + pd.to_timedelta(np.arange(rows) * random.choice([1, 6, 24]), unit="h")
    frame = pd.DataFrame({**features, name: dates if random.random() < 0.5 else dates.strftime("%d.%m.%Y %H:%M")})
    frame["y"] = _target(random, score)
    return frame if random.random() < 0.5 else frame.sample(frac=1, random_state=int(random.integers(99)))


TIMED: dict[str, Callable[[Random], pd.DataFrame]] = {
    "trend": trend,
    "wandering level": wandering,
    "changing rule": changing_rule,
}


def _with_leak(random: Random, leak: Callable[[Random, np.ndarray], np.ndarray]) -> pd.DataFrame:
    rows = int(random.integers(300, 2000))
    features = _features(random, rows)
    score = features["x0"] + 0.5 * features["x1"] ** 2 + random.normal(size=rows)
    outcome = _target(random, score)
    return pd.DataFrame({**features, "extra": leak(random, outcome), "y": outcome})


def coded_target(random: Random) -> pd.DataFrame:
    """A column that is the target in other words, or on another scale."""
    return _with_leak(random, lambda _, y: pd.factorize(y)[0] if y.dtype.kind == "U" else np.exp(y))


def noisy_target(random: Random) -> pd.DataFrame:
    """A column that was computed from the target, with a little noise."""

    def leak(random: Random, y: np.ndarray) -> np.ndarray:
        codes = pd.factorize(y)[0] if y.dtype.kind == "U" else y
        return codes + 0.02 * random.normal(size=len(y))

    return _with_leak(random, leak)


LEAKING: dict[str, Callable[[Random], pd.DataFrame]] = {"coded target": coded_target, "noisy target": noisy_target}


def plain(random: Random) -> pd.DataFrame:
    """Rows that have nothing to do with each other."""
    rows = int(random.integers(200, 3000))
    features = _features(random, rows)
    return pd.DataFrame({**features, "y": _target(random, features["x0"] + random.normal(size=rows))})


def categories(random: Random) -> pd.DataFrame:
    """Many categories that say much about the target, as shops or towns do."""
    rows, many = 2500, int(random.integers(30, 300))
    of = random.integers(0, many, rows)
    features = _features(random, rows)
    score = random.normal(size=many)[of] + features["x0"] + 0.5 * random.normal(size=rows)
    name = str(random.choice(["store_id", "product_code", "city", "zip_code", "brand", "model", "kind"]))
    words = (
        np.array([f"S{number:03d}" for number in range(many)])
        if name != "kind"
        else np.array(["".join(random.choice(list("abcdefghij"), 6)) for _ in range(many)])
    )
    return pd.DataFrame({**features, name: words[of], "y": _target(random, score)})


def counts(random: Random) -> pd.DataFrame:
    """Whole numbers with repeated values that say much, as ages and amounts do."""
    rows = 2500
    features = _features(random, rows)
    amount = random.poisson(60, rows)
    days = random.integers(0, 400, rows)
    score = amount / 8 + np.sin(days / 60) + features["x0"] + 0.5 * random.normal(size=rows)
    return pd.DataFrame({**features, "amount": amount, "days_since": days, "y": _target(random, score)})


def harmless_customers(random: Random) -> pd.DataFrame:
    """Customers whose rows are no more alike than others."""
    rows = 2000
    features = _features(random, rows)
    return pd.DataFrame(
        {
            "customer_id": random.integers(0, 300, rows),
            **features,
            "y": _target(random, features["x0"] + random.normal(size=rows)),
        }
    )


def harmless_dates(random: Random) -> pd.DataFrame:
    """Dates over which nothing changes."""
    rows = int(random.integers(400, 3000))
    features = _features(random, rows)
    return _dated(random, features, features["x0"] + random.normal(size=rows))


def births(random: Random) -> pd.DataFrame:
    """Dates of birth, which matter but are not the time of the row."""
    rows = 2000
    features = _features(random, rows)
    ages = random.uniform(0, 1, rows)
    name = str(random.choice(["date_of_birth", "birthdate", "dob", "geboren"]))
    frame = pd.DataFrame({**features, name: pd.Timestamp("1940-01-01") + pd.to_timedelta((ages * 25_000).round(), "D")})
    return frame.assign(y=_target(random, 3 * ages + features["x0"] + 0.5 * random.normal(size=rows)))


def sorted_rows(random: Random) -> pd.DataFrame:
    """Rows that were sorted by the target, by a category or by a number."""
    frame = plain(random)
    return frame.sort_values(str(random.choice(["y", "colour", "age", "x0"])))


def strong_column(random: Random) -> pd.DataFrame:
    """One column says nearly all that can be known, as the weight of a diamond does."""
    rows = 1500
    features = _features(random, rows)
    return pd.DataFrame({**features, "y": _target(random, 3 * features["x0"] + 0.8 * random.normal(size=rows))})


def easy(random: Random) -> pd.DataFrame:
    """Two columns that each predict the target: an easy problem, not a leak."""
    rows = 1500
    features = _features(random, rows)
    hidden = random.normal(size=rows)
    first, second = hidden + 0.02 * random.normal(size=rows), hidden + 0.03 * random.normal(size=rows)
    return pd.DataFrame({**features, "first": first, "second": np.exp(second), "y": _target(random, hidden)})


HARMLESS: dict[str, Callable[[Random], pd.DataFrame]] = {
    "unrelated rows": plain,
    "many categories": categories,
    "whole numbers": counts,
    "customers without likeness": harmless_customers,
    "dates without change": harmless_dates,
    "dates of birth": births,
    "sorted rows": sorted_rows,
    "one strong column": strong_column,
    "two strong columns": easy,
}
