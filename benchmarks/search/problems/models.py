"""The twelve scikit-learn models: their search spaces, and the estimator of a configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tunesmith.core.parameters import Choice, Float, Int, Parameter
from tunesmith.core.space import SearchSpace

Build = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Model:
    """A model on a data set.

    Args:
        name: The name of the problem, without its group.
        data: The name of the data set in `trainings`.
        score: `error` (balanced), `log_loss` or `squared_error`.
        space: The search space.
        build: Creates the estimator of a configuration.
        default: The defaults of the library; for other parameters the middle.
    """

    name: str
    data: str
    score: Any
    space: SearchSpace
    build: Build
    default: Mapping[str, Any] = field(default_factory=dict)


def _given(p: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the active parameters."""
    return {name: p[name] for name in names if name in p}


def _scaled(kind: str) -> list[Any]:
    from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler

    quantile = QuantileTransformer(n_quantiles=50, output_distribution="normal", random_state=0)
    return {"none": [], "standard": [StandardScaler()], "minmax": [MinMaxScaler()], "quantile": [quantile]}[kind]


def _chain(*steps: Any) -> Any:
    from sklearn.pipeline import make_pipeline

    return make_pipeline(*steps)


_KERNEL: dict[str, Parameter] = {
    "C": Float(1e-3, 1e3, log=True),
    "kernel": Choice(["rbf", "poly", "sigmoid", "linear"]),
    "gamma": Float(1e-5, 1e1, log=True, when={"kernel": ["rbf", "poly", "sigmoid"]}),
    "degree": Int(2, 5, when={"kernel": "poly"}),
    "coef0": Float(-1.0, 1.0, when={"kernel": ["poly", "sigmoid"]}),
}


def _svc(p: Mapping[str, Any]) -> Any:
    from sklearn.svm import SVC

    machine = SVC(**_given(p, "C", "kernel", "gamma", "degree", "coef0"), max_iter=2000, random_state=0)
    return _chain(*_scaled(p["scaler"]), machine)


def _svr(p: Mapping[str, Any]) -> Any:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVR

    machine = SVR(**_given(p, "C", "kernel", "gamma", "degree", "coef0", "epsilon"), max_iter=2000)
    return TransformedTargetRegressor(_chain(StandardScaler(), machine), transformer=StandardScaler())


def _forest(p: Mapping[str, Any]) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(**p, random_state=0)


def _extra_trees(p: Mapping[str, Any]) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    weight = None if p["class_weight"] == "none" else p["class_weight"]
    return ExtraTreesClassifier(**{**p, "class_weight": weight}, random_state=0)


def _boosting(p: Mapping[str, Any]) -> Any:
    from sklearn.ensemble import GradientBoostingRegressor

    return GradientBoostingRegressor(**p, random_state=0)


def _sgd(p: Mapping[str, Any]) -> Any:
    from sklearn.linear_model import SGDClassifier

    rest = {name: value for name, value in p.items() if name != "scaler"}
    return _chain(*_scaled(p["scaler"]), SGDClassifier(**rest, max_iter=20, tol=None, random_state=0))


def _neighbours(p: Mapping[str, Any]) -> Any:
    from sklearn.decomposition import PCA
    from sklearn.feature_selection import SelectKBest
    from sklearn.neighbors import KNeighborsClassifier

    reduced = {"none": [], "pca": [PCA(p.get("components"), whiten=p.get("whiten", False), random_state=0)],
               "best": [SelectKBest(k=p.get("features", 10))]}[p["reduce"]]  # fmt: skip
    return _chain(*_scaled(p["scaler"]), *reduced, KNeighborsClassifier(**_given(p, "n_neighbors", "weights", "p")))


def _network(p: Mapping[str, Any]) -> Any:
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    names = ("activation", "alpha", "learning_rate_init", "solver", "momentum", "nesterovs_momentum", "beta_1")
    shape = (p["units"],) * p["layers"]
    network = MLPClassifier(shape, batch_size=p["batch_size"], max_iter=p["epochs"], **_given(p, *names),
                            random_state=0, n_iter_no_change=100)  # fmt: skip
    return _chain(StandardScaler(), network)


def _elastic_net(p: Mapping[str, Any]) -> Any:
    from sklearn.linear_model import ElasticNet
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    features = PolynomialFeatures(p["degree"], interaction_only=p.get("interaction_only", False), include_bias=False)
    net = ElasticNet(**_given(p, "alpha", "l1_ratio", "fit_intercept"), max_iter=100, random_state=0)
    return _chain(*_scaled(p["scaler"]), features, StandardScaler(), net)


def _classifier_family(p: Mapping[str, Any]) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    own = {name.partition(".")[2]: value for name, value in p.items() if "." in name}
    family = {
        "bayes": lambda: GaussianNB(**own),
        "forest": lambda: ExtraTreesClassifier(**own, random_state=0),
        "linear": lambda: LogisticRegression(**own, max_iter=200),
        "neighbours": lambda: KNeighborsClassifier(**own),
        "svm": lambda: SVC(**own, max_iter=2000, random_state=0),
    }
    return _chain(StandardScaler(), family[p["family"]]())


def _regressor_family(p: Mapping[str, Any]) -> Any:
    from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor
    from sklearn.kernel_ridge import KernelRidge
    from sklearn.linear_model import Ridge
    from sklearn.neighbors import KNeighborsRegressor

    own = {name.partition(".")[2]: value for name, value in p.items() if "." in name}
    family = {
        "boosting": lambda: GradientBoostingRegressor(**own, random_state=0),
        "forest": lambda: ExtraTreesRegressor(**own, random_state=0),
        "kernel": lambda: KernelRidge(**own),
        "neighbours": lambda: KNeighborsRegressor(**own),
        "ridge": lambda: Ridge(**own),
    }
    return _chain(*_scaled(p["scaler"]), family[p["family"]]())


def _long_pipeline(p: Mapping[str, Any]) -> Any:
    from sklearn.decomposition import PCA
    from sklearn.feature_selection import SelectKBest, VarianceThreshold
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import KBinsDiscretizer, SplineTransformer
    from sklearn.svm import SVC

    expanded = {"none": [], "spline": [SplineTransformer(p.get("knots", 4), degree=p.get("spline_degree", 3))],
                "bins": [KBinsDiscretizer(p.get("bins", 5), encode="onehot-dense", quantile_method="averaged_inverted_cdf")]}[p["expand"]]  # fmt: skip  # noqa: E501
    chosen = {"none": [], "best": [SelectKBest(k=p.get("features", 10))],
              "pca": [PCA(p.get("variance", 0.9), svd_solver="full")]}[p["select"]]  # fmt: skip
    weight = "balanced" if p["balanced"] else None
    if p["model"] == "logistic":
        model: Any = LogisticRegression(C=p["C"], class_weight=weight, max_iter=100, tol=1e-3)
    else:
        model = SVC(C=p["C"], gamma=p["gamma"], shrinking=p["shrinking"], class_weight=weight, max_iter=2000)
    return _chain(*_scaled(p["scaler"]), *expanded, VarianceThreshold(), *chosen, model)


_LINEAR_SCALER = Choice(["none", "standard", "minmax"])
_SCALER = Choice(["none", "standard", "minmax", "quantile"])
_TREES: dict[str, Parameter] = {
    "n_estimators": Int(3, 24, log=True),
    "criterion": Choice(["gini", "entropy"]),
    "max_depth": Int(1, 16),
    "max_features": Float(0.05, 1.0),
    "min_samples_leaf": Int(1, 30, log=True),
    "min_samples_split": Int(2, 40, log=True),
    "ccp_alpha": Float(1e-6, 1e-1, log=True),
}
_TREES_DEFAULT = {"n_estimators": 24, "criterion": "gini", "max_depth": 16, "max_features": 0.25,
                  "min_samples_leaf": 1, "min_samples_split": 2, "ccp_alpha": 1e-6}  # fmt: skip

MODELS = (
    Model("svc_digits", "digits", "error", SearchSpace({"scaler": _LINEAR_SCALER, **_KERNEL}), _svc,
          {"C": 1.0, "kernel": "rbf", "gamma": 1e-3}),
    Model("svr_diabetes", "diabetes", "squared_error",
          SearchSpace({**_KERNEL, "epsilon": Float(1e-3, 1.0, log=True)}), _svr,
          {"C": 1.0, "kernel": "rbf", "gamma": 0.1, "epsilon": 0.1}),
    Model("forest_wine", "wine", "log_loss",
          SearchSpace({**_TREES, "bootstrap": Choice([True, False]),
                       "max_samples": Float(0.2, 1.0, when={"bootstrap": True})}), _forest,
          {**_TREES_DEFAULT, "bootstrap": True, "max_samples": 1.0}),
    Model("extra_trees_imbalanced", "imbalanced", "error",
          SearchSpace({**_TREES, "class_weight": Choice(["none", "balanced", "balanced_subsample"])}), _extra_trees,
          {**_TREES_DEFAULT, "class_weight": "none"}),
    Model("boosting_diabetes", "diabetes", "squared_error",
          SearchSpace({
              "learning_rate": Float(1e-3, 1.0, log=True),
              "n_estimators": Int(3, 24, log=True),
              "loss": Choice(["squared_error", "absolute_error", "huber"]),
              "alpha": Float(0.5, 0.99, when={"loss": "huber"}),
              "max_depth": Int(1, 8),
              "subsample": Float(0.2, 1.0),
              "max_features": Float(0.1, 1.0),
              "min_samples_leaf": Int(1, 50, log=True),
          }), _boosting,
          {"learning_rate": 0.1, "n_estimators": 24, "loss": "squared_error", "max_depth": 3, "subsample": 1.0,
           "max_features": 1.0, "min_samples_leaf": 1}),
    Model("sgd_breast_cancer", "breast_cancer", "error",
          SearchSpace({
              "scaler": _SCALER,
              "loss": Choice(["hinge", "log_loss", "modified_huber", "perceptron"]),
              "penalty": Choice(["l2", "l1", "elasticnet"]),
              "l1_ratio": Float(0.0, 1.0, when={"penalty": "elasticnet"}),
              "alpha": Float(1e-7, 1e0, log=True),
              "learning_rate": Choice(["optimal", "constant", "invscaling", "adaptive"]),
              "eta0": Float(1e-5, 1e1, log=True, when={"learning_rate": ["constant", "invscaling", "adaptive"]}),
              "power_t": Float(0.1, 1.0, when={"learning_rate": "invscaling"}),
              "average": Choice([False, True]),
          }), _sgd, {"alpha": 1e-4}),
    Model("neighbours_digits", "digits", "error",
          SearchSpace({
              "scaler": _LINEAR_SCALER,
              "reduce": Choice(["none", "pca", "best"]),
              "components": Int(2, 60, log=True, when={"reduce": "pca"}),
              "whiten": Choice([False, True], when={"reduce": "pca"}),
              "features": Int(2, 60, log=True, when={"reduce": "best"}),
              "n_neighbors": Int(1, 60, log=True),
              "weights": Choice(["uniform", "distance"]),
              "p": Float(1.0, 4.0),
          }), _neighbours, {"n_neighbors": 5, "p": 2.0}),
    Model("network_digits", "digits", "log_loss",
          SearchSpace({
              "layers": Int(1, 3),
              "units": Int(4, 48, log=True),
              "activation": Choice(["relu", "tanh", "logistic"]),
              "alpha": Float(1e-6, 1e1, log=True),
              "solver": Choice(["adam", "sgd"]),
              "learning_rate_init": Float(1e-4, 1e0, log=True),
              "momentum": Float(0.0, 0.99, when={"solver": "sgd"}),
              "nesterovs_momentum": Choice([True, False], when={"solver": "sgd"}),
              "beta_1": Float(0.5, 0.99, when={"solver": "adam"}),
              "batch_size": Int(24, 128, log=True),
              "epochs": Int(2, 8),
          }), _network,
          {"layers": 1, "units": 48, "alpha": 1e-4, "learning_rate_init": 1e-3, "beta_1": 0.9, "batch_size": 128,
           "epochs": 8}),
    Model("elastic_net_friedman", "friedman1", "squared_error",
          SearchSpace({
              "scaler": _SCALER,
              "degree": Int(1, 3),
              "interaction_only": Choice([False, True], when={"degree": {"low": 2}}),
              "alpha": Float(1e-5, 1e1, log=True),
              "l1_ratio": Float(0.0, 1.0),
              "fit_intercept": Choice([True, False]),
          }), _elastic_net, {"degree": 1, "alpha": 1.0, "l1_ratio": 0.5}),
    Model("family_classes", "classes", "error",
          SearchSpace({
              "family": Choice(["linear", "svm", "forest", "neighbours", "bayes"]),
              "linear.C": Float(1e-4, 1e4, log=True, when={"family": "linear"}),
              "svm.C": Float(1e-3, 1e3, log=True, when={"family": "svm"}),
              "svm.gamma": Float(1e-5, 1e1, log=True, when={"family": "svm"}),
              "forest.n_estimators": Int(3, 24, log=True, when={"family": "forest"}),
              "forest.max_depth": Int(1, 16, when={"family": "forest"}),
              "forest.max_features": Float(0.05, 1.0, when={"family": "forest"}),
              "neighbours.n_neighbors": Int(1, 60, log=True, when={"family": "neighbours"}),
              "neighbours.weights": Choice(["uniform", "distance"], when={"family": "neighbours"}),
              "neighbours.p": Float(1.0, 4.0, when={"family": "neighbours"}),
              "bayes.var_smoothing": Float(1e-12, 1e0, log=True, when={"family": "bayes"}),
          }), _classifier_family, {"linear.C": 1.0}),
    Model("family_friedman", "friedman3", "squared_error",
          SearchSpace({
              "scaler": _SCALER,
              "family": Choice(["ridge", "kernel", "forest", "boosting", "neighbours"]),
              "ridge.alpha": Float(1e-6, 1e4, log=True, when={"family": "ridge"}),
              "kernel.kernel": Choice(["rbf", "laplacian"], when={"family": "kernel"}),
              "kernel.alpha": Float(1e-6, 1e2, log=True, when={"family": "kernel"}),
              "kernel.gamma": Float(1e-5, 1e1, log=True, when={"family": "kernel"}),
              "forest.n_estimators": Int(3, 24, log=True, when={"family": "forest"}),
              "forest.min_samples_leaf": Int(1, 30, log=True, when={"family": "forest"}),
              "forest.max_features": Float(0.2, 1.0, when={"family": "forest"}),
              "boosting.learning_rate": Float(1e-3, 1.0, log=True, when={"family": "boosting"}),
              "boosting.n_estimators": Int(5, 80, log=True, when={"family": "boosting"}),
              "boosting.max_depth": Int(1, 8, when={"family": "boosting"}),
              "neighbours.n_neighbors": Int(1, 60, log=True, when={"family": "neighbours"}),
              "neighbours.weights": Choice(["uniform", "distance"], when={"family": "neighbours"}),
          }), _regressor_family, {"ridge.alpha": 1.0}),
    Model("pipeline_moons", "moons", "error",
          SearchSpace({
              "scaler": _SCALER,
              "expand": Choice(["none", "spline", "bins"]),
              "knots": Int(3, 12, when={"expand": "spline"}),
              "spline_degree": Int(1, 4, when={"expand": "spline"}),
              "bins": Int(2, 20, log=True, when={"expand": "bins"}),
              "select": Choice(["none", "best", "pca"]),
              "features": Int(1, 8, when={"select": "best"}),
              "variance": Float(0.3, 0.999, when={"select": "pca"}),
              "balanced": Choice([False, True]),
              "model": Choice(["logistic", "svm"]),
              "C": Float(1e-4, 1e4, log=True),
              "gamma": Float(1e-5, 1e1, log=True, when={"model": "svm"}),
              "shrinking": Choice([True, False], when={"model": "svm"}),
          }), _long_pipeline, {"C": 1.0}),
)  # fmt: skip
