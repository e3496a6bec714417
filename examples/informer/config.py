"""The configuration of one training. `tunesmith run study.toml` gives each trial an edited copy."""

CONFIG = {
    "data": {
        "lookback": 96,
        "horizon": 24,
    },
    "model": {
        "attention": "prob_sparse",
        "factor": 5,
        "distilling": True,
        "start": 0.5,  # The share of the window that the decoder starts from.
        "heads": 8,
        "head_width": 64,
        "encoder_layers": 2,
        "decoder_layers": 1,
        "hidden": 2048,
        "dropout": 0.05,
        "activation": "gelu",
        "normalised": False,  # The authors do not normalise windows.
    },
    "training": {
        "epochs": 6,
        "batch_size": 32,
        "patience": 3,
        "optimizer_class": "Adam",
        "optimizer_params": {"lr": 1e-4, "weight_decay": 0.0},
        "scheduler_class": "StepLR",
        "scheduler_params": {"step_size": 1, "gamma": 0.5},
        "loss_class": "MSELoss",
        "clip_norm": 0.0,  # 0 for no clipping.
    },
}
