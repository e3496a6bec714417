"""The metrics that XGBoost prints by itself, named after its data and its objective."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_OF_OBJECTIVE = {
    "reg:squarederror": "rmse",
    "reg:absoluteerror": "mae",
    "reg:squaredlogerror": "rmsle",
    "binary:logistic": "logloss",
    "multi:softmax": "mlogloss",
    "multi:softprob": "mlogloss",
    "rank:ndcg": "ndcg",
    "rank:pairwise": "ndcg",
}
_DEFAULT = "rmse"


def boosting_metrics(tree: ast.Module) -> list[str]:
    """Return the metrics that a call of `xgb.train` with `evals` prints, as `valid-rmse`."""
    names = [name for node in ast.walk(tree) if isinstance(node, ast.Call) for name in _evaluated(node)]
    if not names:
        return []
    metric = next(_strings_of(tree, "eval_metric"), None)
    if metric is None:
        metric = _OF_OBJECTIVE.get(next(_strings_of(tree, "objective"), ""), _DEFAULT)
    return [f"{name}-{metric}" for name in names]


def _evaluated(call: ast.Call) -> list[str]:
    """Return the names of the data that a call evaluates."""
    evals = next((keyword.value for keyword in call.keywords if keyword.arg == "evals"), None)
    pairs = evals.elts if isinstance(evals, ast.List | ast.Tuple) else []
    last = [pair.elts[-1] for pair in pairs if isinstance(pair, ast.Tuple) and len(pair.elts) == 2]
    return [name.value for name in last if isinstance(name, ast.Constant) and isinstance(name.value, str)]


def _strings_of(tree: ast.Module, key: str) -> Iterator[str]:
    """Yield the strings that a dictionary or a call gives a key."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            items = [(getattr(name, "value", None), value) for name, value in zip(node.keys, node.values, strict=True)]
        else:
            items = [(node.arg, node.value)] if isinstance(node, ast.keyword) else []
        for name, value in items:
            if name == key and isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value
