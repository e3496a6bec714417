import pytest

from tunesmith.service.doctor.machine import check_room

HEAD = "Disk quotas for user me (uid 1000):\n Filesystem blocks quota limit grace files quota limit grace\n"


@pytest.fixture
def quota(tmp_path, monkeypatch):
    """Put a program `quota` on the path that prints a listing, since the real one needs a disk with quotas."""

    def write(rows):
        (tmp_path / "listing").write_text(HEAD + rows)
        program = tmp_path / "quota"
        program.write_text(f"#!/bin/sh\nwhile IFS= read -r line; do echo \"$line\"; done < '{tmp_path}/listing'\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return write


@pytest.mark.parametrize(
    ("rows", "severity", "told"),
    [
        ("/dev/sda1 970* 1000 1100 0 10 0 0 0\n", "warning", "97 % of your quota are used"),
        ("/dev/sda1 500 0 1000 0 10 0 0 0\n/dev/sdb1 1 1000 0 0 1 0 0 0\n", "ok", "50 % of your quota are used"),
    ],
)
def test_a_quota_that_is_nearly_used_up_is_warned_about(quota, tmp_path, rows, severity, told):
    quota(rows)
    (finding,) = [finding for finding in check_room(tmp_path / "new" / "study") if finding.check == "quota"]
    assert (finding.severity, finding.message) == (severity, told)


def test_the_fullest_quota_of_lustre_counts(tmp_path, monkeypatch):
    listings = {
        "-u": "/lus 970 0 0 -  10 0 0 -",
        "-g": "/lus 500 0 1000 -  10 0 0 -",
        "-p": "/lus 960* 1000 1100 6d 1 0 0 -",
    }
    cases = "\n".join(f"quota\\ -q\\ {letter}*) echo '{line}';;" for letter, line in listings.items())
    program = tmp_path / "lfs"  # A stand-in: the real one needs a disk of Lustre.
    program.write_text(
        f"#!/bin/sh\ncase \"$*\" in\n'project -d {tmp_path}') echo '1007 P {tmp_path}';;\n{cases}\nesac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (finding,) = [finding for finding in check_room(tmp_path) if finding.check == "quota"]
    assert (finding.severity, finding.message) == ("warning", "96 % of your quota are used")


@pytest.mark.parametrize("rows", ["", "/dev/sda1 500 0 0 0 10 0 0 0\n", "none\n"])
def test_without_a_quota_nothing_is_said_of_it(quota, tmp_path, rows):
    quota(rows)
    assert "quota" not in [finding.check for finding in check_room(tmp_path)]


def test_a_file_where_the_folder_would_be_is_an_error(tmp_path):
    (tmp_path / "studies").touch()
    (finding,) = check_room(tmp_path / "studies" / "mine")
    assert (finding.check, finding.severity) == ("folder", "error")
