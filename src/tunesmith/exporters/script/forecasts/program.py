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
    frequency = Frequency(**FREQUENCY)
    rows = read_rows(path, TIME, IDS, TARGETS, COLUMNS, frequency)
    means = rows.groupby(["name", "order", "position"])[["value", *COLUMNS]].mean()
    series = []
    for (name, order), part in means.groupby(level=["name", "order"]):
        part = part.droplevel(["name", "order"])
        known = part["value"].dropna()
        if len(known):
            name = name if len(TARGETS) == 1 else f"{name} {TARGETS[order]}".strip()
            series.append((name, known, part[list(COLUMNS)]))
    steps = [np.arange(known.index[0], known.index[-1] + 1) for _, known, _ in series]
    ahead = max(other.index[-1] - whole[-1] for (_, _, other), whole in zip(series, steps)) if KNOWN else 0
    coming = [np.arange(whole[-1] + 1, whole[-1] + 1 + ahead) for whole in steps]
    lengths = np.array([len(whole) for whole in steps], dtype=np.intp)
    return Panel(
        columns=SimpleNamespace(
            targets=TARGETS, time=TIME, ids=IDS, country=COUNTRY, covariates=SimpleNamespace(known=KNOWN, static=STATIC)
        ),
        names=tuple(name for name, _, _ in series),
        frequency=frequency,
        seasons=SEASONS,
        starts=np.array([whole[0] for whole in steps], dtype=np.intp),
        offsets=np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.intp),
        lengths=lengths,
        values=np.concatenate([np.interp(whole, known.index, known) for (_, known, _), whole in zip(series, steps)]),
        observed=np.concatenate([np.isin(whole, known.index) for (_, known, _), whole in zip(series, steps)]),
        covariates={
            column: np.concatenate([other[column].reindex(whole) for (_, _, other), whole in zip(series, steps)])
            for column in COLUMNS
        },
        future=np.array(
            [
                other[list(KNOWN)].reindex(np.arange(other.index[0], whole[-1] + 1)).ffill().loc[whole]
                for (_, _, other), whole in zip(series, coming)
            ]
        )
        if ahead
        else None,
    )


def to_each_series(kind, *, least_length, most_length, **parameters):
    """Return a function that makes a model which is fitted to each series by itself, anew for each forecast."""
    return lambda panel: kind(
        seasons=panel.seasons, parameters=parameters, least_length=least_length, most_length=most_length
    )


def to_all_series(family, *, seed, **parameters):
    """Return a function that trains one model on all series."""
    limits = {"threads": 1, "deadline": None, "memory_bytes": None, "on_epoch": None, "checkpoint": None}
    return lambda panel: family().fit(SimpleNamespace(panel=panel, horizon=HORIZON, seed=seed, **limits), parameters)


MEMBERS = [
MEMBER_LINES
]


def forecast(panel):
    """Return quantiles of the steps after the end of each series, shape `(series, HORIZON, levels)`."""
    usual = [member["weight"] for member in MEMBERS]
    weights = np.array([WEIGHTS.get(name, usual) for name in panel.names])  # Where series have weights of their own.
    models = [member["train"](panel) for member in MEMBERS]
    forecasts = np.array([bounded(model.forecast(panel, HORIZON), panel) for model in models])
    total = np.einsum("sm,mshl->shl", weights, forecasts)
    if MEDIAN_SHARE:
        total = total + MEDIAN_SHARE * (weighted_median(forecasts, np.array(usual)) - total)
    middle = total[..., MEDIAN : MEDIAN + 1]
    return bounded(sorted_levels(middle + WIDTH * (total - middle)), panel)


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
