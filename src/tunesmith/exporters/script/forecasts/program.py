"""The parts of a script that are the same for all forecasting models."""

HEAD = '''"""Trains the models that forecast TITLE, and forecasts the HORIZON_WORDS after the end of each series.

Run it with: python FILE DATA.csv [FORECASTS.csv]

Without the second file the forecasts are printed. Statistical models are fitted as they were, so that forecasts of the
same data are the same but for rounding. Models that ran out of time when they were first trained are trained to their
end here.
"""

# ruff: noqa

from __future__ import annotations'''

MAIN = '''
def read_series(path):
    """Return the series of a table, without gaps on the grid of their times."""
    rows = read_rows(path, TIME, IDS, TARGETS, Frequency(**FREQUENCY))
    means = rows.groupby(["name", "order", "position"])["value"].mean()
    names, starts, values, observed = [], [], [], []
    for (name, order), part in means.groupby(level=["name", "order"]):
        positions = part.index.get_level_values("position").to_numpy()
        whole = np.arange(positions[0], positions[-1] + 1)
        names.append(name if len(TARGETS) == 1 else f"{name} {TARGETS[order]}".strip())
        starts.append(positions[0])
        values.append(np.interp(whole, positions, part.to_numpy()))
        observed.append(np.isin(whole, positions))
    lengths = np.array([len(history) for history in values], dtype=np.intp)
    return Panel(
        columns=SimpleNamespace(targets=TARGETS, time=TIME, ids=IDS, country=COUNTRY, covariates=None),
        names=tuple(names),
        frequency=Frequency(**FREQUENCY),
        seasons=SEASONS,
        starts=np.array(starts, dtype=np.intp),
        offsets=np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.intp),
        lengths=lengths,
        values=np.concatenate(values),
        observed=np.concatenate(observed),
    )


def to_each_series(kind, *, least_length, most_length, **parameters):
    """Return a function that makes a model which is fitted to each series by itself, anew for each forecast."""
    return lambda panel: kind(
        seasons=panel.seasons, parameters=parameters, least_length=least_length, most_length=most_length
    )


def to_all_series(family, *, seed, **parameters):
    """Return a function that trains one model on all series."""
    part = SimpleNamespace(horizon=HORIZON, seed=seed, threads=1, deadline=None)
    return lambda panel: family().fit(SimpleNamespace(panel=panel, **vars(part)), parameters)


MEMBERS = [
MEMBER_LINES
]


def forecast(panel):
    """Return quantiles of the steps after the end of each series, shape `(series, HORIZON, levels)`."""
    total = 0.0
    for member in MEMBERS:
        model = member["train"](panel)
        total = total + member["weight"] * bounded(model.forecast(panel, HORIZON), panel)
    middle = total[..., MEDIAN : MEDIAN + 1]
    return sorted_levels(middle + WIDTH * (total - middle))


def as_table(panel, quantiles):
    """Return forecasts as a table, one row for each step of each series."""
    columns = {"series": np.repeat(panel.names, HORIZON)} if len(panel) > 1 or panel.names[0] else {}
    starts = panel.starts + panel.lengths
    steps = starts[:, None] + np.arange(HORIZON)
    columns[TIME or "step"] = panel.frequency.stamps(steps.ravel())
    columns["forecast"] = quantiles[..., MEDIAN].ravel()
    for place, level in enumerate(LEVELS):
        if place != MEDIAN:
            columns[f"q{level:g}"] = quantiles[..., place].ravel()
    return pd.DataFrame(columns)


def main(data, target=None):
    """Forecast the series of a table."""
    panel = read_series(data)
    table = as_table(panel, forecast(panel))
    table.to_csv(target or sys.stdout, index=False)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["data.csv"]))
'''
