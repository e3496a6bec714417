import pytest

from tunesmith.tasks.command.script_options import options_among, texts_in

NAMES = ["mse", "val_loss", "loss/total"]


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"train.py": "p.add_argument('--mse', type=float)"}, "python train.py"),
        ({"train.py": "@click.option('--mse/--no-mse')"}, "python train.py --out {trial_dir}"),
        ({"train.sh": "case $1 in --mse) shift;; esac"}, "sh train.sh"),
        ({"train.py": "@dataclass\nclass Args:\n    mse: float = 0.0"}, "python train.py"),
        ({"train.py": "import options", "options.py": "p.add_argument('--mse')"}, "python -u train.py"),
        (
            {"pkg/train.py": "from .options import p", "pkg/options.py": "p.add_argument('--mse')"},
            "python -m pkg.train",
        ),
        ({"train.py": "", "config.json": '{"loss": {"mse": 0.0, "val": 1}}'}, "python train.py {config}"),
        ({"train.py": "", "config.py": "mse = 0.0\nval_loss = compute()"}, "python train.py {config}"),
    ],
)
def test_a_metric_that_is_an_option_of_the_script_too(tmp_path, files, command):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    config = next((tmp_path / name for name in files if "config" in name), None)
    assert options_among(NAMES, command.split(), tmp_path, config) == {"mse"}


def test_dashes_and_underscores_are_the_same_in_options(tmp_path):
    (tmp_path / "train.py").write_text("p.add_argument('--val-loss')\np.add_argument('--mse-weight')")
    assert options_among(NAMES, ["python", "train.py"], tmp_path, None) == {"val_loss"}


@pytest.mark.parametrize("words", [["x" * 5000], ["a\0b"], ["."], ["-m"], ["missing.py"], ["big.py"], ["binary.py"]])
def test_files_that_cannot_be_read_tell_nothing(tmp_path, words):
    (tmp_path / "big.py").write_text("--mse " * 300_000)
    (tmp_path / "binary.py").write_bytes(bytes(range(256)))
    assert options_among(NAMES, words, tmp_path, tmp_path / "missing.json") == set()
    assert not any("--mse" in text for text in texts_in(words, tmp_path))
