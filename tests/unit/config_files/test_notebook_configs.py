import json
from pathlib import Path

import pytest

from tunesmith.config_files import edit, read
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


def test_the_cells_are_read_as_one_script(tmp_path):
    path = write(tmp_path, TITLE, IMPORTS, cell("x = os.cpu_count()"), cell("# nothing"), PLAIN, cell("lr = 7"))
    assert read(path) == {"lr": 7, "CONFIG": {"width": 64}}
    assert read(write(tmp_path, IMPORTS, PLAIN, cell("lr = lr / 2"))) == {"CONFIG": {"width": 64}}


def test_constants_in_any_cell_are_edited_where_they_stand(tmp_path):
    classes = [
        "import torch\n",
        "class CFG:\n",
        "    lr = 5e-4  # é\n",
        "    device = 'cuda' if c() else 'cpu'\n",
        "\n",
    ]
    mixed = "%matplotlib inline\npd.set_option('a', 30)\nSEED = 42\n!ls"
    model = cell(["model = Regressor(\n", "    max_iter=200, seed=SEED)\n", "model.fit(x)"])
    path = write(tmp_path, TITLE, cell(classes), cell("%%bash\nlr = 3"), cell("files = !ls"), cell(mixed), model)
    assert read(path) == {"CFG": {"lr": 5e-4}, "SEED": 42, "model": {"max_iter": 200}}
    edit(path, tmp_path / "copy.ipynb", {"CFG.lr": 0.1, "SEED": 7, "model.max_iter": 9})
    before = [one["source"] for one in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    after = [one["source"] for one in json.loads((tmp_path / "copy.ipynb").read_text(encoding="utf-8"))["cells"]]
    assert [one for one in range(6) if before[one] != after[one]] == [1, 4, 5]
    assert after[1] == [classes[0], classes[1], "    lr = 0.1  # é\n", *classes[3:]]
    assert after[4] == mixed.replace("42", "7")
    assert after[5][1] == "    max_iter=9, seed=SEED)\n"


def test_a_percent_sign_in_python_is_no_magic(tmp_path):
    path = write(tmp_path, cell('text = """\n%s\n"""\nlr = 0.1'))
    assert read(path) == {"text": "\n%s\n", "lr": 0.1}


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
        ('{"cells": []}', "it needs parameters: write an assignment"),
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
