"""Scripts in processes of their own, which are given edited copies of their files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tunesmith.in_script import variables

READERS = """
import codecs, configparser, importlib, importlib.util, io, json, os, pathlib, pickle, pkgutil, runpy, shutil, sys
import numpy as np
os.mkdir("elsewhere")
os.symlink(os.path.abspath("conf.json"), "link.json")

def descriptor():
    number = os.open("conf.json", os.O_RDONLY)
    try:
        return json.loads(os.read(number, 999))["lr"]
    finally:
        os.close(number)

def from_elsewhere():
    os.chdir("elsewhere")
    try:
        return json.load(open("../conf.json"))["lr"]
    finally:
        os.chdir("..")

def by_spec():
    spec = importlib.util.spec_from_file_location("any_name", "config.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.LR

def executed():
    names = {}
    exec(open("config.py").read(), names)
    return names["LR"]

def copied():
    shutil.copyfile("conf.json", "elsewhere/other.json")
    return json.load(open("elsewhere/other.json"))["lr"]

def reloaded():
    import config
    return importlib.reload(config).LR

def of_a_class():
    class Reader:
        read = open
    return json.load(Reader().read("conf.json"))["lr"]

WAYS = {
    "open": lambda: json.load(open("conf.json"))["lr"],
    "open an absolute path": lambda: json.load(open(os.path.abspath("conf.json"), mode="rt", encoding="utf-8"))["lr"],
    "open bytes": lambda: json.load(open(b"conf.json", "rb"))["lr"],
    "open a link": lambda: json.load(open("link.json"))["lr"],
    "open from another folder": from_elsewhere,
    "io.open": lambda: json.load(io.open("conf.json"))["lr"],
    "codecs.open": lambda: json.load(codecs.open("conf.json", encoding="utf-8"))["lr"],
    "pathlib open": lambda: json.load(pathlib.Path("conf.json").open())["lr"],
    "pathlib read_text": lambda: json.loads(pathlib.Path("conf.json").resolve().read_text())["lr"],
    "pathlib read_bytes": lambda: json.loads(pathlib.Path("./conf.json").read_bytes())["lr"],
    "os.open": descriptor,
    "an attribute of a class": of_a_class,
    "a pickled os.open": lambda: float(os.read(pickle.loads(pickle.dumps(os.open))("conf.json", 0), 99)[6:-1]),
    "an opener": lambda: json.load(open("conf.json", opener=os.open))["lr"],
    "a pickled open": lambda: json.load(pickle.loads(pickle.dumps(open))("conf.json"))["lr"],
    "numpy.loadtxt": lambda: float(np.loadtxt("conf.json", dtype=str, delimiter="|").item()[6:-1]),
    "copied": copied,
    "import": lambda: importlib.import_module("config").LR,
    "import from": lambda: __import__("config", fromlist=["LR"]).LR,
    "a module of a package": lambda: importlib.import_module("package.settings").LR,
    "a relative import": lambda: importlib.import_module("package.user").LR,
    "data of a package": lambda: json.loads(pkgutil.get_data("package", "data.json"))["lr"],
    "a spec from the file": by_spec,
    "runpy": lambda: runpy.run_path("config.py")["LR"],
    "exec": executed,
    "reload": reloaded,
}
results = {name: read() for name, read in WAYS.items()}
import config, package.settings
code = io.open_code(os.path.abspath("config.py"))
results["names"] = [open("./conf.json").name, pathlib.Path("conf.json").open("rb").name, code.name]
results["files"] = [config.__file__, package.settings.__file__]
results["cached"] = [os.path.exists(module.__cached__) for module in (config, package.settings)]
print(json.dumps(results))
"""
WAYS = [line.partition('"')[2].partition('"')[0] for line in READERS.splitlines() if line.startswith('    "')]


class Project:
    """A folder with a script and its files, and the edited copies of some of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.copies: dict[str, str] = {}
        (folder / "copies").mkdir()

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def replace(self, name: str, old: str, new: str) -> Path:
        original = self.folder / name
        copy = self.folder / "copies" / name.replace("/", "_")
        copy.write_text(original.read_text().replace(old, new))
        self.copies[str(original)] = str(copy)
        return copy

    def run(self, *words: str, hooked: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        settings = {"replace": {"files": self.copies, "seen": str(self.folder / "seen")}}
        hook = variables(settings, os.environ | environment) if hooked else {}
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=os.environ | environment | hook,
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    project = Project(tmp_path_factory.mktemp("readers"))
    project.write({
        "train.py": READERS,
        "conf.json": '{"lr":0.1}',
        "config.py": "LR = 0.1\n",
        "package/__init__.py": "",
        "package/settings.py": "LR = 0.1\n",
        "package/user.py": "from .settings import LR\n",
        "package/data.json": '{"lr": 0.1}',
    })  # fmt: skip
    # With the bytecode of the originals, which must not be used.
    subprocess.run([sys.executable, "-m", "compileall", "-q", "."], cwd=project.folder, check=True)
    bytecode = {path: path.read_bytes() for path in project.folder.rglob("*.pyc")}
    for name in ("conf.json", "config.py", "package/settings.py", "package/data.json"):
        project.replace(name, "0.1", "0.5")
    done = project.run("train.py")
    assert done.returncode == 0, done.stderr
    assert {path: path.read_bytes() for path in bytecode} == bytecode
    read = {Path(line).name for line in (project.folder / "seen").read_text().splitlines()}
    return {**json.loads(done.stdout), "folder": project.folder, "read": read}


@pytest.mark.parametrize("way", WAYS)
def test_whoever_reads_the_original_gets_the_copy(results: dict[str, object], way: str) -> None:
    assert results[way] == 0.5


def test_a_module_has_its_own_path(results: dict[str, object]) -> None:
    assert results["files"] == [f"{results['folder']}/config.py", f"{results['folder']}/package/settings.py"]


def test_a_file_has_the_name_under_which_it_was_opened(results: dict[str, object]) -> None:
    assert results["names"] == ["./conf.json", "conf.json", f"{results['folder']}/config.py"]


def test_what_was_read_is_noted(results: dict[str, object]) -> None:
    assert results["read"] == {"conf.json", "config.py", "package_settings.py", "package_data.json"}


SCRIPT = '''"""Trains."""
from __future__ import annotations
import json, multiprocessing, os, pathlib, pickle, sys
import neighbour

LR = 0.1

class Box:
    def __init__(self, value):
        self.value = value

def work(box):
    return box.value * LR

def main(mode):
    if mode == "names":
        names = {name: repr(value) for name, value in globals().items() if name.startswith("__")}
        del names["__builtins__"]
        names["__loader__"] = type(__loader__).__name__
        data = pathlib.Path(__file__).with_name("data.txt").read_text()
        argv = getattr(sys, "orig_argv", None)
        print(json.dumps([names, sys.argv, sys.path, argv, neighbour.__file__, data]))
    elif mode == "children":
        for start in ("fork", "spawn", "forkserver"):
            with multiprocessing.get_context(start).Pool(1) as pool:
                print(start, pool.map(work, [Box(2), Box(4)]))
        print(pickle.loads(pickle.dumps(Box(4))).value * LR, Box.__module__)
    elif mode == "raise":
        raise ValueError("bad rate")
    elif mode == "hook":
        sys.excepthook = lambda kind, error, trace: print(kind.__name__, error, trace.tb_frame.f_code.co_filename)
        raise ValueError("bad rate")
    elif mode == "os._exit":
        os._exit(6)
    elif mode == "interrupt":
        raise KeyboardInterrupt
    else:
        sys.exit(int(mode) if mode.isdigit() else mode)

if __name__ == "__main__":
    main(sys.argv[1])
'''


@pytest.fixture
def script(project: Project) -> Project:
    project.write({"train.py": SCRIPT, "neighbour.py": "", "data.txt": "here"})
    project.replace("train.py", "0.1", "0.5")
    return project


@pytest.mark.parametrize("words", [["train.py"], ["-u", "./train.py"], ["-m", "train"]])
def test_a_script_finds_itself_as_without_us(script: Project, words: list[str]) -> None:
    hooked, plain = (script.run(*words, "names", hooked=hooked).stdout for hooked in (True, False))
    without_addresses = re.compile(r" at 0x[0-9a-f]+")
    assert json.loads(without_addresses.sub("", hooked)) == json.loads(without_addresses.sub("", plain))
    assert (script.folder / "seen").exists()


def test_the_copy_runs_in_the_script_and_its_children(script: Project) -> None:
    done = script.run("train.py", "children")
    assert done.stdout == "fork [1.0, 2.0]\nspawn [1.0, 2.0]\nforkserver [1.0, 2.0]\n2.0 __main__\n", done.stderr


@pytest.mark.parametrize("mode", ["7", "a message", "raise", "hook", "os._exit", "interrupt"])
def test_it_ends_as_without_us(script: Project, mode: str) -> None:
    hooked, plain = (script.run("train.py", mode, hooked=hooked) for hooked in (True, False))
    assert hooked.returncode == plain.returncode
    assert hooked.stdout == plain.stdout
    if mode == "interrupt":
        assert hooked.stderr.endswith("KeyboardInterrupt\n")
    else:
        assert hooked.stderr == plain.stderr


def test_a_traceback_shows_the_lines_of_the_copy(project: Project) -> None:
    project.write({"train.py": "import config\n", "config.py": "LR = 1\nraise ValueError(LR)\n"})
    project.replace("config.py", "LR = 1\n", "LR = (\n    2\n)\n")
    done = project.run("train.py")
    assert f'File "{project.folder}/config.py", line 4, in <module>\n    raise ValueError(LR)\n' in done.stderr
    assert done.stderr.endswith("ValueError: 2\n")


def test_what_the_script_writes_goes_to_its_own_file(project: Project) -> None:
    writes = {
        "pathlib.Path('a.json').write_text('mine')": "mine",
        "open('b.json', 'a').write('!')": "old!",
        "open('c.json', mode='r+').write('O')": "Old",
        "os.write(os.open('d.json', os.O_WRONLY | os.O_APPEND), b'?')": "old?",
    }
    code = "import os, pathlib\nread = lambda: [open(f'{name}.json').read() for name in 'abcd']\nprint(*read())\n"
    project.write({"train.py": code + "\n".join(writes) + "\nprint(*read())", **{f"{n}.json": "old" for n in "abcd"}})
    copies = [project.replace(f"{name}.json", "old", "edited") for name in "abcd"]
    done = project.run("train.py")
    assert done.stdout == f"edited edited edited edited\n{' '.join(writes.values())}\n", done.stderr
    assert [(project.folder / f"{name}.json").read_text() for name in "abcd"] == list(writes.values())
    assert [copy.read_text() for copy in copies] == ["edited"] * 4


def test_bytecode_that_the_script_itself_compiles_is_that_of_the_original(project: Project) -> None:
    code = "import py_compile; py_compile.compile('config.py'); import config; print(config.LR)"
    project.write({"train.py": code, "config.py": "LR = 0.1\n"})
    project.replace("config.py", "0.1", "0.5")
    assert project.run("train.py").stdout == "0.5\n"
    assert project.run("-c", "import config; print(config.LR)", hooked=False).stdout == "0.1\n"


def test_no_bytecode_is_written(project: Project) -> None:
    project.write({"train.py": "import config, other; print(config.LR)", "config.py": "LR = 0.1\n", "other.py": ""})
    project.replace("config.py", "0.1", "0.5")
    assert project.run("train.py", PYTHONDONTWRITEBYTECODE="").stdout == "0.5\n"
    assert [path.name.partition(".")[0] for path in project.folder.rglob("*.pyc")] == ["other"]


def test_a_copy_that_is_gone_leaves_the_original_and_is_not_noted(project: Project) -> None:
    project.write({"train.py": "print(open('conf.json').read())", "conf.json": "old"})
    project.replace("conf.json", "old", "edited").unlink()
    assert project.run("train.py").stdout == "old\n"
    assert not (project.folder / "seen").exists()


def test_an_original_that_is_gone_leaves_the_other_copies(project: Project) -> None:
    code = "import os; os.remove('first.json'); print(open('second.json').read())"
    project.write({"train.py": code, "first.json": "old", "second.json": "old"})
    for name in ("first.json", "second.json"):
        project.replace(name, "old", "edited")
    assert project.run("train.py").stdout == "edited\n"


def test_a_file_that_nobody_reads_is_not_noted(project: Project) -> None:
    project.write({"train.py": "print(open('other.json').read())", "conf.json": "old", "other.json": "other"})
    project.replace("conf.json", "old", "edited")
    assert project.run("train.py").stdout == "other\n"
    assert not (project.folder / "seen").exists()


def test_odd_arguments_meet_the_same_errors(project: Project) -> None:
    code = """
import os
def error(function, *args, **keywords):
    try:
        return function(*args, **keywords)
    except Exception as error:
        return type(error).__name__
print([
    error(open, "no.json"), error(open, "a\\0.json"), error(open, None), error(open, 99), error(open, "conf.json", 3),
    error(open, "conf.json", "q"), error(open, object()), error(os.open, "no.json", 0), error(open, mode="r"),
    error(os.open, "conf.json", "r"), error(open, "conf.json", opener=lambda path, flags: 98), error(open, ""),
    os.read(os.open("conf.json", 0, dir_fd=os.open(".", 0)), 9) in (b"old", b"edited"), repr(open), open.__name__,
    __import__("inspect").signature(open) is not None, error(os.open, "conf.json", os.O_RDONLY | os.O_DIRECTORY),
])
"""
    project.write({"train.py": code, "conf.json": "old"})
    project.replace("conf.json", "old", "edited")
    hooked, plain = (project.run("train.py", hooked=hooked).stdout for hooked in (True, False))
    assert hooked == plain
