# An Informer on ETTh1, as its authors trained it. `tunesmith run study.toml` gives each trial an edited copy.

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
        "heads": 8,
        "head_width": 64,  # the size of a token is heads * head_width
        "encoder_layers": 2,
        "decoder_layers": 1,
        "hidden": 2048,
        "dropout": 0.05,
        "activation": "gelu",
        "normalised": False,  # normalise each window by itself, which the authors do not
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
        "clip_norm": 0.0,  # the largest norm of the gradients; 0 for no limit
    },
}
