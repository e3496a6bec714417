import shlex
from pathlib import Path

import pytest

from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.init import Draft, draft_study
from tunesmith.init.asked import Asked
from tunesmith.init.choosing import with_spare
from tunesmith.init.command_line import CommandLine
from tunesmith.init.script_option import ScriptOption
from tunesmith.init.space_edits import with_options, with_range, with_selection

SCHEDULES = ("cosine", "step", "none")


def option(name: str, value, **changes) -> ScriptOption:
    kind = {bool: "bool", int: "int", float: "float", str: "str"}.get(type(value), "other")
    fields = {"spellings": (f"--{name}",), "kind": kind, "default": value, "value": value}
    return ScriptOption(name=name, **(fields | changes))


def drafted(folder: Path, *options: ScriptOption, script: str = "", typed: str = "python train.py") -> Draft:
    (folder / "train.py").write_text(script)
    command = CommandLine.parse(shlex.split(typed), folder)
    return draft_study(command, asked=Asked(options=options, framework="argparse"))


@pytest.mark.parametrize(
    ("name", "value", "parent", "options", "used"),
    [
        ("l1_ratio", 0.15, "penalty", ("l1", "l2", "elasticnet"), "elasticnet"),
        ("logreg-l1-ratio", 0.15, "logreg-penalty", ("l1", "l2", "elasticnet"), "elasticnet"),
        ("gamma", 0.1, "kernel", ("linear", "rbf", "poly"), ["rbf", "poly"]),
        ("degree", 3, "kernel", ("linear", "rbf", "poly"), "poly"),
        ("drop_rate", 0.1, "boosting_scheduler", ("gbdt", "dart"), None),
        ("decay-rate", 0.1, "sched", SCHEDULES, "step"),
        ("train.scheduler.gamma", 0.9, "train.scheduler.name", SCHEDULES, "step"),
        ("gamma", 0.9, "scheduler", SCHEDULES, None),  # It may be a discount.
        ("other.l1_ratio", 0.15, "model.penalty", ("l2", "elasticnet"), None),
        ("l1_ratio", 0.15, "penalty", ("mine", "elasticnet"), None),
    ],
)
def test_a_keyword_is_active_with_the_values_that_use_it(tmp_path, name, value, parent, options, used):
    draft = drafted(tmp_path, option(name, value), option(parent, options[0], choices=options))
    assert draft.space[name].when == (None if used is None else {parent: used})


@pytest.mark.parametrize(
    ("name", "value", "parent", "present", "reason"),
    [
        ("l1_ratio", 0.15, "penalty", "l2", "it is used only where penalty is elasticnet"),
        ("l1_ratio", 0.15, "penalty", "elasticnet", None),
        ("svm.degree", 3, "svm.kernel", "rbf", "it is used only where svm.kernel is poly"),
        ("decay-rate", 0.1, "sched", "cosine", "it is used only where sched is step or exponential or plateau"),
        ("decay-rate", 0.1, "sched", "of mine", None),
    ],
)
def test_a_keyword_that_the_fixed_value_does_not_use_is_not_tuned(tmp_path, name, value, parent, present, reason):
    draft = drafted(tmp_path, option(name, value), option(parent, present, choices=(present,)), option("lr", 0.1))
    assert draft.skipped.get(name) == reason
    assert (name in draft.space) == (reason is None)


@pytest.mark.parametrize("share", ["bagging_fraction", "subsample"])
def test_the_share_of_the_rows_is_tuned_where_some_are_drawn(tmp_path, share):
    frequency = share.replace("fraction", "").rstrip("_") + "_freq"
    draft = drafted(tmp_path, option(share, 1.0), option(frequency, 0), option("lr", 0.1))
    assert draft.space[frequency] == Int(0, 7, default=0)
    assert draft.space[share] == Float(0.5, 0.95, when={frequency: {"low": 1}})  # All rows would change nothing.
    draft = drafted(tmp_path, option(share, 1.0), option(frequency, 5), option("lr", 0.1))
    assert draft.space[share] == Float(0.5, 1.0, default=1.0)
    assert draft.skipped[frequency] == f"{share} of 1 turns it off, and how often matters little"
    assert list(drafted(tmp_path, option(frequency, 5), option("lr", 0.1)).space) == ["lr"]


@pytest.mark.parametrize(
    ("share", "script", "is_tuned"),
    [
        ("bagging_fraction", "import lightgbm as lgb\n", False),
        ("bagging_fraction", "import lightgbm as lgb\nparams = {'bagging_freq': 5}\n", True),
        ("subsample", "from lightgbm import LGBMClassifier\n", False),
        ("subsample", "from lightgbm import LGBMClassifier\nfrom xgboost import XGBClassifier\n", True),
        ("subsample", "from xgboost import XGBClassifier\n", True),
    ],
)
def test_a_share_of_the_rows_that_lightgbm_does_not_use_is_not_tuned(tmp_path, share, script, is_tuned):
    draft = drafted(tmp_path, option(share, 0.8), option("lr", 0.1), script=script)
    assert (share in draft.space) == is_tuned
    assert is_tuned or "LightGBM uses it only with " in draft.skipped[share]


@pytest.mark.parametrize(
    ("options", "script", "expected"),
    [
        ((), "CatBoostClassifier(bagging_temperature=args.t)\n", None),
        ((), "CatBoostClassifier(bagging_temperature=args.t, bootstrap_type='MVS')\n", None),
        ((), "CatBoostClassifier(bagging_temperature=args.t, bootstrap_type='Bayesian')\n", {}),
        ((), "p = {'bootstrap_type': args.boot, 'bagging_temperature': args.t}\n", {}),
        ((("bootstrap_type", "Bayesian", ("Bayesian", "MVS")),), "", {}),
        ((("bootstrap_type", "MVS", ("MVS",)),), "", None),
        ((("boot", "MVS", ("MVS",)),), "p = {'bootstrap_type': args.boot}\n", None),
        ((("boot", "Bayesian", ("MVS", "Bayesian")),), "p = {'bootstrap_type': args.boot}\n", {}),
    ],
)
def test_the_temperature_of_bagging_is_tuned_where_the_bootstrap_is_bayesian(tmp_path, options, script, expected):
    others = [option(name, value, choices=choices) for name, value, choices in options]
    draft = drafted(tmp_path, option("bagging_temperature", 1.0), option("lr", 0.1), *others, script=script)
    assert ("bagging_temperature" in draft.space) == (expected is not None)
    assert expected is None or (draft.space["bagging_temperature"].when or {}) == expected


def test_catboost_draws_no_share_of_the_rows_with_a_bayesian_bootstrap(tmp_path):
    bootstrap = option("bootstrap_type", "Bayesian", choices=("Bayesian",))
    assert list(drafted(tmp_path, option("subsample", 0.8), option("lr", 0.1), bootstrap).space) == ["lr"]


IF = "if args.cell == 'a':\n    f(args.width)\n"


@pytest.mark.parametrize(
    ("script", "used"),
    [
        (IF, "a"),
        ("if args.cell.lower() in ('a', 'b'):\n    f(args.width)\n", ["a", "b"]),
        ("if args.x:\n    pass\nelif 'x' and args.cell == 'a':\n    f(args.width)\n", "a"),
        ("x = args.width if args.cell == 'a' else 0\n", "a"),
        ("match args.cell:\n    case 'a' | 'b':\n        f(args.width)\n", ["a", "b"]),
        ("if cfg['cell'] == 'a':\n    f(cfg['width'])\n", "a"),
        (f"{IF}elif args.cell == 'c':\n    g(args.width)\n", ["a", "c"]),
        ("def f(args):\n    pass\nf(args)\n" + IF, "a"),
        ("print(args.width, vars(args))\n" + IF, "a"),
        ("name = 'run_{}'.format(args.width) + f'{args.width}' + '%d' % args.width\n" + IF, "a"),
        ("f(args.width)\n" + IF, None),
        ("if args.cell == 'a' or args.x:\n    f(args.width)\n", None),
        ("getattr(args, 'width')\n" + IF, None),
        ("theirs.build(args)\n" + IF, None),
        ("theirs.build(**vars(args))\n" + IF, None),
        ("if layer.cell == 'a':\n    f(args.width)\n", None),
        ("", None),
    ],
)
def test_a_parameter_that_only_some_branches_read_is_active_there(tmp_path, script, used):
    options = (option("width", 64), option("activation", "a", choices=("a", "b", "c")))
    draft = drafted(tmp_path, *options, option("cell", "a"), script=script.replace("cell", "activation"))
    assert draft.space["width"].when == (None if used is None else {"activation": used})
    draft = drafted(tmp_path, option("width", 64), option("lr", 0.1), option("cell", "z"), script=script)
    expected = None if used is None else f"it is used only where cell is {' or '.join(used)}"
    assert draft.skipped.get("width") == expected


@pytest.mark.parametrize(
    ("script", "used"),
    [
        ("a = docopt(__doc__)\nif a['--activation'] == 'a':\n    f(int(a['--top-k']))\n", "a"),
        ("if o['activation'] == 'a':\n    f()\nelif o['activation'] == 'b':\n    g(o['top_k'])\n", "b"),
        ("if o.get('activation') == 'a':\n    f(o.get('top-k', 5))\n", "a"),
        ("if getattr(args, 'activation') == 'a':\n    f(getattr(args, 'top_k', 5))\n", "a"),
        ("if c['model']['activation'] == 'a':\n    f(c['model']['top_k'])\n", "a"),
        ("k = int(a['--top-k'])\nact = a['--activation']\nif act == 'a':\n    f(k)\n", "a"),
        ("if args.activation == 'a':\n    k = args.top_k\nelse:\n    k = 3\nf(k)\n", "a"),
        ("k = int(a['--top-k'])\nif a['--activation'] == 'a':\n    f(k)\ng(k)\n", None),
        ("k = int(a['--top-k'])\nif a['--activation'] == 'a':\n    f(k)\ng(locals())\n", None),
        ("k = args.top_k\n", None),
        ("if o.get('activation') == 'a':\n    f(o)\ng(o.get('top_k'))\n", None),
    ],
)
def test_a_value_in_a_table_or_a_variable_is_read_as_an_attribute_is(tmp_path, script, used):
    options = (option("top-k", 5), option("lr", 0.1))
    draft = drafted(tmp_path, *options, option("activation", "a", choices=("a", "b", "c")), script=script)
    assert draft.space["top-k"].when == (None if used is None else {"activation": used})
    draft = drafted(tmp_path, *options, option("activation", "c", choices=("c",)), script=script)
    assert ("top-k" in draft.space) == (used is None)


@pytest.mark.parametrize(
    ("script", "used"),
    [
        ("if args.activation != 'a':\n    f(args.width)\n", ["b", "c"]),
        ("if args.activation == 'a':\n    pass\nelse:\n    f(args.width)\n", ["b", "c"]),
        (
            "if args.activation == 'a':\n    pass\nelif args.activation == 'b':\n    pass\nelse:\n    f(args.width)\n",
            "c",
        ),
        ("x = 0 if args.activation in ('a', 'c') else args.width\n", "b"),
        ("if not args.activation == 'a':\n    f(args.width)\n", ["b", "c"]),
        ("if args.activation != 'a':\n    f(args.width)\nelse:\n    g(args.width)\n", None),
        ("if args.activation == 'a' and args.x:\n    pass\nelse:\n    f(args.width)\n", None),
        (
            "import enum\nclass Act(str, enum.Enum):\n    A = 'a'\n"
            "def f(width, activation):\n    if activation is Act.A:\n        pass\n    else:\n        g(width)\n",
            ["b", "c"],
        ),
    ],
)
def test_a_parameter_is_active_where_the_test_of_another_fails(tmp_path, script, used):
    options = (option("width", 64), option("activation", "a", choices=("a", "b", "c")))
    draft = drafted(tmp_path, *options, script=script)
    assert draft.space["width"].when == (None if used is None else {"activation": used})
    draft = drafted(tmp_path, option("width", 64), option("lr", 0.1), option("activation", "a"), script=script)
    assert ("width" in draft.space) == (used is None)


@pytest.mark.parametrize(
    ("test", "layers", "when"),
    [
        ("args.layers > 1", 1, {"layers": {"low": 2}}),
        ("args.layers >= 3 and args.width", 2, {"layers": {"low": 3}}),
        ("args.layers > 0", 1, None),
        ("args.layers > 1.5", 1, None),
        ("1 < args.layers < 3", 1, None),
    ],
)
def test_a_parameter_that_is_read_above_a_number_is_active_there(tmp_path, test, layers, when):
    options = (option("layers", layers), option("dropout", 0.1), option("width", 8))
    draft = drafted(tmp_path, *options, script=f"f(args.layers, args.dropout if {test} else 0.0)\n")
    assert draft.space["dropout"].when == when


@pytest.mark.parametrize(("kind", "is_tuned"), [("ridge", False), ("trees", True)])
def test_the_kind_beside_a_parameter_in_its_table_decides_about_it(tmp_path, kind, is_tuned):
    script = "def fit(conf):\n    if conf['kind'] == 'ridge':\n        f()\n    else:\n        g(conf['depth'])\n"
    kinds = (option("model.kind", kind), option("other.kind", "trees"))
    draft = drafted(tmp_path, option("model.depth", 3), option("lr", 0.1), *kinds, script=script)
    assert ("model.depth" in draft.space) == is_tuned


def test_a_constant_of_a_model_that_is_not_chosen_is_not_tuned(tmp_path):
    (tmp_path / "config.py").write_text("MODEL = 'gbm'\nLOGREG_C = 1.0\nDEPTH = 3\nMAX_LEAVES = 31\n")
    models = "import config\nif config.MODEL == 'gbm':\n    f(config.DEPTH, config.MAX_LEAVES)\n"
    (tmp_path / "models.py").write_text(models + "if config.MODEL == 'logreg':\n    g(config.LOGREG_C)\n")
    draft = drafted(tmp_path, script="import config\nimport models\n")
    assert list(draft.space) == ["MAX_LEAVES", "DEPTH"]
    assert draft.skipped["LOGREG_C"] == "it is used only where MODEL is logreg"


def test_a_constant_that_the_environment_sets_is_used_in_a_branch(tmp_path):
    script = """
import os
E = os.environ
KIND = E.get("APP_KIND", "holt")
TREES = int(E.get("APP_N_ESTIMATORS", "100"))
LR = float(os.environ["APP_LR"])
if KIND == "trees":
    f(TREES)
elif KIND == "holt":
    g(LR)
"""
    (tmp_path / "train.py").write_text(script)
    draft = draft_study(CommandLine.parse(["APP_LR=0.1", "python", "train.py"], tmp_path))
    assert list(draft.space) == ["APP_LR"]
    assert draft.skipped["APP_N_ESTIMATORS"] == "it is used only where APP_KIND is trees"


def test_a_switch_that_is_off_leaves_what_it_turns_on_alone(tmp_path):
    switch = ("--ema", "")
    script = "if args.ema:\n    f(args.ema_rate)\nif args.clip:\n    g(args.clip_width)\n"
    options = (option("ema_rate", 0.5), option("clip", 0.5), option("clip_width", 4), option("lr", 0.1))
    draft = drafted(tmp_path, *options, option("ema", False, switch=switch), script=script)
    assert draft.space["ema_rate"].when == {"ema": True}
    assert draft.space["clip_width"].when is None
    assert draft.space["ema"] == Choice([True, False], default=False)


@pytest.fixture
def dependent(tmp_path) -> Draft:
    kernel = option("kernel", "rbf", choices=("linear", "rbf", "poly"))
    sched = option("sched", "cosine", choices=SCHEDULES)
    bagging = (option("bagging_fraction", 1.0), option("bagging_freq", 0))
    return drafted(
        tmp_path, option("gamma", 0.1), option("decay-rate", 0.1), kernel, sched, option("lr", 0.1), *bagging
    )


def test_a_parameter_stays_where_the_one_that_it_depends_on_is_edited(dependent):
    draft, _ = with_range(dependent, "lr", 0.01, 0.2)
    assert {name: parameter.when for name, parameter in draft.space.items()} == {
        name: parameter.when for name, parameter in dependent.space.items()
    }
    draft, _ = with_options(dependent, "kernel", ["linear", "rbf"])
    draft, _ = with_options(draft, "sched", ["cosine", "none"])
    assert draft.space["gamma"].when == {"kernel": "rbf"}
    assert draft.skipped["decay-rate"] == "it is used only where sched is step"
    assert draft.space["bagging_fraction"].when == {"bagging_freq": {"low": 1}}


@pytest.mark.parametrize("leave", [with_spare, lambda draft, names: with_selection(draft, list(names), "leave")[0]])
def test_a_parameter_that_depends_on_a_fixed_one_is_tuned_only_if_it_is_used(dependent, leave):
    draft = leave(dependent, {"kernel": "", "sched": "", "bagging_freq": ""})
    assert draft.space["gamma"].when is None
    assert draft.skipped["decay-rate"] == "it is used only where sched is step"
    assert draft.skipped["bagging_fraction"] == "it is used only where bagging_freq is at least 1"
    assert sorted(draft.space) == ["gamma", "lr"]


def test_a_beta_without_a_number_is_no_keyword_of_an_optimizer(tmp_path):
    optimizer = option("optimizer", "adam", choices=("adam", "sgd"))
    draft = drafted(tmp_path, optimizer, option("loss_beta", 0.9), option("beta", 0.9), option("beta1", 0.9))
    assert [name for name, parameter in draft.space.items() if parameter.when] == ["beta1"]


def test_momentum_of_0_stays_in_its_range(tmp_path):
    optimizer = option("optimizer", "sgd", choices=("adam", "sgd"))
    nesterov = option("nesterov", False, switch=("--nesterov", ""))
    draft = drafted(tmp_path, optimizer, option("momentum", 0.0), nesterov)
    assert draft.space["momentum"] == Float(0.0, 0.99, default=0.0, when={"optimizer": "sgd"})
    assert draft.skipped["nesterov"] == "it needs momentum, which is 0"
