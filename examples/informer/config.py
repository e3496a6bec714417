# An Informer on ETTh1 of a size for two cores. `tunesmith run study.toml` gives each trial an edited copy.
# Its authors have 8 heads of 64 and 2,048 hidden units: "heads": 8, "head_width": 64, "hidden": 2048.

CONFIG = {
    "data": {
        "path": "",  # "" for ETTh1.csv; or any table with a date in its first column and numbers in the others
        "lookback": 96,
        "horizon": 24,
    },
    "model": {
        "attention": "prob_sparse",  # or full
        "factor": 5,  # of ProbSparse attention: so many times the logarithm of the length attend
        "distilling": True,  # halve the tokens between encoder layers
        "start": 0.5,  # the share of the window that the decoder starts from
        "heads": 4,
        "head_width": 16,  # the size of a token is heads * head_width
        "encoder_layers": 2,
        "decoder_layers": 1,
        "hidden": 256,
        "dropout": 0.05,
        "activation": "gelu",
        "calendar": True,  # tell the network hour, weekday, day and month
        # What the authors do not do:
        "normalised": False,  # normalise each window by itself
        "joint": True,  # forecast all channels from one window; False: each from its own, with the same network
    },
    "training": {
        "epochs": 8,
        "share": 0.25,  # of the training windows that an epoch takes, drawn anew; 1.0 for all, as the authors do
        "batch_size": 32,
        "patience": 3,
        "optimizer_class": "Adam",
        "optimizer_params": {"lr": 1e-4, "weight_decay": 0.0},
        "scheduler_class": "StepLR",
        "scheduler_params": {"step_size": 1, "gamma": 0.8},
        "loss_class": "MSELoss",
        "clip_norm": 0.0,  # the largest norm of the gradients; 0 for no limit
    },
}
