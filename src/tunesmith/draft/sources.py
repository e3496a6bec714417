"""Which script to run and which config file it reads, found from a path and the script's text."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from ..config_files import SUFFIXES
from ..errors import InputError

_SCRIPTS = ("train.py", "main.py", "run.py", "tune.py", "fit.py", "train.sh", "run.sh")
_CONFIG_STEMS = re.compile(
    r"(.*[_.-])?(config|configs|settings|params|hparams|hyperparameters|conf|cfg)([_.-].*)?", re.I
)
_OTHER_FILES = re.compile(r"(package|tsconfig|pyproject|study|metrics|results?|environment|\..*)([_.-].*)?", re.I)
_NAMED_FILE = re.compile(r"""["']([^"'\n]+\.(?:toml|ya?ml|json|py))["']""")
INTERPRETERS = {
    ".py": "python", ".sh": "sh", ".bash": "bash", ".r": "Rscript", ".jl": "julia", ".js": "node", ".pl": "perl",
    ".rb": "ruby",
}  # fmt: skip
"""File suffix to the program that runs it."""


@dataclass(frozen=True)
class Sources:
    """What a study is drafted from.

    Args:
        folder: Where study.toml belongs; the others lie in or under it.
        script: What is run, or None where none was found.
        config: What is edited, or None.
        imported: The script imports the config as a module instead of opening it.
        read: The script imports or names the config, or the user named it.
    """

    folder: Path
    script: Path | None
    config: Path | None
    imported: bool = False
    read: bool = False


def find_sources(path: Path) -> Sources:
    """Find script and config for a script, a config file, or a folder with them.

    Raises:
        InputError: There is no such path, or the folder has neither.
    """
    if path.is_dir():
        script = _script_in(path)
        if script is not None:
            return _with_config(script)
        config = _config_in(path)
        if config is None:
            raise InputError(
                f"the folder must hold a script (as train.py) or a config file (as config.toml), but {path} holds "
                "none that could be told. Name the file."
            )
        return Sources(path, None, config, read=True)
    if not path.is_file():
        raise InputError(f"a script, a config file or a folder must be given, but there is no {path}.")
    if path.suffix.lower() in SUFFIXES and _is_config(path):
        script = _script_in(path.parent, about=path)
        if script is None:
            return Sources(path.parent, None, path, read=True)
        imported, _ = _mentions(script, path)
        return Sources(path.parent, script, path, imported, read=True)
    return _with_config(path)


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


def _with_config(script: Path) -> Sources:
    folder = script.parent
    text = script.read_text(encoding="utf-8", errors="replace")
    for name in _NAMED_FILE.findall(text):
        if _is_inside(folder, name) and folder / name != script and _is_config(folder / name):
            return Sources(folder, script, folder / name, read=True)
    for config in _modules(script):
        return Sources(folder, script, config, imported=True, read=True)
    found = _config_in(folder, besides=script)
    return Sources(folder, script, found)


def _is_inside(folder: Path, name: str) -> bool:
    return not Path(name).is_absolute() and ".." not in Path(name).parts and (folder / name).is_file()


def _modules(script: Path) -> list[Path]:
    """Return the config files among the modules that a script imports from its own folder."""
    tree = parsed(script)
    if tree is None:
        return []
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names += [module, *(f"{module}.{alias.name}".lstrip(".") for alias in node.names)]
    files = [script.parent / f"{name.replace('.', '/')}.py" for name in names if name]
    return [file for file in files if file.is_file() and _is_config(file)]


def _mentions(script: Path, config: Path) -> tuple[bool, bool]:
    text = script.read_text(encoding="utf-8", errors="replace")
    imported = config.suffix == ".py" and config in _modules(script)
    return imported, config.name in text


def _script_in(folder: Path, about: Path | None = None) -> Path | None:
    """Return the one script of a folder: by its name, or the only one that runs something."""
    for name in _SCRIPTS:
        if (folder / name).is_file() and folder / name != about:
            return folder / name
    files = [file for file in sorted(folder.glob("*.py")) if file != about and not file.name.startswith(("test_", "_"))]
    running = [file for file in files if _runs(file)]
    if about is not None:
        telling = [file for file in running if any(_mentions(file, about))]
        running = telling or running
    others = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in INTERPRETERS and file.suffix != ".py"]
    candidates = running or others
    return candidates[0] if len(candidates) == 1 else None


def _config_in(folder: Path, besides: Path | None = None) -> Path | None:
    files = [
        file
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in SUFFIXES and file != besides and file.is_file() and _CONFIG_STEMS.fullmatch(file.stem)
        if not _OTHER_FILES.fullmatch(file.stem) and (file.suffix != ".py" or not _runs(file))
    ]
    return files[0] if len(files) == 1 else None


def _is_config(path: Path) -> bool:
    """Tell a config file from a script: other formats always, Python where it only assigns."""
    if path.suffix.lower() != ".py":
        return not _OTHER_FILES.fullmatch(path.stem)
    return not _runs(path) and (bool(_CONFIG_STEMS.fullmatch(path.stem)) or _only_assigns(path))


def _runs(path: Path) -> bool:
    """Tell whether a Python file does something when it is run; one that cannot be parsed is taken to."""
    try:
        tree = parsed(path)
    except InputError:
        return True
    assert tree is not None
    calls = [s for s in tree.body if isinstance(s, ast.Expr) and not isinstance(s.value, ast.Constant)]
    loops = [s for s in tree.body if isinstance(s, ast.For | ast.While | ast.With)]
    guards = [s for s in tree.body if isinstance(s, ast.If) and "__name__" in ast.unparse(s.test)]
    return bool(calls or loops or guards)


def _only_assigns(path: Path) -> bool:
    tree = parsed(path)
    plain = ast.Assign | ast.AnnAssign | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Expr
    return tree is not None and all(isinstance(statement, plain) for statement in tree.body)
