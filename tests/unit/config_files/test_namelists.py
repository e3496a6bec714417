from pathlib import Path

import pytest

from tunesmith.config_files import edit, read
from tunesmith.errors import InputError

TEXT = """\
! soil, 2019
title = 'A! b'
&data
  specfile  = "soil.dat"     ! last column = SOC
  wl_min    = 1100, wl_max = 2400
/
&Model
  snv       = .true.
  ridge     = 1.0d-6,
  scale     = 0.5   # of the kernel
  weights   = 1.0, 2.0
/
ncomp: 6
"""


def edited(folder: Path, changes: dict[str, object], **options: object) -> str:
    source, target = folder / "run.inp", folder / "copy.inp"
    source.write_text(TEXT)
    edit(source, target, changes, **options)
    return target.read_text()


def test_the_values_of_a_namelist(tmp_path):
    (tmp_path / "run.nml").write_text(TEXT)
    assert read(tmp_path / "run.nml") == {
        "title": "A! b",
        "data": {"specfile": "soil.dat", "wl_min": 1100, "wl_max": 2400},
        "Model": {"snv": True, "ridge": 1e-6, "scale": 0.5},
        "ncomp": 6,
    }


def test_only_the_characters_of_a_value_change(tmp_path):
    changes = {"title": "b", "data.wl_max": 2300, "Model.snv": False, "Model.ridge": 1e-5, "scale": 0.25, "ncomp": 12}
    expected = TEXT.replace("'A! b'", "'b'").replace("2400", "2300").replace(".true.", ".false.")
    expected = expected.replace("1.0d-6", "1d-05").replace("0.5 ", "0.25 ").replace("ncomp: 6", "ncomp: 12")
    assert edited(tmp_path, changes) == expected


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({"ncomp": [1, 2]}, {}),
        ({"title": "a'b"}, {}),
        ({"Model.depth": 3}, {"insert": ["Model.depth"]}),
        ({}, {"remove": ["ncomp"]}),
    ],
)
def test_what_cannot_stand_in_a_namelist(tmp_path, changes, options):
    with pytest.raises(InputError, match=r"run\.inp"):
        edited(tmp_path, changes, **options)


def test_settings_in_a_text_file(tmp_path):
    text = "# settings\nspecies:     orchid, rare\nntree:       150\nblock size:  1.0\nsampsize:    0.63   # a share\n"
    (tmp_path / "settings.txt").write_text(text)
    values = read(tmp_path / "settings.txt")
    assert {name: value for name, value in values.items() if name != "species"} == {"ntree": 150, "sampsize": 0.63}
    edit(tmp_path / "settings.txt", tmp_path / "copy.txt", {"sampsize": 0.5})
    assert (tmp_path / "copy.txt").read_text() == text.replace("0.63", "0.5")
