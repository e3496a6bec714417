from pathlib import Path
from typing import Any

import pytest

from tunesmith.errors import InputError, MissingApiKey
from tunesmith.llm.tokens import token_from


def test_a_token_comes_from_a_variable_a_file_a_command_or_a_function(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file\n")
    places: list[Any] = [
        {"env": "KEY"},
        {"file": str(tmp_path / "token")},
        {"command": "echo from a command"},
        lambda: "from a function",
    ]
    values = [token_from(place, {"KEY": "from a variable"}).value for place in places]
    assert values == ["from a variable", "from a file", "from a command", "from a function"]


def test_refresh_reads_a_file_and_runs_a_command_again(tmp_path: Path) -> None:
    file, counter = tmp_path / "token", tmp_path / "counter"
    file.write_text("old")
    token = token_from({"file": str(file)}, {})
    assert token.value == "old"
    file.write_text("new")
    assert (token.value, token.refresh(), token.value) == ("old", "new", "new")
    command = token_from({"command": f"sh -c 'echo x >> {counter}; wc -l < {counter}'"}, {})
    assert (command.value, command.value, command.refresh()) == ("1", "1", "2")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("sk-secret", "token must say where the secret is"),
        ({"env": "KEY", "file": "x"}, "token must say where the secret is"),
        ({"envv": "KEY"}, "Did you mean 'env'"),
        ({"file": 3}, "file must be text"),
    ],
)
def test_a_secret_and_other_invalid_sources_are_rejected(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        token_from(given, {})
    assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"env": "NO_SUCH_KEY"}, "NO_SUCH_KEY must hold"),
        ({"file": "/nowhere/token"}, "cannot be read: No such file"),
        ({"command": "no-such-command"}, "failed: No such file"),
        ({"command": "sh -c 'printf sk-; echo secret; exit 3'"}, "exit status 3"),
        ({"command": "true"}, "exactly one line of text"),
        ({"command": "printf 'one\\ntwo'"}, "one line of text"),
    ],
)
def test_the_error_of_a_missing_token_hides_the_commands_output(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        _ = token_from(given, {}).value
    assert "sk-secret" not in str(caught.value)
    assert isinstance(caught.value, MissingApiKey) == ("env" in given)
