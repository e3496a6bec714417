"""The end of a script: reading, training, combining, reporting."""

METRICS: dict[str, tuple[str, str]] = {
    "log_loss": (
        "from sklearn.metrics import log_loss",
        "log_loss(target, total, labels=range(len(CLASSES)), sample_weight=weight)",
    ),
    "auc": ("from sklearn.metrics import roc_auc_score", "roc_auc_score(target, total[:, 1], sample_weight=weight)"),
    "accuracy": ("from sklearn.metrics import accuracy_score", "accuracy_score(target, chosen, sample_weight=weight)"),
    "balanced_accuracy": (
        "from sklearn.metrics import balanced_accuracy_score",
        "balanced_accuracy_score(target, chosen, sample_weight=weight)",
    ),
    "f1": ("from sklearn.metrics import f1_score", "f1_score(target, chosen, sample_weight=weight)"),
    "f1_macro": (
        "from sklearn.metrics import f1_score",
        'f1_score(target, chosen, average="macro", sample_weight=weight)',
    ),
    "mcc": (
        "from sklearn.metrics import matthews_corrcoef",
        "matthews_corrcoef(target, chosen, sample_weight=weight)",
    ),
    "rmse": (
        "from sklearn.metrics import mean_squared_error",
        "np.sqrt(mean_squared_error(target, total[:, 0], sample_weight=weight))",
    ),
    "mae": (
        "from sklearn.metrics import mean_absolute_error",
        "mean_absolute_error(target, total[:, 0], sample_weight=weight)",
    ),
    "r2": ("from sklearn.metrics import r2_score", "r2_score(target, total[:, 0], sample_weight=weight)"),
}
"""The import and the expression of each metric that scripts can report."""

MAIN = '''
levels = {}  # The categories of each column, from the training table.
models = []  # Of each member and fold: the member, the fitted steps and the function that predicts.


def read_features(frame):
    """Return the columns that models are trained on."""
    columns = {}
    for name, kind in COLUMNS.items():
        values = frame[name] if name in frame else pd.Series([None] * len(frame), index=frame.index, dtype=object)
        if kind == "number":
            columns[name] = as_numbers(values, DECIMALS.get(name, "."))
        elif kind == "date":
            columns[name] = as_dates(values)
        elif kind == "category":
            columns[name] = as_categories(values, levels.get(name))
            levels.setdefault(name, list(columns[name].categories))
        else:
            columns[name] = values.map(as_text, na_action="ignore").astype(object)
    return pd.DataFrame(columns, index=frame.index)


def read_target(frame):
    """Return the target as positions of classes, or as numbers; NaN where it is missing."""
    if not CLASSES:
        return as_numbers(frame[TARGET])
    position = {label: float(index) for index, label in enumerate(CLASSES)}
    texts = frame[TARGET].map(as_text, na_action="ignore")
    return texts.map(position).to_numpy(dtype=float, na_value=np.nan)


def read_rows(path):
    """Return the features, the target and the weights of the rows with a known target, in the order of time."""
    frame = read_table(path)
    kept = ~np.isnan(read_target(frame))
    if WEIGHT:
        kept &= np.nan_to_num(as_numbers(frame[WEIGHT])) > 0
    if TIME:
        times = as_dates(frame[TIME]) if COLUMNS.get(TIME) == "date" else pd.Series(as_numbers(frame[TIME]))
        frame, kept = frame.iloc[np.argsort(times, kind="stable")], kept & times.notna().to_numpy()
    frame = frame[kept[frame.index]].reset_index(drop=True)
    weight = as_numbers(frame[WEIGHT]) if WEIGHT else None
    return read_features(frame), read_target(frame), None if weight is None else weight / weight.mean()


def read_folds(target):
    """Return the fold in which each row is held out, for each repeat."""
    if isinstance(FOLDS, int):
        return [assign_folds(target, len(CLASSES), SEED, repeat) for repeat in range(FOLDS)]
    return [np.array([-1 if digit == "-" else int(digit) for digit in row]) for row in FOLDS]


def train(member, features, target, weight, folds):
    """Train a member on each fold, and return its predictions of the rows held out; NaN where a row never is."""
    total, times = np.zeros((len(target), max(1, len(CLASSES)))), np.zeros((len(target), 1))
    numbers = target[:, None] == np.arange(len(CLASSES)) if len(CLASSES) > 2 else target[:, None]
    for fold in folds:
        for rows, held_out in splits(fold, ordered=bool(TIME)):
            steps = member["recipe"]()
            prepared = fit_transform(steps, features.iloc[rows], numbers[rows].astype(float))
            others = transform(steps, features.iloc[held_out])
            predict_rows = member["fit"](
                prepared,
                target[rows],
                others,
                target[held_out],
                classes=len(CLASSES),
                weight=None if weight is None else weight[rows],
                seed=member["seed"],
                **member["options"],
            )
            models.append((member, steps, predict_rows))
            total[held_out] += predict_rows(others)
            times[held_out] += 1
    return np.divide(total, times, out=np.full_like(total, np.nan), where=times > 0)


def combined(predictions):
    """Return the calibrated mean of the members' predictions."""
    parts = zip(MEMBERS, predictions, strict=True)
    mean = sum(member["weight"] * sharpened(predicted, member["sharpness"]) for member, predicted in parts)
    return sharpened(mean, FINAL_SHARPNESS)


def predict(frame):
    """Return probabilities of the classes, or numbers, of the rows of another table; after `main`."""
    features = read_features(frame)
    predictions = []
    for member in MEMBERS:
        own = [predict_rows(transform(steps, features)) for other, steps, predict_rows in models if other is member]
        predictions.append(np.mean(own, axis=0))
    return combined(predictions)


def main(path):
    """Train everything, and report the score."""
    features, target, weight = read_rows(path)
    folds = read_folds(target)
    predictions = [train(member, features, target, weight, folds) for member in MEMBERS]
    known = folds[0] >= 0
    total, target = combined([predicted[known] for predicted in predictions]), target[known]
    weight = None if weight is None else weight[known]
    chosen = (total * FACTORS).argmax(axis=1)
    print(f"METRIC {SCORE_OF_ROWS:.6g} on {len(target)} rows that were not trained on (EXPECTED when it was written)")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "data.csv")
'''
