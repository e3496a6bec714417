"""Constants of a script that do not stand at its top."""

import runpy

import pytest

from tunesmith.config_files import edit, read

SCRIPT = """\
import random
WIDTH = 8

class Config:
    seed = 1
    lr = 0.5

    def __init__(self, depth=2, name="a"):
        self.lr = 0.1  # the rate
        self.model = dict(width=64)
        self.depth = depth
        self.name: str = "net"
        self.step = 0
        self.rate = random.random()

    def next(self):
        self.step += 1


class Net(list):
    def __init__(self, hidden=32):
        self.hidden = hidden
        self.dropout = Dropout(p=0.1)


def Dropout(p):
    return p


def train(lr, epochs=5, *, decay=0.0, batch=16, warm=1):
    best = 0
    patience = 3
    optimizer = Net(hidden=4)
    for epoch in range(epochs):
        best = max(best, epoch)
    total = 0
    total += 1
    warm = warm or 2
    return lr, epochs, decay, batch, patience, evaluate(), evaluate(2)


def evaluate(steps=7, rounds=4):
    tests = 9
    return steps * rounds * tests


def unused(alpha=1):
    beta = 2


if __name__ == "__main__":
    gamma = 0.9
    WIDTH = 3
    config = Config()
    RESULT = [train(0.25, decay=1e-4), gamma, config.lr, config.depth, config.model["width"]]
"""


def test_they_are_read(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    assert read(path) == {
        "WIDTH": 8,
        "Config": {"seed": 1, "lr": 0.1, "model": {"width": 64}, "depth": 2, "name": "net"},
        "Net": {"dropout": {"p": 0.1}},
        "train": {
            "lr": 0.25,
            "epochs": 5,
            "decay": 1e-4,
            "batch": 16,
            "patience": 3,
            "optimizer": {"hidden": 4},
        },
        "evaluate": {"rounds": 4, "tests": 9},
        "gamma": 0.9,
    }


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("Config.lr", "self.lr = 0.1 ", "self.lr = 7 "),
        ("Config.model.width", "width=64", "width=7"),
        ("Config.depth", "depth=2", "depth=7"),
        ("Net.dropout.p", "p=0.1", "p=7"),
        ("train.lr", "train(0.25,", "train(7,"),
        ("train.decay", "decay=1e-4", "decay=7"),
        ("train.batch", "batch=16", "batch=7"),
        ("patience", "patience = 3", "patience = 7"),
        ("evaluate.rounds", "rounds=4", "rounds=7"),
        ("gamma", "gamma = 0.9", "gamma = 7"),
    ],
)
def test_an_edit_changes_the_value_alone_and_has_an_effect(tmp_path, name, old, new):
    path, copy = tmp_path / "train.py", tmp_path / "copy.py"
    path.write_text(SCRIPT)
    edit(path, copy, {name: 7})
    assert SCRIPT.count(old) == 1
    assert copy.read_text() == SCRIPT.replace(old, new)
    if not name.startswith("Net"):
        results = [runpy.run_path(str(each), run_name="__main__")["RESULT"] for each in (path, copy)]
        assert results[0] != results[1]


def test_what_a_function_returns_is_a_config(tmp_path):
    path, copy = tmp_path / "config.py", tmp_path / "copy.py"
    path.write_text(
        """def get_config():
    config = ConfigDict()
    config.lr = 0.1
    config.model = ConfigDict()
    config.model.width = 64
    config.name = run_name()
    return config


def default_hparams(depth=2):
    return dict(rate=0.5, depth=depth)


def settings():
    cfg = Namespace(batch=8)
    cfg.extra = 1
    return cfg


def other():
    return {"a": 1}
"""
    )
    assert read(path) == {
        "get_config": {"lr": 0.1, "model": {"width": 64}},
        "default_hparams": {"depth": 2, "rate": 0.5},
        "settings": {"batch": 8, "extra": 1},
    }
    edit(path, copy, {"model.width": 32, "rate": 0.25, "depth": 3, "batch": 4})
    text = path.read_text().replace("64", "32").replace("rate=0.5", "rate=0.25").replace("depth=2", "depth=3")
    assert copy.read_text() == text.replace("batch=8", "batch=4")


def test_the_keywords_of_what_trains_are_settings(tmp_path):
    path, copy = tmp_path / "train.py", tmp_path / "copy.py"
    path.write_text(
        """model = keras.Sequential([Dense(8)])
model.compile(optimizer=Adam(learning_rate=1e-3), loss=LOSS)
history = model.fit(x, y, epochs=5, verbose=0)
forest = Forest(depth=4)
forest.fit(x, y, weight=0.5)
other.fit(a=1)
other.fit(a=2)
plain.fit(x, y)


def main():
    net = make()
    net.fit(x, y, batch_size=32)
    late.fit(b=1)
    late.fit(b=2)


main()
"""
    )
    assert read(path) == {
        "model": {"compile": {"optimizer": {"learning_rate": 1e-3}}},
        "history": {"epochs": 5, "verbose": 0},
        "forest": {"depth": 4, "fit": {"weight": 0.5}},
        "other": {},
        "main": {"net": {"fit": {"batch_size": 32}}},
    }
    edit(path, copy, {"net.fit.batch_size": 8})
    assert copy.read_text() == path.read_text().replace("batch_size=32", "batch_size=8")
    edit(path, copy, {"model.compile.optimizer.learning_rate": 0.5, "forest.fit.weight": 1.0})
    assert copy.read_text() == path.read_text().replace("1e-3", "0.5").replace("weight=0.5", "weight=1.0")


def test_the_optimizer_of_a_lightning_module(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(
        """class Net(LightningModule):
    def training_step(self, batch):
        rate = 3
        return rate

    def configure_optimizers(self):
        optimizer = Adam(self.parameters(), lr=1e-3)
        scheduler = StepLR(optimizer, gamma=0.5)
        return [optimizer], [scheduler]


class Other(LightningModule):
    def configure_optimizers(self):
        return Adam(self.parameters(), lr=1e-4)
"""
    )
    assert read(path) == {
        "Net": {"configure_optimizers": {"optimizer": {"lr": 1e-3}, "scheduler": {"gamma": 0.5}}},
        "Other": {"configure_optimizers": {"lr": 1e-4}},
    }
    edit(path, tmp_path / "copy.py", {"Other.configure_optimizers.lr": 0.5})
    assert (tmp_path / "copy.py").read_text() == path.read_text().replace("1e-4", "0.5")


def test_the_objects_in_a_pipeline_have_the_names_of_their_classes_or_steps(tmp_path):
    script = tmp_path / "fit.py"
    script.write_text(
        "model = make_pipeline(Scaler(), PCA(n_components=10, whiten=True), SVR(C=20))\n"
        "pipe = Pipeline([('scale', Scaler(with_std=False)), ('clf', LogisticRegression(C=0.5))], memory=None)\n"
        "named = Pipeline(steps=[('clf', LogisticRegression(C=1.0))])\n"
        "twice = FeatureUnion([Lag(k=1), Lag(k=2)])\n"
    )
    values = read(script)
    assert values["model"] == {"PCA": {"n_components": 10, "whiten": True}, "SVR": {"C": 20}}
    assert values["pipe"] == {"memory": None, "scale": {"with_std": False}, "clf": {"C": 0.5}}
    assert values["named"] == {"clf": {"C": 1.0}}
    assert "twice" not in values
    edit(script, tmp_path / "copy.py", {"model.SVR.C": 3, "named.clf.C": 0.25})
    lines = (tmp_path / "copy.py").read_text().splitlines()
    assert lines[0] == "model = make_pipeline(Scaler(), PCA(n_components=10, whiten=True), SVR(C=3))"
    assert lines[2] == "named = Pipeline(steps=[('clf', LogisticRegression(C=0.25))])"
