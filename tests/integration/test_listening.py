"""What scripts log with real libraries, heard in their process."""

import sys
import textwrap
from importlib.util import find_spec

import pytest

from tunesmith.core.trial import TrialRequest
from tunesmith.errors import TrialPruned
from tunesmith.tasks.command import CommandTask

SCRIPTS = {
    "lightgbm": (
        "valid_0 l2",
        """
        import lightgbm, numpy
        x = numpy.random.default_rng(0).normal(size=(300, 3))
        model = lightgbm.LGBMRegressor(n_estimators=4, n_jobs=1, verbose=-1)
        model.fit(x[:200], x[:200, 0], eval_set=[(x[200:], x[200:, 0])])
        """,
    ),
    "xgboost": (
        "validation_0-rmse",
        """
        import numpy, xgboost
        x = numpy.random.default_rng(0).normal(size=(300, 3))
        model = xgboost.XGBRegressor(n_estimators=4, n_jobs=1)
        model.fit(x[:200], x[:200, 0], eval_set=[(x[200:], x[200:, 0])], verbose=False)
        """,
    ),
    "mlflow": (
        "val_loss",
        """
        import os
        os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # A database takes long to set up.
        import mlflow
        mlflow.set_tracking_uri("file:" + os.getcwd() + "/runs")
        with mlflow.start_run():
            for epoch in range(1, 3):
                mlflow.log_metric("val_loss", 1 / epoch, step=epoch)
            mlflow.log_metrics({"val_loss": 0.25, "other": 3}, step=3)
            mlflow.MlflowClient().log_metric(mlflow.active_run().info.run_id, "val_loss", 0.125, step=4)
        """,
    ),
    "tensorboardX": (
        "val/loss",
        """
        from tensorboardX import SummaryWriter
        with SummaryWriter("runs") as writer:
            for epoch in range(1, 5):
                writer.add_scalar("train/loss", 0.9, epoch)
                if epoch < 4:
                    writer.add_scalar("val/loss", 1 / epoch, epoch)
            writer.add_scalars(main_tag="val", tag_scalar_dict={"loss": 0.25}, global_step=4)
        """,
    ),
    "wandb": (
        "val_loss",
        """
        import wandb
        run = wandb.init(project="mine", mode="disabled")
        for epoch in range(1, 5):
            wandb.log({"val/loss": 1 / epoch, "epoch": epoch})
        """,
    ),
    "keras": (
        "val_loss",
        """
        import os
        os.environ["KERAS_BACKEND"] = "torch"
        import keras, numpy
        x = numpy.random.default_rng(0).normal(size=(64, 3))
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile(optimizer="sgd", loss="mse")
        model.fit(x, x[:, 0], epochs=4, validation_split=0.5, verbose=0)
        """,
    ),
    "lightning": (
        "val_loss",
        """
        import lightning, torch
        class Net(lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.net = torch.nn.Linear(3, 1)
            def training_step(self, batch, index):
                return self.net(batch[0]).square().mean()
            def validation_step(self, batch, index):
                self.log("val_loss", self.net(batch[0]).square().mean())
            def configure_optimizers(self):
                return torch.optim.SGD(self.parameters(), 0.1)
        if __name__ == "__main__":
            data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(32, 3)), 16)
            options = dict(accelerator="cpu", enable_progress_bar=False, logger=False, enable_checkpointing=False)
            trainer = lightning.Trainer(max_epochs=3, **options)
            trainer.fit(Net(), data, data)
            trainer.validate(trainer.model, data, verbose=False)
            # The steps of another process begin anew: the fourth is the first new one.
            trainer = lightning.Trainer(max_epochs=4, strategy="ddp_spawn", devices=1, **options)
            trainer.fit(Net(), data, data)
        """,
    ),
    "transformers": (
        "eval_loss",
        """
        import torch
        from transformers import Trainer, TrainingArguments
        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.net = torch.nn.Linear(3, 1)
            def forward(self, x, labels=None):
                return {"loss": self.net(x).square().mean(), "logits": self.net(x)}
        data = [{"x": torch.ones(3), "labels": torch.ones(1)}] * 16
        arguments = TrainingArguments("out", num_train_epochs=4, eval_strategy="epoch", save_strategy="no",
                                      report_to=[], disable_tqdm=True, use_cpu=True)
        Trainer(Net(), arguments, train_dataset=data, eval_dataset=data).train()
        """,
    ),
}


def evaluate(folder, name, report, **changes):
    metric, code = SCRIPTS[name]
    (folder / "train.py").write_text(textwrap.dedent(code))
    options = {"command": f"{sys.executable} train.py", "metric": metric, "folder": folder, "metrics": "logged"}
    request = TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=folder / "0000")
    return CommandTask(**options | changes).evaluate(request, report).metrics[metric]


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_each_epoch_of_a_script_that_logs_with_a_library_is_reported(tmp_path, name):
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    reports = []
    metric = SCRIPTS[name][0]
    value = evaluate(tmp_path, name, lambda step, metrics: reports.append((step, metrics[metric])))
    assert [step for step, _ in reports] == [1, 2, 3, 4]
    assert value == pytest.approx(reports[-1][1])


def test_a_trial_on_any_worker_of_slurm_is_heard(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_PROCID", "3")
    assert evaluate(tmp_path, "tensorboardX", lambda step, metrics: None) == 0.25


def test_an_unmodified_script_is_stopped(tmp_path):
    def prune(step, metrics):
        if step == 2:
            raise TrialPruned("enough")

    code = """
        import time
        print("Epoch 1: val_loss 0.5", flush=True)
        print("Epoch 2: val_loss 0.4", flush=True)
        time.sleep(600)
    """
    (tmp_path / "train.py").write_text(textwrap.dedent(code))
    task = CommandTask(command=f"{sys.executable} -S train.py", metric="val_loss", folder=tmp_path)
    with pytest.raises(TrialPruned):
        task.evaluate(TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=tmp_path / "0000"), prune)
