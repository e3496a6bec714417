import json
import os
import pickle
import re
import resource
import signal
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import cloudpickle
import pytest
from tests.waiting import wait_until

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import TrialFailed, TrialRequest
from tunesmith.errors import InputError, TrialPruned
from tunesmith.study.study import Study
from tunesmith.tasks.base import TaskContext, task_from_table
from tunesmith.tasks.command import CommandTask, process_group
from tunesmith.tasks.command.template import RESERVED

ECHO = """
import json, sys
json.dump({'y': 1.0}, open(sys.argv[1] + '/metrics.json', 'w'))
print(json.dumps(sys.argv[2:]))
"""


def quiet(step, metrics):
    pass


@pytest.fixture
def at(tmp_path):
    """Make tasks whose script `train.py` prints its arguments, and requests for them."""

    class At:
        folder = tmp_path
        trial = tmp_path / "trials" / "0004"

        def task(self, command="train.py {trial_dir}", code=ECHO, **changes):
            (tmp_path / "train.py").write_text(code)
            words = f"{sys.executable} -S {command}" if isinstance(command, str) else command
            return CommandTask(**{"command": words, "metric": "y", "folder": tmp_path} | changes)

        def request(self, parameters=None, **changes):
            given = {"number": 4, "attempt": 1, "parameters": parameters or {}, "seed": 7, "folder": self.trial}
            return TrialRequest(**given | changes)

        def arguments(self, capfd, command, parameters, **changes):
            task = self.task(command, **changes)
            task.evaluate(self.request(parameters), quiet)
            return json.loads(capfd.readouterr().out)

    return At()


def test_the_folder_of_the_artifacts_is_there_for_a_command_that_names_it(at):
    code = "import sys\nopen(sys.argv[1] + '/log.txt', 'w').write('own')\nprint('y: 1.0')\n"
    task = at.task("train.py {trial_dir}/artifacts", code, metrics="stdout")
    assert task.evaluate(at.request(), quiet).artifacts == {"log.txt": "artifacts/log.txt"}
    subprocess.run(task.reproduce(at.request()), shell=True, check=True)
    assert (at.trial / "again" / "artifacts" / "log.txt").exists()


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "parameters", "words"),
    [
        ("--lr {lr} {seed}", {"lr": 1e-05}, ["--lr", "1e-05", "7"]),
        ("--name={name}", {"name": "two words; 'and' $HOME"}, ["--name=two words; 'and' $HOME"]),
        ("'{{}}' {{lr}} {lr}", {"lr": 0.5}, ["{}", "{lr}", "0.5"]),
        ("{flag} {nothing} {sizes}", {"flag": True, "nothing": None, "sizes": [1, 2]}, ["true", "null", "[1, 2]"]),
        ("{model.width}", {"model.width": 64}, ["64"]),
        (
            "--lr {lr} {args} end",
            {"lr": 0.1, "n": 3, "model.width": 64, "sizes": [1, 2]},
            ["--lr", "0.1", "-n", "3", "--model.width", "64", "--sizes", "1", "2", "end"],
        ),
        ("--shift {shift} --x={x}", {"shift": -1e-05, "x": -3}, ["--shift", "-0.00001", "--x=-3"]),
        (
            "{args}",
            {"shift": -1e-05, "n": -1e-05, "word": "-x", "sizes": [-1e-05, 2], "empty": ""},
            ["--shift=-1e-05", "-n", "-0.00001", "--word=-x", "--sizes", "-0.00001", "2", "--empty", ""],
        ),
    ],
)
def test_placeholders_are_filled_without_splitting_words(at, capfd, command, parameters, words):
    assert at.arguments(capfd, f"train.py {{trial_dir}} {command}", parameters) == words


def test_a_list_of_words_is_taken_as_it_is(at, capfd):
    command = [sys.executable, "train.py", "{trial_dir}", "two words", "{x}"]
    assert at.arguments(capfd, command, {"x": 1}) == ["two words", "1"]


def test_a_shell_gets_quoted_values(at, capfd):
    command = "train.py {trial_dir} {name} {args} | cat && echo > {trial_dir}/shell"
    words = at.arguments(capfd, command, {"name": "a; touch b $(c)", "other": "x y"}, shell=True)
    assert words == ["a; touch b $(c)", "--other", "x y"]
    assert (at.trial / "shell").exists()
    assert not (at.folder / "b").exists()


@pytest.mark.parametrize(
    ("changes", "key", "message"),
    [
        ({"command": ""}, "command", "must not be empty"),
        ({"command": "python 'train"}, "command", "quotes must match"),
        ({"command": ["python", 3]}, "command", "list of strings"),
        ({"command": ["python"], "shell": True}, "command", "must be one string"),
        ({"command": "ls", "test_command": " "}, "test_command", "must not be empty"),
        ({"command": "ls", "metrics": "/tmp/metrics.json"}, "metrics", "Let the script write to {trial_dir}"),
        ({"command": "ls", "metrics": "../metrics.json"}, "metrics", "in the trial's folder"),
    ],
)
def test_what_cannot_be_right_is_refused_at_once(tmp_path, changes, key, message):
    with pytest.raises(InputError) as caught:
        CommandTask(**{"metric": "y", "folder": tmp_path} | changes)
    assert caught.value.keys[0] == key
    assert message in caught.value.message


SPACE = SearchSpace({
    "lr": Float(1e-5, 1e-1, log=True),
    "optimizer": Choice(["adam", "sgd"]),
    "momentum": Float(0.0, 0.9, when={"optimizer": "sgd"}),
})  # fmt: skip


@pytest.mark.parametrize(
    ("command", "config", "message"),
    [
        ("train.py {config}", "nowhere.json", "a config file must be readable"),
        ("train.py {trial_dir} {lrr} {args}", None, "unknown placeholder '{lrr}'. Did you mean 'lr'?"),
        ("train.py {lr} {optimizer} {momentum}", None, "'momentum' is not active in every trial"),
        ("train.py {lr} {optimizer}", None, "every parameter must reach the script, but 'momentum' would not"),
        ("train.py --x={args}", None, "must stand alone"),
        ("train.py {config} {args}", None, "no config is given"),
        ("train.py {args}", "config.json", "since Python's option -S ignores PYTHONPATH or sitecustomize"),
        ("train.py {config} {optimizer}", "other.json", "other.json has no such key. Did you mean 'lrr'?"),
        (f"{'x' * 5000}.py {{args}}", None, "missing script: there is no xxx"),
        ("trian.py {args}", None, "missing script: there is no trian.py in {folder}. Did you mean 'train.py'?"),
    ],
)
def test_a_check_finds_what_would_go_wrong(at, command, config, message):
    (at.folder / "config.json").write_text('{"lr": 0.1, "optimizer": "adam", "momentum": 0.5}')
    (at.folder / "other.json").write_text('{"lrr": 0.1}')
    task = at.task(f"{command}", config=config)
    with pytest.raises(InputError) as caught:
        task.check(SPACE)
    assert message.replace("{folder}", str(at.folder)) in caught.value.message
    place = {"would not": ("space", "momentum"), "no such key": ("space", "lr"), "readable": ("task", "config")}
    assert caught.value.keys == next((keys for words, keys in place.items() if words in message), ("task", "command"))


@pytest.mark.parametrize("name", RESERVED)
@pytest.mark.parametrize("test_only", [False, True])
def test_a_parameter_named_like_a_placeholder_that_the_command_uses_is_refused(at, name, test_only):
    (at.folder / "config.json").write_text('{"other": 1}')
    words = "train.py {config} {trial_dir} {seed} {args}"
    test = (
        {"command": "train.py {config} {args}", "test_command": f"python {words}"} if test_only else {"command": words}
    )
    task = at.task(**test, config="config.json")
    with pytest.raises(InputError, match=f"{{training_{name}}}") as caught:
        Study(task=task, space={name: Int(0, 9), "x": Int(0, 9)}, objective="minimize y")
    assert caught.value.keys == ("space", name)


def test_a_parameter_named_like_a_placeholder_reaches_the_script_where_the_command_does_not_use_that(at, capfd):
    (at.folder / "config.json").write_text('{"seed": 1}')
    space = SearchSpace({"seed": Int(0, 9)})
    at.task("train.py {trial_dir} {args}").check(space)
    assert at.arguments(capfd, "train.py {trial_dir} {args}", {"seed": 4}) == ["--seed", "4"]
    at.task("train.py {config}", config="config.json").check(space)
    with pytest.raises(InputError, match=r"or take {seed} out of the command, so that the key in the config is tuned"):
        at.task("train.py {config} --seed {seed}", config="config.json").check(space)


@pytest.mark.parametrize(
    ("options", "first", "second"),
    [([1, "1"], "1", "'1'"), ([None, "null"], "None", "'null'"), (["[1, 2]", 3, [1, 2]], "'[1, 2]'", "[1, 2]")],
)
def test_options_that_become_the_same_words_are_refused(at, options, first, second):
    space = SearchSpace({"x": Choice(options)})
    with pytest.raises(InputError) as caught:
        at.task("train.py --x {x}").check(space)
    assert f"{first} and {second} become the same words" in caught.value.message
    assert caught.value.keys == ("space", "x")
    (at.folder / "config.json").write_text('{"x": 1}')
    at.task("train.py {config}", config="config.json").check(space)


def test_a_single_option_reaches_the_script_too(at):
    space = SearchSpace({"x": Int(1, 1), "y": Choice(["a"])})
    at.task("train.py {x} {args}").check(space)
    with pytest.raises(InputError, match="'y' would not"):
        at.task("train.py {x}").check(space)


def test_a_value_that_no_program_can_be_given_is_refused(at):
    with pytest.raises(InputError, match="valid text without NUL") as caught:
        at.task("train.py {args}").check(SearchSpace({"x": Choice(["a\0b", "b"])}))
    assert caught.value.keys == ("space", "x")


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_a_command_that_cannot_be_run_is_refused(at, value):
    for changes in ({"command": ["ls", value]}, {"environment": {"A": value}}, {"environment": {value: "a"}}):
        with pytest.raises(InputError, match="valid text without NUL"):
            at.task(**changes)
    with pytest.raises(InputError, match="a name without '='"):
        at.task(environment={"A=B": "c"})


# -- true and false ----------------------------------------------------------------------------------------------------

FLAGS = {"amp": ["--amp", ""], "bias": ["--bias true", "--bias false"], "drop": ["--drop", "--no-drop"]}


@pytest.mark.parametrize(
    ("value", "words"), [(True, ["--amp", "--bias", "true", "--drop"]), (False, ["--bias", "false", "--no-drop"])]
)
def test_true_and_false_are_written_as_the_script_expects(at, capfd, value, words):
    space = SearchSpace(dict.fromkeys(FLAGS, Choice([True, False])))
    at.task("train.py {trial_dir} {args}", flags=FLAGS).check(space)
    assert at.arguments(capfd, "train.py {trial_dir} {args}", dict.fromkeys(FLAGS, value), flags=FLAGS) == words


def test_true_and_false_without_words_are_refused(at):
    space = SearchSpace({"bias": Choice([1, True])})
    with pytest.raises(InputError) as caught:
        at.task("train.py {args}").check(space)
    assert 'flags = { bias = ["--bias", "--no-bias"] }' in caught.value.message
    assert caught.value.keys == ("space", "bias")
    at.task("train.py --bias {bias}").check(SearchSpace({"bias": Choice([False, True])}))
    with pytest.raises(TrialFailed, match="the command could not be started"):
        at.task("train.py {args}").evaluate(at.request({"bias": False}), quiet)


@pytest.mark.parametrize(
    ("command", "options", "code", "message"),
    [
        ("--bias {bias}", [True, False], "p.add_argument('--bias', default=True, type=bool)", "--bias has type=bool"),
        ("--bias={bias}", ["True", "False"], "p.add_argument('--bias', type = bool)", "even 'False'"),
        ("{args}", [True, False], "p.add_argument('--bias', type=bool)", "even 'false'"),
        ("{args}", ["yes", "no"], "p.add_argument('-b', '--bias', type=bool, help='x')", "even 'no'"),
        ("--bias={bias}", [True, False], "import fire", "with the words '--bias=True' and '--bias=False' in flags"),
        ("{args}", [True, False], "from fire import Fire", "fire takes 'false' for a text"),
        ("{args}", ["True", "False"], "import fire", None),
        ("--bias {bias}", [True, False], "p.add_argument('--bias', type=str2bool)", None),
        ("--bias {bias}", [True, False], "p.add_argument('--bias-init', type=bool); p.add_argument('--bias')", None),
        ("--bias {bias}", ["", "1"], "p.add_argument('--bias', type=bool)", None),
    ],
)
def test_what_the_script_would_read_as_true_is_refused_as_false(at, command, options, code, message):
    task = at.task(f"train.py {command}", code, flags={"bias": ["--bias true", "--bias false"]})
    space = SearchSpace({"bias": Choice(options)})
    if message is None:
        task.check(space)
        return
    with pytest.raises(InputError) as caught:
        task.check(space)
    assert message in caught.value.message
    assert caught.value.keys == ("space", "bias")


@pytest.mark.parametrize("spelling", ["--x", ["--x"], ["--x", "--x"], ["--x", "", ""], [True, False], ["'", ""], 3])
def test_words_for_true_and_false_must_be_two_and_differ(at, spelling):
    with pytest.raises(InputError, match="expected the words for true and those for false") as caught:
        at.task(flags={"x": spelling})
    assert caught.value.keys == ("flags", "x")


def test_words_for_an_unknown_parameter_are_refused(at):
    with pytest.raises(InputError, match=r"got 'bais'\. Did you mean 'bias'\?"):
        at.task("train.py {args}", flags={"bais": ["--bias", ""]}).check(SearchSpace({"bias": Choice(["a", "b"])}))


# -- metrics in the output ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "other"), [("val: loss", "val_loss"), ("acc+1", "acc_1"), ("1st", "metric_1st")])
def test_a_metric_that_can_never_be_read_from_the_output_is_refused(at, name, other):
    space = SearchSpace({"x": Int(0, 9)})
    with pytest.raises(InputError, match=f"got '{re.escape(name)}'. Rename it, for example to '{other}'") as caught:
        at.task("train.py {x}", metric=name, metrics="stdout").check(space)
    assert caught.value.keys == ("task", "metrics")
    with pytest.raises(InputError, match=f"got '{re.escape(name)}'"):
        at.task("train.py {x}", required=[name], metrics="stdout").check(space)
    at.task("train.py {x}", metric=name, metrics="metrics.json").check(space)
    with pytest.raises(TrialFailed, match=r"the script must write metrics\.json into {trial_dir}\.$"):
        at.task("train.py", "pass", metric=name).evaluate(at.request(), quiet)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("print('y: 1,500')", "y: 1,500"),
        ("print('y=1'); print('last y=1.2k')", "last y=1.2k"),
        ("from argparse import Namespace; print(Namespace(x=3, y=0.0))", "Namespace(x=3, y=0.0)"),
        ("print('y: 0.0'); print('x: 3')  # as add_argument('--y')", "y: 0.0"),
    ],
)
def test_a_metric_that_is_not_certain_fails_with_the_line(at, code, line):
    with pytest.raises(TrialFailed) as caught:
        at.task("train.py", code, metrics="stdout").evaluate(at.request({"x": 3}), quiet)
    assert caught.value.failure.kind == "metric"
    assert caught.value.failure.reason.endswith(f"as y=0.31, got {line!r}.")


def test_a_metric_that_is_a_key_of_the_config_too(at):
    (at.folder / "config.json").write_text('{"x": 1, "loss": {"y": 0.0}}')
    code = "import sys\nprint('x: 3', 'y: 0.0', sep='\\n')\nif len(sys.argv) > 2: print('y=0.5')"
    task = at.task("train.py {config}", code, config="config.json", metrics="stdout")
    with pytest.raises(TrialFailed, match="must be printed as one plain number outside the script's settings"):
        task.evaluate(at.request({"x": 3}), quiet)
    task = at.task("train.py {config} more", code, config="config.json", metrics="stdout")
    assert task.evaluate(at.request({"x": 3}), quiet).metrics == {"y": 0.5}


def test_a_check_finds_a_missing_program(tmp_path):
    for program in ("no-such-program-anywhere", "./here.sh"):
        with pytest.raises(InputError, match="no program"):
            CommandTask(command=f"{program} {{args}}", metric="y", folder=tmp_path).check(SPACE)


def test_a_script_that_is_not_executable_is_told_from_one_that_is_not_there(tmp_path):
    (tmp_path / "here.pl").write_text("print 1")
    with pytest.raises(InputError, match=r"\./here\.pl must be executable, but it is not\. Run chmod \+x \./here\.pl"):
        CommandTask(command="./here.pl {args}", metric="y", folder=tmp_path).check(SPACE)


def test_a_check_passes_what_works(at):
    (at.folder / "config.json").write_text('{"lr": 0.1, "optimizer": "adam"}')
    at.task("train.py {trial_dir} {args}").check(SPACE)
    at.task("train.py --config {config} --out out.py", config="config.json").check(SPACE)
    at.task("train.py {lr} --rest {args}", test_command="cat train.py {args}").check(SPACE)


# -- the config --------------------------------------------------------------------------------------------------------

CONFIG = "# mine\nlr = 0.1  # the rate\n[optim]\nname = 'sgd'\nmomentum = 0.9\n"


def test_each_trial_gets_an_edited_copy_and_the_original_stays(at, capfd):
    (at.folder / "config.toml").write_text(CONFIG)
    task = at.task(
        "train.py {trial_dir} {config}",
        config="config.toml",
        names=["lr", "optim.name", "optim.momentum"],
        remove=["optim.momentum"],
    )
    assert task.defaults() == {"lr": 0.1, "optim.name": "sgd", "optim.momentum": 0.9}
    task.evaluate(at.request({"lr": 0.25, "optim.name": "adam"}), quiet)
    assert json.loads(capfd.readouterr().out) == [str(at.trial / "config.toml")]
    copy = (at.trial / "config.toml").read_text()
    assert copy.startswith("# mine\nlr = 0.25  # the rate\n[optim]\n")
    assert tomllib.loads(copy) == {"lr": 0.25, "optim": {"name": "adam"}}
    assert (at.folder / "config.toml").read_text() == CONFIG


def test_what_the_config_lacks_goes_into_the_flags(at, capfd):
    (at.folder / "config.json").write_text('{"lr": 0.1}')
    words = at.arguments(capfd, "train.py {trial_dir} {config} {args}", {"lr": 0.5, "depth": 3}, config="config.json")
    assert words[1:] == ["--depth", "3"]
    assert json.loads((at.trial / "config.json").read_text()) == {"lr": 0.5}


def test_a_conditional_parameter_is_added_to_its_table(at):
    (at.folder / "config.json").write_text('{"optim": {"name": "adam"}}')
    task = at.task("train.py {trial_dir} {config}", config="config.json")
    task.evaluate(at.request({"optim.name": "sgd", "optim.momentum": 0.5}), quiet)
    copy = json.loads((at.trial / "config.json").read_text())
    assert copy == {"optim": {"name": "sgd", "momentum": 0.5}}


def test_a_config_with_the_name_of_one_of_our_files_gets_another(at, capfd):
    (at.folder / "parameters.json").write_text('{"lr": 0.1}')
    words = at.arguments(capfd, "train.py {trial_dir} {config}", {"lr": 0.5}, config="parameters.json")
    assert words == [str(at.trial / "config_parameters.json")]


def test_a_config_that_has_gone_is_a_failure_of_setup(at):
    task = at.task("train.py {trial_dir} {config}", config="config.json")
    with pytest.raises(TrialFailed) as caught:
        task.evaluate(at.request({"lr": 0.5}), quiet)
    assert caught.value.failure.kind == "setup"


# -- running -----------------------------------------------------------------------------------------------------------


def test_the_command_knows_its_trial_and_runs_in_its_folder(at, monkeypatch):
    monkeypatch.setenv("INHERITED", "yes")
    code = """if True:
        import os
        names = ("TUNESMITH_TRIAL_DIR", "TUNESMITH_TRIAL_SEED", "INHERITED", "MINE")
        with open(os.environ["TUNESMITH_TRIAL_DIR"] + "/seen", "w") as file:
            print(*(os.environ[name] for name in names), os.getcwd(), file=file)
        print("y=1")
    """
    at.task("train.py", code, environment={"MINE": "set"}).evaluate(at.request(), quiet)
    assert (at.trial / "seen").read_text().split() == [str(at.trial), "7", "yes", "set", str(at.folder)]


@pytest.mark.parametrize(
    ("metrics", "code", "found"),
    [
        (None, "write('metrics.json', 1); print('y=2')", 1.0),
        (None, "print('y=1'); print('y: 2e0')", 2.0),
        ("stdout", "write('metrics.json', 1); print('epoch 3 | y = 2.5, lr=0.1')", 2.5),
        ("out.json", "write('out.json', 3); print('y=2')", 3.0),
    ],
)
def test_metrics_come_from_the_file_or_the_output(at, metrics, code, found):
    prelude = "import sys\ndef write(name, y): open(sys.argv[1] + '/' + name, 'w').write('{\"y\": %s}' % y)\n"
    task = at.task("train.py {trial_dir}", prelude + code, metrics=metrics)
    assert task.evaluate(at.request(), quiet).metrics["y"] == found


def test_a_file_that_is_asked_for_must_be_written(at):
    at.trial.mkdir(parents=True)
    (at.trial / "out.json").write_text('{"y": 1}')  # left by an earlier attempt
    with pytest.raises(TrialFailed, match=r"must write out.json into \{trial_dir\}"):
        at.task("train.py", "print('y=2')", metrics="out.json").evaluate(at.request(), quiet)


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("raise SystemExit(3)", "exit", "exit status 3"),
        ("print('torch.OutOfMemoryError: CUDA out of memory'); raise SystemExit(1)", "memory", "ran out of memory"),
        ("import os; os.abort()", "exit", "crashed with SIGABRT"),
    ],
)
def test_a_bad_end_is_told(at, code, kind, reason):
    with pytest.raises(TrialFailed) as caught:
        at.task("train.py", code).evaluate(at.request(), quiet)
    assert caught.value.failure.kind == kind
    assert reason in caught.value.failure.reason


def test_a_program_that_cannot_be_started_is_a_failure_of_setup(tmp_path):
    request = TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=tmp_path / "0000")
    with pytest.raises(TrialFailed) as caught:
        CommandTask(command="no-such-program-anywhere", metric="y", folder=tmp_path).evaluate(request, quiet)
    assert caught.value.failure.kind == "setup"


def test_a_command_ends_where_a_file_asks_for_it(at):
    code = (
        "import pathlib, signal, sys, time\n"
        "def leave(*_): pathlib.Path(sys.argv[1], 'left').touch(); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, leave)\npathlib.Path(sys.argv[1], 'here').touch()\ntime.sleep(600)\n"
    )

    def ask():
        wait_until((at.trial / "here").exists, "the start of the script")
        (at.trial / "stop").touch()

    thread = threading.Thread(target=ask)
    thread.start()
    with pytest.raises(TrialPruned):
        at.task("train.py {trial_dir}", code).evaluate(at.request(), quiet)
    thread.join()
    assert (at.trial / "left").exists()


def test_reports_are_heard_while_it_runs(at):
    code = (
        "import sys, time\npath = sys.argv[1] + '/reports.jsonl'\n"
        "for step in range(3): print('{\"step\": %d, \"y\": 0.5}' % step, file=open(path, 'a'))\n"
        "while True: time.sleep(0.05)\n"
    )
    heard = []

    def hear(step, metrics):
        heard.append((step, metrics))
        if step == 1:
            raise TrialPruned("enough")

    with pytest.raises(TrialPruned):
        at.task("train.py {trial_dir}", code).evaluate(at.request(), hear)
    assert heard == [(0, {"y": 0.5}), (1, {"y": 0.5})]


def test_finishing_beats_pruning(at, monkeypatch):
    monkeypatch.setattr(process_group, "POLL_SECONDS", (60.0, 60.0))  # what was reported is only seen at the end
    code = "import sys\nopen(sys.argv[1] + '/reports.jsonl', 'w').write('{\"step\": 0, \"y\": 1}\\n')\nprint('y=2')"

    def prune(step, metrics):
        raise TrialPruned("too late")

    task = at.task("train.py {trial_dir}", code)
    assert task.evaluate(at.request(), prune).metrics == {"y": 2.0}


def test_the_test_command_runs_for_the_test_only(at, capfd):
    task = at.task("train.py {trial_dir} search", test_command=f"{sys.executable} train.py {{trial_dir}} test")
    assert task.has_test
    folder = at.trial / "test"
    task.evaluate(at.request(purpose="test", folder=folder), quiet)
    assert json.loads(capfd.readouterr().out) == ["test"]
    assert not at.task().has_test


# -- as data -----------------------------------------------------------------------------------------------------------


def test_the_line_that_reproduces_a_trial_does(at):
    (at.folder / "config.json").write_text('{"lr": 0.1}')
    task = at.task("train.py {trial_dir} {config} '{name}'", config="config.json", environment={"MINE": "a b"})
    request = at.request({"lr": 0.5, "name": "two words"})
    task.evaluate(request, quiet)
    done = subprocess.run(task.reproduce(request), shell=True, cwd="/", capture_output=True, text=True)
    again = at.trial / "again"
    assert json.loads(done.stdout) == [str(again / "config.json"), "two words"], done.stderr
    assert json.loads((again / "config.json").read_text()) == {"lr": 0.5}
    assert json.loads((again / "metrics.json").read_text()) == {"y": 1.0}


def test_it_travels_and_is_read_back_from_its_table(at):
    (at.folder / "config.py").write_text("lr = 0.1\n")
    task = at.task("train.py {trial_dir} {config}", config="config.py", names=["lr"], environment={"A": "b"})
    assert pickle.loads(cloudpickle.dumps(task)) == task
    table = task.to_table()
    assert json.loads(json.dumps(table)) == table
    space = SearchSpace({"lr": Float(0.0, 1.0)})
    context = TaskContext(folder=Path(table.pop("folder")), space=space, objective=Objective.parse("minimize y"))
    assert task_from_table(table, context) == task


def test_a_command_killed_from_outside_is_lost(at):
    task = at.task("train.py", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(TrialFailed, match=signal.SIGKILL.name) as caught:
        task.evaluate(at.request(), quiet)
    assert caught.value.failure.kind == "lost"


def test_whole_numbers_stay_whole(at, capfd):
    space = SearchSpace({"n": Int(1, 9)})
    task = at.task("train.py {trial_dir} {n}")
    task.check(space)
    task.evaluate(at.request({"n": 3}), quiet)
    assert json.loads(capfd.readouterr().out) == ["3"]


# -- the machine -------------------------------------------------------------------------------------------------------


def test_a_command_that_the_machine_cannot_start_is_not_to_blame(at):
    at.trial.mkdir(parents=True)
    task, request = at.task(), at.request()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        with pytest.raises(TrialFailed) as caught:
            task.evaluate(request, quiet)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert caught.value.failure.kind == "machine"
    assert caught.value.failure.reason == (
        "the command could not be started: Too many open files. Raise the limit of open files (ulimit -n)"
    )
