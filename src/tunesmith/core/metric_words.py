"""What the words in a metric's name tell of it: its direction, and the data that it is measured on."""

from __future__ import annotations

import re
from functools import lru_cache

from ..in_script.metric_names import metric_words

MAXIMIZED = frozenset({
    "acc", "accuracy", "auc", "auroc", "auprc", "roc", "ap", "f1", "r2", "precision", "recall", "bleu", "rouge", "map",
    "miou", "iou", "score", "reward", "rew", "return", "ret", "ndcg", "mrr", "hits", "psnr", "ssim", "dice", "kappa",
    "mcc", "accu", "acc1", "acc5", "top1", "top5", "map50", "elo", "likelihood", "elbo", "loglik", "lik", "cindex",
    "concordance", "spearman", "pearson", "kendall", "correlation", "corr", "silhouette", "sensitivity", "specificity",
    "jaccard", "prec", "measure", "fmeasure", "vmeasure", "homogeneity", "completeness", "rand", "ari", "nmi", "ami",
    "purity", "modularity", "calinski", "harabasz", "explained", "spearmanr", "pearsonr", "kendalltau", "srcc", "plcc",
    "pcc", "ccc", "q2", "nse", "kge", "csi", "hss", "tss", "sharpe", "meteor", "cider", "chrf", "sacrebleu", "pesq",
    "stoi", "snr", "sdr", "sisdr", "mota", "hota", "idf1", "pck", "lddt", "uas", "las", "uar", "elpd", "winrate",
    "success", "gini", "harrell", "harrells",
})  # fmt: skip
MINIMIZED = frozenset({
    "loss", "rmse", "mse", "mae", "mape", "smape", "wape", "mase", "error", "err", "perplexity", "ppl", "nll", "wer",
    "cer", "logloss", "merror", "mlogloss", "deviance", "crps", "rmsle", "bpb", "bpc", "regret",
    "rse", "mmd", "emd", "wasserstein", "chamfer", "hausdorff",
    "swd", "xent", "fid", "fvd", "lpips", "kid", "distance", "eer", "ece", "brier", "pinball", "divergence", "kl",
    "chi2", "chisq", "chisquare", "davies", "bouldin", "hamming", "cost", "medae", "mdae", "mdape", "msle", "rmspe",
    "mspe", "rmsd", "mpjpe", "ade", "fde", "epe", "absrel", "silog", "mcd", "der", "ter", "dtw", "nlpd", "msll", "aic",
    "nelbo", "fvu", "bic", "rmsecv", "rmsep", "rmsec", "waic", "looic", "discrepancy", "infidelity",
})  # fmt: skip
VALIDATION = frozenset({"val", "va", "vali", "valid", "validation", "dev", "eval", "evaluation", "held", "holdout"})
TRAINING = frozenset({"train", "training", "trn", "tr", "rmsec"})
TEST = frozenset({"test", "testing", "tst"})
_ACROSS_FOLDS = {"oof", "cv", "crossval", "crossvalidation", "crossvalidated", "rmsecv"}
_METRICS = MAXIMIZED | MINIMIZED
_MAXIMIZED_ENDINGS = ("accuracy", "acc", "auc", "score")
_ENDINGS = (*_MAXIMIZED_ENDINGS, "loss", "mse", "mae", "mape", "error", "perplexity")
"""Ends of words that name a variant of a metric, as `nrmse` and `pixacc`."""
_MAXIMIZED_SPELLINGS = re.compile(r"(?:p|r|hr|hit|prec)@\d+|(?<![a-z])(?:c[-_ ](?:index|statistic)|ci$)", re.I)
"""Precision, recall and hit rate at a rank, as `P@5`, and the index of concordance, also as `val ci`."""
_NORMS = {"l1", "l2"}  # By themselves they are penalties.
_RELATIVE = {"rel", "relative"}
_RESIDUALS = {"pde", "bc", "bcs", "residual", "residuals"}
"""Words for the parts of the loss of a network that solves an equation: in the domain and at its boundary."""
_DATA = VALIDATION | TRAINING | TEST
QUALIFIERS = _DATA | {
    "mean", "avg", "average", "median", "total", "best", "running", "macro", "micro", "weighted", "balanced",
    "absolute", "squared", "root", "rel", "relative", "percentage", "cross", "entropy", "log", "negative", "top", "set",
    "ema", "max", "min", "overall", "epoch", "step", "batch", "bal", "oof", "cv", "crossval", "validated",
    "abs", "l1", "l2", "linf",
}  # fmt: skip
"""Words that belong to a metric's name where they stand before its last word: `Vali Loss`, `mean squared error`."""
_NO_QUALITY = {
    "time", "seconds", "second", "sec", "secs", "s", "ms", "minutes", "hours", "runtime", "duration", "eta", "elapsed",
    "samples", "examples", "tokens", "rows", "batches", "batch", "size", "steps", "step", "epoch", "epochs", "iter",
    "iters", "iteration", "iterations", "it", "its", "per", "rate", "speed", "throughput", "fps", "count", "counts",
    "num", "number", "n", "len", "length", "total", "memory", "mem", "mb", "gb", "gpu", "cpu", "lr", "learning",
    "interval", "every", "freq", "seed", "split", "ratio", "fraction", "frac", "patience", "params", "set",
    "channels", "features", "columns", "classes", "nodes", "edges", "parameters", "genes", "cells", "users", "items",
    "queries", "images", "patients", "subjects", "groups", "documents", "sentences", "windows", "files",
    "episode", "episodes", "period", "thresh", "threshold", "start", "begin", "end", "workers", "mode", "type", "only",
}  # fmt: skip
"""Words of what is measured beside the quality of a model: time, rates, counts, memory."""


def names_validation_alone(name: str) -> bool:
    """Tell whether a name says only that a value is of validation data, as in `Train: 0.95, Val: 0.79, Test: 0.78`.

    >>> names_validation_alone("Val"), names_validation_alone("best_val"), names_validation_alone("val_set")
    (True, True, False)
    """
    words = metric_words(name)
    return is_of_validation_data(name) and all(word in VALIDATION or word in ("best", "final") for word in words)


def is_beside_quality(name: str) -> bool:
    """Tell whether a word of a name is about time, size or a rate, so that a value tells nothing of a model's quality.

    >>> is_beside_quality("seconds"), is_beside_quality("eval/time"), is_beside_quality("gamma")
    (True, True, False)
    """
    return not _NO_QUALITY.isdisjoint(metric_words(name))


def is_residual(name: str) -> bool:
    """Tell whether a name is that of a residual, a part of the training's loss.

    >>> is_residual("pde"), is_residual("loss_bc"), is_residual("rel. L2")
    (True, True, False)
    """
    return not _RESIDUALS.isdisjoint(metric_words(name))


@lru_cache(maxsize=4096)
def is_metric(name: str) -> bool:
    """Tell whether a name looks like that of a metric.

    >>> is_metric("val_rmse"), is_metric("Acc@1"), is_metric("valid_0's l2"), is_metric("l2"), is_metric("step")
    (True, True, True, False, False)
    >>> is_metric("nrmse"), is_metric("pixAcc"), is_metric("P@5"), is_metric("rel. L2"), is_metric("val mIoU")
    (True, True, True, True, True)
    """
    parts = set(metric_words(name))
    is_norm = bool(parts & _NORMS and parts & (_DATA | _RELATIVE))
    is_known = is_norm or bool(parts & _METRICS or _MAXIMIZED_SPELLINGS.search(name))
    return is_known or any(part.endswith(_ENDINGS) for part in parts)


def is_maximized(name: str) -> bool:
    """Tell from its name whether larger values of a metric are better; an unknown one counts as a loss.

    >>> is_maximized("val_accuracy"), is_maximized("neg_log_loss"), is_maximized("rmse"), is_maximized("val_ci")
    (True, False, False, True)
    """
    parts = metric_words(name)
    if name.startswith("-") or parts[:1] in (("neg",), ("negative",)):
        return False
    is_large = not MAXIMIZED.isdisjoint(parts) or any(part.endswith(_MAXIMIZED_ENDINGS) for part in parts)
    is_large = is_large or _MAXIMIZED_SPELLINGS.search(name) is not None
    return is_large and MINIMIZED.isdisjoint(parts)


def is_of_test_data(name: str) -> bool:
    """Tell from its name whether a metric is measured on test data."""
    return not TEST.isdisjoint(metric_words(name))


def is_of_validation_data(name: str) -> bool:
    """Tell from its name whether a metric is measured on validation data."""
    return not VALIDATION.isdisjoint(metric_words(name))


def is_of_cross_validation(name: str) -> bool:
    """Tell from its name whether a metric sums up the folds of a cross-validation.

    >>> is_of_cross_validation("OOF AUC"), is_of_cross_validation("cross-val C-index"), is_of_cross_validation("xent")
    (True, True, False)
    """
    words = metric_words(name)
    text = f" {' '.join(words)}"
    return bool(_ACROSS_FOLDS & {*words}) or any(f" {phrase}" in text for phrase in ("cross val", "out of fold"))


def is_of_training_data(name: str) -> bool:
    """Tell from its name whether a metric is measured on training data.

    >>> is_of_training_data("train_loss"), is_of_training_data("fit AUC"), is_of_training_data("calibration error")
    (True, True, False)
    >>> is_of_training_data("NRMSE fit"), is_of_training_data("NRMSE pred")
    (True, False)
    """
    words = metric_words(name)
    is_of_fit = _is_of_fit(" ".join(words[:1]), " ".join(words[1:])) or (words[-1:] == ("fit",) and is_metric(name))
    return is_of_fit or not TRAINING.isdisjoint(words)


def _is_of_fit(first: str, measure: str) -> bool:
    """Tell whether a name is that of a measure of the fit; a calibration error tells how far probabilities are off."""
    is_fit = first == "fit" or (first == "calibration" and measure not in ("error", "loss"))
    return is_fit and is_metric(measure)
