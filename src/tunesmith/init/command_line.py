"""A user's own training command, taken apart."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import InputError, nearest
from ..text.cleaning import holds_secret, names_secret

INTERPRETERS = {
    ".py": "python", ".sh": "sh", ".bash": "bash", ".r": "Rscript", ".jl": "julia", ".js": "node", ".pl": "perl",
    ".rb": "ruby", ".lua": "lua",
}  # fmt: skip
"""File suffix to the program that runs the file."""
_VARIABLE = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_CHANGES_FOLDER = re.compile(r"""\s*cd\s+(?P<folder>'[^']+'|"[^"$`]+"|[^\s'"$`;&|]+)\s*(?:&&|;)\s*""")
_RUNNERS = ("uv", "poetry", "pdm", "pipenv", "hatch", "rye", "pixi", "conda", "mamba", "micromamba")
"""Programs that run another after a verb, as in `uv run`, and their own options."""
_WITH_VALUE = {
    "-n", "-p", "-e", "--name", "--prefix", "--cwd", "--with", "--with-editable", "--with-requirements", "--python",
    "--extra", "--group", "--project", "--directory", "--env-file", "--package", "--index", "--environment", "--env",
}  # fmt: skip
"""The options of these programs that take a value."""
_LAUNCHERS = {
    "torchrun", "accelerate", "deepspeed", "mpirun", "mpiexec", "srun", "horovodrun", "composer", "xvfb-run", "time",
    "nohup", "nice", "env", "stdbuf", "unbuffer", "taskset", "numactl", *INTERPRETERS.values(), "bash", "zsh",
}  # fmt: skip
"""Programs that run a script or another program after options of any kind."""
_WRAPPERS = ("time", "nohup", "nice", "env", "stdbuf", "unbuffer", "taskset", "numactl", "xvfb-run")
"""Those of them that run a program of any kind."""
_NUMBERS = re.compile(r"0x[0-9a-f]+|[\d,-]+", re.I)
_MODULE_FLAGS = ("-m", "--module")
_LAUNCHER_MODULES = ("torch.distributed", "accelerate.commands", "deepspeed.launcher")
_PYTHON = re.compile(r"(?:.*/)?(?:python|pypy)[\d.]*(?:\.exe)?")
_NO_SECRET = re.compile(r"true|false|yes|no|none|null|\$.*", re.I)
_ACCESS_TOKEN = re.compile(r"(?:auth|access|api|hub|hf|wandb)[_.-]?token", re.I)
_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w.-]{16,}", re.ASCII)
"""The value of an option such as `--token`, which may also be a token of text as in `--pad-token '<pad>'`."""


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """A user's own training command, taken apart.

    Args:
        words: All its words as the user types them, variables included.
        folder: The folder in which it is typed.
        variables: The variables set before it, as in `CUDA_VISIBLE_DEVICES=0 python train.py`.
        program: The words that start the script, as `("python", "-u")`, `("torchrun", "--nproc_per_node=1")` or
            `("python", "-m")`.
        starters: Those among them that may be programs: all but the options of a runner such as `uv run`.
        script: The script, relative to the folder or absolute; None if it is no file, as a program on the PATH.
        module: The module after `-m`, or an empty text.
        arguments: The words after the script or module.
        made: The folders that a shell script makes before it runs the command.
    """

    words: tuple[str, ...]
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = ()
    starters: tuple[str, ...] = ()
    script: Path | None = None
    module: str = ""
    arguments: tuple[str, ...] = ()
    made: tuple[str, ...] = ()

    @classmethod
    def parse(cls, words: Sequence[str], folder: Path) -> CommandLine:
        """Take a command apart.

        Args:
            words: As the user's shell passes them; a single one with spaces is split, and may begin with
                `cd FOLDER &&`.
            folder: The folder in which it is typed.

        Raises:
            InputError: It is empty, its quotes do not match, it holds a secret, or its script is missing.

        >>> command = CommandLine.parse(["X=1", "uv", "run", "python", "-u", "-m", "pkg.train", "--lr", "1"], Path("/"))
        >>> command.variables, command.program, command.module, command.arguments
        ({'X': '1'}, ('uv', 'run', 'python', '-u', '-m'), 'pkg.train', ('--lr', '1'))
        """
        if len(words) == 1 and " " in words[0] and not (folder / words[0]).exists():
            text, folder = _without_cd(words[0], folder)
            words = _split(text)
        variables, rest = _variables(words)
        if not rest:
            raise InputError(
                "expected a command after --, got none. Write the one that you use, as in: tunesmith init -- python "
                "train.py --lr 0.1"
            )
        _refuse_secrets(rest, folder)
        command = cls(words=tuple(words), folder=folder, variables=variables)
        at, module, starters = _start_of(rest, folder)
        if module:
            script = _file_of(module, folder)
        else:
            script = Path(rest[at]) if _is_file(folder / rest[at]) else None
            _check_exists(rest[at], script, folder)
        own = at if module or script is not None else at + 1
        return replace(
            command,
            program=tuple(rest[:own]),
            starters=(*starters, *rest[at:own]),
            script=script,
            module=module,
            arguments=tuple(rest[at + 1 :]),
        )

    @classmethod
    def of_script(cls, script: Path, folder: Path) -> CommandLine:
        """Return the command that runs a script in a folder, without arguments.

        >>> CommandLine.of_script(Path("/proj/train.py"), Path("/proj")).words
        ('python', 'train.py')
        """
        name = script.relative_to(folder).as_posix() if script.is_relative_to(folder) else str(script)
        program = "bash" if _is_for_bash(script) else INTERPRETERS.get(script.suffix.lower())
        words = (program, name) if program else (f"./{name}",)
        return cls(words=words, folder=folder, program=words[:-1], script=Path(words[-1]))

    @property
    def own_words(self) -> tuple[str, ...]:
        """The words without the variables before them."""
        if self.module:
            return (*self.program, self.module, *self.arguments)
        return (*self.program, *([] if self.script is None else [self._script_word]), *self.arguments)

    @property
    def path(self) -> Path | None:
        """The script's file, or None."""
        return None if self.script is None else self.folder / self.script

    @property
    def _script_word(self) -> str:
        own = self.words[len(self.words) - len(self.arguments) - 1]
        return own if Path(own) == self.script else str(self.script)


def _without_cd(text: str, folder: Path) -> tuple[str, Path]:
    """Return a command without the `cd FOLDER &&` that it begins with, and the folder in which it then runs."""
    match = _CHANGES_FOLDER.match(text)
    if match is None:
        return text, folder
    place = folder / shlex.split(match["folder"])[0]
    if not place.is_dir():
        raise InputError(f"the command must run in a folder, but there is no {place}.")
    return text[match.end() :], place


def _split(text: str) -> list[str]:
    """Split a command that is typed as one word; a trial runs without the shell that its pipes would need."""
    try:
        words = shlex.split(text)
        lexer = shlex.shlex(text, posix=False, punctuation_chars="|&;<>")
        lexer.commenters = ""
        unquoted = list(lexer)
    except ValueError as error:
        raise InputError(f"a command's quotes must match, but: {error}.") from None
    operator = next((token for token in unquoted if set(token) <= set("|&;<>")), None)
    if operator is not None:
        raise InputError(
            f"a trial's command runs without a shell, so it must not contain {operator}. Give the training command "
            "alone, as each trial keeps its output; or write the whole line into study.toml, with shell = true."
        )
    return words


def _check_exists(word: str, script: Path | None, folder: Path) -> None:
    if script is None and Path(word).suffix.lower() in INTERPRETERS:
        known = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        raise InputError(f"the command must run a script, but there is no {word} in {folder}.{nearest(word, known)}")


def _variables(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return the variables before a command, and the rest of it."""
    variables: dict[str, str] = {}
    rest = list(words)
    while rest:
        if (match := _VARIABLE.fullmatch(rest[0])) is not None:
            variables[match[1]] = match[2]
        elif rest[0] != "env" or len(rest) < 2 or _VARIABLE.fullmatch(rest[1]) is None:
            break
        rest = rest[1:]
    return variables, rest


def _refuse_secrets(words: Sequence[str], folder: Path) -> None:
    for index, word in enumerate(words):
        option, equals, value = word.partition("=")
        following = words[index + 1] if index + 1 < len(words) else ""
        if not equals and word.startswith("-") and not following.startswith("-"):
            value = following
        is_named = bool(value) and _is_secret(option, value) and not _is_file(folder / value)
        if is_named or holds_secret(value or word):
            raise InputError(
                f"a secret must not be written into a study.toml, but the command has {option if is_named else 'one'}. "
                "Leave it out, and let the script read it from an environment variable or a file."
            )


def _is_secret(option: str, value: str) -> bool:
    """Tell whether an option's name and value are those of a secret."""
    if not names_secret(option) or _NO_SECRET.fullmatch(value):
        return False
    of_access = names_secret(option.lower().replace("token", "")) or _ACCESS_TOKEN.search(option) is not None
    return of_access or _RANDOM.fullmatch(value) is not None


def _start_of(words: Sequence[str], folder: Path) -> tuple[int, str, tuple[str, ...]]:
    """Return the index of the script, module or program that gets the arguments, the module, and what starts it."""
    index = 0
    starters: list[str] = []
    while (following := _next(words, index, folder)) > index:
        if words[following - 1] in _MODULE_FLAGS:
            return following, words[following], tuple(starters)
        is_runner = Path(words[index]).name in _RUNNERS
        starters += words[index : index + 1 if is_runner else following]
        index = following
    return index, "", tuple(starters)


def _next(words: Sequence[str], index: int, folder: Path) -> int:
    """Return the index of what a word starts; its own index if that is a script, or a program of unknown kind."""
    name = Path(words[index]).name
    if name in _RUNNERS:
        return _after_verb(words, index)
    is_python = _PYTHON.fullmatch(words[index]) is not None
    if name not in _LAUNCHERS and not is_python:
        return index
    for candidate in range(index + 1, len(words)):
        word, before = words[candidate], words[candidate - 1]
        if before in _MODULE_FLAGS or (is_python and before == "-c"):
            if not word.startswith(_LAUNCHER_MODULES):
                return candidate
        elif not word.startswith("-"):
            is_script = name not in ("env", "time", "accelerate") and _is_file(folder / word)
            if is_script or Path(word).suffix.lower() in INTERPRETERS or _starts_others(word):
                return candidate
    return _first_word(words, index + 1, _NUMBERS) or index if name in _WRAPPERS else index


def _after_verb(words: Sequence[str], index: int) -> int:
    """Return the index of the program after `uv run` and its options; the index itself if there is no such verb."""
    verb = _first_word(words, index + 1)
    if verb is None or words[verb] not in ("run", "exec"):
        return index
    for candidate in range(verb + 1, len(words)):
        if words[candidate - 1] in _MODULE_FLAGS:
            return candidate
        if not words[candidate].startswith("-") and words[candidate - 1] not in _WITH_VALUE:
            return candidate
    return index


def _first_word(words: Sequence[str], start: int, values: re.Pattern[str] | None = None) -> int | None:
    """Return the index of the first word that is no option, no value of one, and none of some other values."""
    for index in range(start, len(words)):
        is_value = words[index - 1] in _WITH_VALUE or (values is not None and values.fullmatch(words[index]))
        if not words[index].startswith("-") and not is_value:
            return index
    return None


def _starts_others(word: str) -> bool:
    name = Path(word).name
    return name in _LAUNCHERS or name in _RUNNERS or _PYTHON.fullmatch(name) is not None


def _is_for_bash(script: Path) -> bool:
    if not _is_file(script):
        return False
    with script.open("rb") as file:
        return re.match(rb"#!.*bash", file.readline(100)) is not None


def _file_of(module: str, folder: Path) -> Path | None:
    """Return the file of a module in a folder, relative to that."""
    base = Path(*module.split("."))
    files = (base.with_suffix(".py"), base / "__main__.py", base / "__init__.py")
    return next((file for file in files if _is_file(folder / file)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # Too long for a file's name, or with a NUL.
        return False
