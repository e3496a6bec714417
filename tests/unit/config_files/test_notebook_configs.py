import json
from pathlib import Path

import pytest

from tunesmith.config_files import edit, keys, read
from tunesmith.config_files.notebook import code_in
from tunesmith.errors import InputError


def cell(source, kind="code", **metadata):
    return {"cell_type": kind, "metadata": metadata, "source": source, "id": "a"} | (
        {"outputs": [], "execution_count": None} if kind == "code" else {}
    )


def write(folder: Path, *cells, **metadata) -> Path:
    path = folder / "train.ipynb"
    notebook = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


TITLE = cell(["# é lr = 3\n"], "markdown")
IMPORTS = cell("import os\nlr = 0.5")
PLAIN = cell(["# the rate\n", "lr = 0.1  # é\n", 'CONFIG = {"width": 64}'])


def test_the_first_cell_that_only_assigns_has_the_parameters(tmp_path):
    path = write(tmp_path, TITLE, IMPORTS, cell("x = os.cpu_count()"), cell("# nothing"), PLAIN, cell("lr = 7"))
    assert read(path) == {"lr": 0.1, "CONFIG": {"width": 64}}
    assert keys(read(path)) == ["lr", "CONFIG.width"]


def test_a_tag_names_the_cell_with_the_parameters(tmp_path):
    tagged = cell("import os\n%load_ext autoreload\nlr = 0.3\nn = os.cpu_count()", tags=["x", "parameters"])
    path = write(tmp_path, PLAIN, tagged)
    assert read(path) == {"lr": 0.3}
    edit(path, tmp_path / "copy.ipynb", {"lr": 0.7})
    source = json.loads((tmp_path / "copy.ipynb").read_text())["cells"][1]["source"]
    assert source == "import os\n%load_ext autoreload\nlr = 0.7\nn = os.cpu_count()"


def test_an_edit_changes_the_value_alone(tmp_path):
    path = write(tmp_path, TITLE, IMPORTS, PLAIN, kernelspec={"name": "python3", "language": "python"})
    before = path.read_text(encoding="utf-8")
    edit(path, tmp_path / "copy.ipynb", {"lr": 0.7, "width": 128})
    assert path.read_text(encoding="utf-8") == before
    expected = before.replace("lr = 0.1 ", "lr = 0.7 ").replace('\\"width\\": 64', '\\"width\\": 128')
    assert (tmp_path / "copy.ipynb").read_text(encoding="utf-8") == expected


def test_the_code_as_a_script(tmp_path):
    cells = [TITLE, IMPORTS, cell("%%bash\nls"), cell("%%time\nx = 1\n!ls"), cell("x ="), cell("print(x)")]
    code = code_in(write(tmp_path, *cells).read_text())
    assert [line for line in code.splitlines() if line and line[0] != "#"] == [
        *("import os", "lr = 0.5", "x = 1", "print(x)")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "train.ipynb:1: a config file must be valid notebook"),
        ("[]", "it has no cells; a notebook of format 4"),
        ('{"worksheets": []}', "it has no cells"),
        ('{"cells": []}', "give one the tag 'parameters'"),
        ('{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}', "its language must be Python, got R"),
        (
            '{"cells": [{"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "a = 1\\nb ="}]}',
            "in line 2 of the cell with the parameters",
        ),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path, text, message):
    (tmp_path / "train.ipynb").write_text(text)
    with pytest.raises(InputError) as caught:
        read(tmp_path / "train.ipynb")
    assert message in caught.value.message
