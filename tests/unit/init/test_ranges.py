import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.init.name_words import reason_to_leave
from tunesmith.init.ranges import guess
from tunesmith.init.script_text import ScriptText

LEFT_ALONE = [
    "nfold", "nrep", "clip_seconds", "manualseed", "source.stores", "evaluate.threshold", "dpi", "n_grid",
    "out", "output",
    "epochs", "num_epochs", "max_steps", "n_iter", "seed", "randomState", "data_path", "out_dir", "logFile",
    "base_url", "device", "n_gpus", "num_workers", "local_rank", "world_size", "port", "model_name", "name",
    "verbose", "log_every", "save_best", "print_freq", "num_classes", "input_size", "out_channels",
    "vocab_size", "val_ratio", "test_size", "n_features", "image_size", "debug", "version", "patience",
    "early_stopping", "eval_batch_size", "__version__", "dataset", "pred_len", "max_seq_len", "resume",
    "config", "is_training", "do_train", "no-accel", "noval", "nthread", "nproc", "eval_freq", "rect", "task_name",
    "mode", "wandb_project", "mixed_precision", "pretrained", "per_device_eval_batch_size",
    "season", "backtest.windows", "eval.beam", "series.gap", "label_noise", "pixel-noise", "data_loader.args.gap",
    "min-count", "MINCOUNT", "VOCAB_MINCOUNT", "min_freq", "minfreq", "origins", "n_origins", "n_folds", "cutoffs",
    "ntrain", "num_train", "NTRAIN", "APP_N_TRAIN", "train_size", "train_frac", "n_noise", "n-points",
    "noise_std", "runs", "n_runs", "num_repetitions", "nj",
    "qc.min_genes", "min_ratings", "n_cells", "metric_decimals",
    "nItems", "n_users", "num_items", "users", "n_obs", "num_records", "ncols", "num_train_steps", "n_train_epochs",
]  # fmt: skip
NAMES = [
    "lr", "weight_decay", "alpha", "eps", "dropout", "prob", "momentum", "beta1", "gamma", "lr_decay",
    "subsample", "hidden", "batch_size", "layers", "kernel_size", "optimizer", "thing", "C", "ema_decay",
    "max_depth", "warmup_steps", "label_smoothing", "width", "grad_clip",
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "default", "parameter"),
    [
        ("lr", 1e-3, Float(1e-5, 0.1, log=True, default=1e-3)),
        ("optim.learningRate", 0.1, Float(1e-3, 1.0, log=True, default=0.1)),
        ("weight_decay", 0, Choice([0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2], ordered=True, default=0.0)),
        ("epsilon", 1e-8, Float(1e-10, 1e-6, log=True, default=1e-8)),
        ("exploration_initial_eps", 1.0, Float(0.1, 1.0, log=True, default=1.0)),
        ("lam", 0.95, Float(0.5, 0.995, default=0.95)),
        ("model.ridge", 1e-6, Float(1e-8, 1e-4, log=True, default=1e-6)),
        ("min_points", 8, Int(2, 32, log=True, default=8)),
        ("n_top_genes", 400, Int(100, 1600, log=True, default=400)),
        ("eps_end", 0.05, Float(0.005, 0.5, log=True, default=0.05)),
        ("learn_rate", 1e-3, Float(1e-5, 0.1, log=True, default=1e-3)),
        ("dropout_rate", 0.1, Float(0.0, 0.5, default=0.1)),
        ("dropout", 0.5, Float(0.0, 0.9, default=0.5)),
        ("drop_out", 0.7, Float(0.0, 0.9, default=0.7)),
        ("gae_lambda", 0.95, Float(0.5, 0.995, default=0.95)),
        ("lr", 1.0, Float(0.01, 4.0, log=True, default=1.0)),
        ("lr_step_size", 8, Int(2, 32, log=True, default=8)),
        ("batch_size", 4, Int(2, 16, log=True, default=4)),
        ("input_dropout", 0.2, Float(0.0, 0.5, default=0.2)),
        ("momentum", 0.9, Float(0.0, 0.99, default=0.9)),
        ("beta1", 0.9, Float(0.5, 0.99, default=0.9)),
        ("b2", 0.9, Float(0.5, 0.99, default=0.9)),
        ("b1", 0.5, Float(0.125, 0.95, default=0.5)),
        ("lr_decay", 0.95, Float(0.5, 0.995, default=0.95)),
        ("HIDDEN_SIZE", 100, Int(25, 400, log=True, default=100)),
        ("batch_size", 16, Int(8, 64, log=True, default=16)),
        ("train_batch_size", 2, Int(2, 8, log=True, default=2)),
        ("per_device_train_batch_size", 16, Int(8, 64, log=True, default=16)),
        ("n_layers", 1, Int(1, 4, default=1)),
        ("depth", 6, Int(1, 12, default=6)),
        ("use_bn", True, Choice([True, False], default=True)),
        ("scale", 2.0, Float(0.5, 8.0, log=True, default=2.0)),
        ("bias_init", -2.0, Float(-8.0, -0.5, default=-2.0)),
        ("optimizer", "ADAM", Choice(["ADAM", "ADAMW", "SGD"], default="ADAM")),
        ("optimizer", "rmsprop", Choice(["rmsprop", "adam", "adamw", "sgd"], default="rmsprop")),
        ("optimizer_class", "SGD", Choice(["Adam", "AdamW", "SGD"], default="SGD")),
        ("act", "nn.ReLU", Choice(["nn.ReLU", "nn.GELU", "nn.Tanh"], default="nn.ReLU")),
        ("lr_scheduler_type", "cosine", Choice(["linear", "cosine", "constant"], default="cosine")),
        ("min_samples_split", 2, Int(2, 8, log=True, default=2)),
        ("max_leaf_nodes", 15, Int(3, 60, log=True, default=15)),
        ("max_features", 1.0, Float(0.5, 1.0, default=1.0)),
        ("max_features", 3, Int(1, 12, log=True, default=3)),
        ("l2", 1e-3, Float(1e-5, 0.1, log=True, default=1e-3)),
        ("L2", 0, Choice([0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2], ordered=True, default=0)),
        ("l1_ratio", 0.15, Float(0.0, 1.0, default=0.15)),
        ("nh", 64, Int(16, 256, log=True, default=64)),
        ("gradient_clip_val", 1.0, Float(0.25, 4.0, log=True, default=1.0)),
        ("update-epochs", 4, Int(1, 16, log=True, default=4)),
        ("warmup_ratio", 0.0, Float(0.0, 0.2, default=0.0)),
        ("clip-norm", 0.0, Choice([0.0, 0.1, 0.5, 1.0, 5.0], ordered=True, default=0.0)),
        ("min_samples_leaf", 1, Int(1, 20, log=True, default=1)),
        ("min_data_in_leaf", 20, Int(5, 80, log=True, default=20)),
        ("lora_rank", 8, Int(2, 32, log=True, default=8)),
    ],
)
def test_ranges(name, default, parameter):
    assert guess(name, default).parameter == parameter


@pytest.mark.parametrize(
    "name",
    LEFT_ALONE,
)
def test_names_that_are_left_alone(name):
    assert reason_to_leave(name)
    assert guess(name, 3).parameter is None


def test_penalties_of_boosted_trees_are_large():
    text = ScriptText(["from sklearn.ensemble import HistGradientBoostingRegressor\n"])
    options = [0.0, 0.01, 0.1, 1.0, 10.0, 100.0]
    assert guess("L2", 0.0, text=text).parameter == Choice(options, ordered=True, default=0.0)
    assert guess("lambda", 0.9, text=text).parameter == Float(0.009, 90.0, log=True, default=0.9)  # No discount.


HOLT = """
for t in y:
    level, old = alpha * t + (1 - alpha) * (level + phi * trend), level
    trend = (1.0 - beta) * trend * phi + beta * (level - old)
    season[i] = cfg.gamma * (t - level) + (1 - cfg.gamma) * season[i]
"""


@pytest.mark.parametrize("script", [HOLT, "fit = Holt(y)  # exponential smoothing with alpha, beta and gamma"])
@pytest.mark.parametrize(
    ("name", "default", "parameter"),
    [
        ("APP_ALPHA", 0.3, Float(0.01, 1.0, default=0.3)),
        ("alpha", 1.0, Float(0.01, 1.0, default=1.0)),
        ("BETA", 0.05, Float(0.01, 1.0, default=0.05)),
        ("gamma", 0.9, Float(0.01, 1.0, default=0.9)),
        ("gamma", 2.0, Float(0.02, 200.0, log=True, default=2.0)),
        ("smoothing_level", 0.2, Float(0.01, 1.0, default=0.2)),
        ("DAMPING", 1.0, Float(0.8, 1.0, default=1.0)),
        ("phi", 0.5, Float(0.5, 1.0, default=0.5)),
        ("label_smoothing", 0.1, Float(0.0, 0.5, default=0.1)),
        ("beta1", 0.9, Float(0.5, 0.99, default=0.9)),
    ],
)
def test_the_constants_of_exponential_smoothing_lie_between_0_and_1(script, name, default, parameter):
    assert guess(name, default, text=ScriptText([script])).parameter == parameter


@pytest.mark.parametrize(
    "script",
    ["", "v = beta * v + (1 - beta) * g", "v = beta * v + (1 - alpha) * g", "loss = beta * a + (1 - beta) * b"],
)
def test_a_beta_that_smooths_nothing_is_as_usual(script):
    assert guess("beta", 0.9, text=ScriptText([script])).parameter == Float(0.5, 0.99, default=0.9)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("n_train", "determined by the data"),
        ("num_train_steps", "sets how long a trial trains"),
        ("n_train_epochs", "sets how long a trial trains"),
        ("noise", "determined by the data"),
        ("action_noise", None),
        ("sample_fraction", None),
        ("points_lr", None),
        ("item_dim", None),
        ("max_items", None),
    ],
)
def test_the_size_of_the_data_is_neither_a_length_nor_a_width(name, reason):
    assert reason_to_leave(name) == reason


def test_a_logarithm_is_no_log():
    assert reason_to_leave("log_1") == "affects only output or names"
    assert reason_to_leave("model.log1p") is None


@pytest.mark.parametrize("default", [None, "words", 0.0, -1, float("nan"), float("inf"), 10**400, 1e-300])
def test_no_range_without_a_present_value(default):
    its_guess = guess("thing", default)
    assert its_guess.parameter is None
    assert its_guess.reason


@given(
    st.sampled_from(NAMES),
    st.integers(-(10**6), 10**6) | st.floats(-1e300, 1e300) | st.booleans() | st.floats(0, 1) | st.just("adam"),
)
def test_a_default_is_inside_its_range(name, default):
    parameter = guess(name, default).parameter
    if parameter is not None and parameter.default is not None:
        assert parameter.default == default
        assert parameter.contains(parameter.default)


def test_options_that_the_script_lists():
    assert guess("n", True, [0, 1]).parameter == Choice([0, 1])
    assert guess("n", 1, [0, 1]).parameter == Choice([0, 1], default=1)
    assert guess("n", None, ["a", "b"]).parameter == Choice(["a", "b"])
    assert "must differ" in guess("n", 1, [1, 1]).reason
    assert "one option" in guess("n", 1, [1]).reason


@pytest.mark.parametrize(
    ("name", "default", "options"),
    [
        ("CFG.schedule", "none", ["none", "cosine", "onecycle"]),
        ("pooling", "Mean", ["Mean", "max", "sum"]),
        ("padding", "same", None),
        ("other", "a", None),
    ],
)
def test_the_options_that_a_script_compares_with(name, default, options):
    text = ScriptText(
        [
            "if CFG.schedule == 'cosine':\n    a()\nelif CFG.schedule == 'onecycle':\n    b()\n"
            "if c['pooling'].lower() in ('mean', 'max') or pooling != 'sum':\n    d()\nif padding == 'same': e()\n"
        ]
    )
    assert guess(name, default, text=text).parameter == (options and Choice(options, default=default))


@pytest.mark.parametrize(
    ("help_text", "reason"),
    [
        ("number of GPUs", "machine"),
        ("how often to print", "output"),
        ("path to the images", "file"),
        ("batches to evaluate on", "evaluation"),
        ("number of classes", "data"),
        ("drop users with fewer ratings", "data"),
        ("from here on a rating counts in precision@k", "evaluation"),
        ("ignore words that are rarer", None),
        ("factor of the noise", None),
    ],
)
def test_the_help_text_counts_where_the_name_says_nothing(help_text, reason):
    guessed = guess("thing", 3, help_text=help_text)
    assert (guessed.parameter is None, reason in guessed.reason if reason else True) == (reason is not None, True)
    assert guess("lr", 0.1, help_text=help_text).parameter is not None


@pytest.mark.parametrize(
    ("help_text", "options"),
    [
        ("the kernel: rbf, linear or poly", ["rbf", "linear", "poly"]),
        ("rbf or poly kernel", ["rbf", "poly"]),
        ("one of linear|rbf|poly.", ["linear", "rbf", "poly"]),
        ("linear / rbf / poly", ["linear", "rbf", "poly"]),
        ("{linear,rbf}", ["linear", "rbf"]),
        ("'linear', 'rbf', or 'poly' (default: rbf)", ["linear", "rbf", "poly"]),
        ("linear (fast), rbf (default) or poly (slow)", ["linear", "rbf", "poly"]),
        ("rbf, linear or a function of yours", ["rbf", "linear"]),
        ("rbf, linear, etc.", ["rbf", "linear"]),
        ("rbf, which is the default", None),
        ("the kernel, linear or poly", None),
        ("rbf and linear kernels differ", None),
        ("a rbf kernel", None),
        ("", None),
    ],
)
def test_the_alternatives_that_the_help_text_lists(help_text, options):
    guessed = guess("kernel_function", "rbf", help_text=help_text)
    assert guessed.parameter == (options and Choice(options, default="rbf"))


def test_a_switch_of_unknown_meaning_is_spare():
    assert guess("fast", True).spare
    assert not guess("nesterov", True).spare
