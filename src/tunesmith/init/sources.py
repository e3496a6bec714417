"""The script to run and the config file that it reads, found from a path and the script's text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ..config_files import SUFFIXES, read
from ..errors import InputError
from .command_line import INTERPRETERS, CommandLine
from .notebook_command import code_of, command_of_notebook, is_notebook, notebook_command, notebook_in
from .package_layout import module_of
from .shell_script import command_in, is_shell_script, reads_all

_SCRIPTS = ("train.py", "main.py", "run.py", "tune.py", "fit.py", "train.sh", "run.sh")
_CONFIG_STEMS = re.compile(
    r"(.*[_.-])?(config|configs|settings|params|hparams|hyperparameters|conf|cfg)([_.-].*)?", re.I
)
_OTHER_FILES = re.compile(r"(package|tsconfig|pyproject|study|metrics|results?|environment|\..*)([_.-].*)?", re.I)
_LISTS = {".json": b"[", ".yaml": b"- ", ".yml": b"- "}
_BEGINNING = 256
_TRAINS = re.compile(r"\.(?:fit|train|read_csv|backward|DMatrix|compile)\(")
_NAMED_FILE = re.compile(r"""["']([^"'\n]+\.(?:toml|ya?ml|json|py|ini|cfg|conf))["']""")


@dataclass(frozen=True)
class Sources:
    """The files from which a study is drafted.

    Args:
        folder: The folder of study.toml, in which the command runs.
        script: The script to run, or None if none was found.
        config: The config file to edit, or None.
        imported: The script imports the config as a module instead of opening it.
        read: The script imports or names the config, or the user named it.
        observed: A run of the script showed that it reads the config, or none.
        command: The user's command, or the usual one of the script; None without a script.
        is_own: The user gave the command.
        notes: How the command was found, for the user.
    """

    folder: Path
    script: Path | None
    config: Path | None
    imported: bool = False
    read: bool = False
    observed: bool = False
    command: CommandLine | None = None
    is_own: bool = False
    notes: tuple[str, ...] = ()

    @property
    def is_python(self) -> bool:
        """Whether the script is Python, in whose process a hook can take part."""
        return self.script is not None and self.script.suffix == ".py"

    @property
    def notebook(self) -> Path | None:
        """The notebook that the command runs, or None."""
        return self.config if self.script is None and self.config is not None and is_notebook(self.config) else None

    @cached_property
    def text(self) -> str:
        """The script's text, or the code of a notebook; empty without either."""
        if self.script is not None:
            return _text(self.script)
        return "" if self.notebook is None else code_of(self.notebook)

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree of the script or the notebook; None in another language.

        Raises:
            InputError: The script is not valid Python; with file and line.
        """
        if self.script is not None:
            return parsed(self.script)
        try:
            return ast.parse(self.text) if self.text else None
        except SyntaxError:
            return None


def find_sources(path: Path) -> Sources:
    """Find the script, the command that runs it and its config, given the script, the config or their folder.

    Raises:
        InputError: There is no such path, or the folder has no obvious script and no obvious config.
    """
    if path.is_dir():
        script = _script_in(path)
        if script is not None:
            return _of_script(script)
        config = _config_in(path)
        if config is None:
            raise InputError(
                f"the folder must contain one script (as train.py) or config file (as config.toml), but in {path} none "
                "stands out. Name the file, or give the command that you use: tunesmith init -- COMMAND."
            )
        return Sources(path, None, config, read=True)
    if not path.is_file():
        raise InputError(f"expected a script, a config file or a folder, but there is no {path}.")
    if is_notebook(path):
        command, notes = notebook_command(path)
        return Sources(path.parent, None, path, read=True, command=command, notes=notes)
    if path.suffix.lower() in SUFFIXES and is_config(path):
        script = _script_in(path.parent, about=path)
        if script is None:
            return Sources(path.parent, None, path, read=True)
        return replace(_of_script(script), config=path, imported=path in _modules(script), read=True)
    if path.suffix.lower() in (".sh", ".bash", ".zsh", ".slurm", ".sbatch"):
        inner, note = command_in(path, Path.cwd())
        if inner is not None:
            return replace(sources_of(inner), notes=(note,))
    return _of_script(path)


def sources_of(command: CommandLine) -> Sources:
    """Find the config of a user's own command.

    Raises:
        InputError: The script is not valid Python.
    """
    if command.path is not None and is_notebook(command.path) and not command.program:
        return find_sources(command.path)
    notebook = notebook_in(command)
    if notebook is not None:
        runner, notes = command_of_notebook(command, notebook)
        return Sources(runner.folder, None, notebook, read=True, command=runner, notes=notes)
    script = command.path
    if script is None:
        return Sources(command.folder, None, None, command=command, is_own=True)
    if is_shell_script(command) and reads_all(_text(script), command.arguments):
        inner, note = command_in(script, command.folder, command.arguments, command.variables)
        if inner is not None:
            return replace(sources_of(inner), notes=(note,))
    sources = replace(_with_config(script, command.folder), command=command, is_own=True)
    named = None if sources.read else _imported_by_name(sources)
    return sources if named is None else replace(sources, config=named, imported=True, read=True)


def _imported_by_name(sources: Sources) -> Path | None:
    """Return the module with a config that the command names and the script imports by that name, or None.

    As in `import_module("models." + args.model)` or `import_module("configs.small")`, where the module has a class such
    as `Config` of plain values, or sets those of an object, as in `cfg.lr = 0.1`.
    """
    if sources.command is None or "import_module(" not in sources.text:
        return None
    for word in sources.command.arguments:
        name = word.rpartition("=")[2]
        if not all(part.isidentifier() for part in name.split(".")):
            continue
        file = f"{name.replace('.', '/')}.py"
        for path in [*sources.folder.glob(file), *sorted(sources.folder.glob(f"*/{file}"))]:
            tables = [value for key, value in read(path).items() if _CONFIG_STEMS.fullmatch(key)]
            if any(isinstance(table, dict) and table for table in tables):
                return path
    return None


def _of_script(script: Path) -> Sources:
    """Return the sources of a script that runs without arguments, in its folder or as a module of its package."""
    tree = parsed(script)
    module = None if tree is None else module_of(script, tree)
    if module is None:
        return replace(_with_config(script, script.parent), command=CommandLine.of_script(script, script.parent))
    folder, name = module
    file = script.resolve().relative_to(folder)
    words = ("python", "-m", name)
    command = CommandLine(words=words, folder=folder, program=words[:2], script=file, module=name)
    note = f"The imports of {script.name} need its package, so that it runs in {folder} as: {' '.join(words)}"
    return replace(_with_config(folder / file, folder), command=command, notes=(note,))


def parsed(script: Path) -> ast.Module | None:
    """Return a Python script's syntax tree, or None for another language.

    Raises:
        InputError: It is not valid Python; with file and line.
    """
    if script.suffix.lower() != ".py":
        return None
    try:
        return ast.parse(script.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise InputError(f"{script}:{line}: a script must be valid Python, but: {error}.") from None


def imported_names(tree: ast.Module) -> Iterator[str]:
    """Yield the dotted names that a script imports; relative ones begin with a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _with_config(script: Path, folder: Path) -> Sources:
    for name in _NAMED_FILE.findall(_text(script)):
        path = folder / name
        inside = not Path(name).is_absolute() and ".." not in Path(name).parts and path.is_file()
        if inside and path != script and is_config(path):
            return Sources(folder, script, path, read=True)
    for config in _modules(script):
        return Sources(folder, script, config, imported=True, read=True)
    return Sources(folder, script, _config_in(folder, besides=script))


def _text(script: Path) -> str:
    return script.read_text(encoding="utf-8", errors="replace")


def _modules(script: Path) -> list[Path]:
    """Return the config files among the modules that a script imports from its own folder."""
    tree = parsed(script)
    names = [] if tree is None else [name.lstrip(".") for name in imported_names(tree)]
    files = [script.parent / f"{name.replace('.', '/')}.py" for name in names if name]
    return [file for file in files if file.is_file() and is_config(file)]


def _script_in(folder: Path, about: Path | None = None) -> Path | None:
    """Return the script of a folder: by its name, or the only one that runs something."""
    for name in _SCRIPTS:
        if (folder / name).is_file() and folder / name != about:
            return folder / name
    files = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in INTERPRETERS and file != about]
    running = [file for file in files if file.suffix == ".py" and file.name[:1] != "_" and _runs(file)]
    running = [file for file in running if not file.name.startswith("test_")]
    users = [file for file in running if about is not None and (about.name in _text(file) or about in _modules(file))]
    candidates = users or running or [file for file in files if file.suffix != ".py"]
    return candidates[0] if len(candidates) == 1 else None


def _config_in(folder: Path, besides: Path | None = None) -> Path | None:
    """Return the only file of a folder with the name of a config, if there is one."""
    files = [file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and file != besides]
    named = [file for file in files if has_name_of_config(file) and not _OTHER_FILES.fullmatch(file.stem)]
    configs = [file for file in named if file.is_file() and is_config(file)]
    return configs[0] if len(configs) == 1 else None


def is_config(path: Path) -> bool:
    """Tell whether a file is a config: any other format than Python, or Python that only assigns."""
    if path.suffix.lower() != ".py":
        return not _OTHER_FILES.fullmatch(path.stem) and not begins_with_list(path)
    if path.name in _SCRIPTS or _TRAINS.search(_text(path)):
        return False
    return not _runs(path) and (has_name_of_config(path) or _only_assigns(path))


def begins_with_list(path: Path) -> bool:
    """Tell whether a JSON or YAML file holds a list, so that it is data and no config."""
    mark = _LISTS.get(path.suffix.lower())
    if mark is None or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(_BEGINNING).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(mark)


def has_name_of_config(path: Path) -> bool:
    """Tell whether a file is named as configs are.

    >>> has_name_of_config(Path("train_config.py")), has_name_of_config(Path("model.py"))
    (True, False)
    """
    return bool(_CONFIG_STEMS.fullmatch(path.stem))


def _runs(path: Path) -> bool:
    """Tell whether a Python file does something when it is run; assume so if it cannot be parsed."""
    try:
        tree = parsed(path)
    except InputError:
        return True
    return tree is not None and any(
        isinstance(statement, ast.For | ast.While | ast.With)
        or (isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Constant))
        or (isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test))
        for statement in tree.body
    )


def _only_assigns(path: Path) -> bool:
    tree = parsed(path)
    plain = ast.Assign | ast.AnnAssign | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Expr
    return tree is not None and all(isinstance(node, plain) and not _has_methods(node) for node in tree.body)


def _has_methods(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ClassDef) and any(isinstance(n, ast.FunctionDef) for n in statement.body)
