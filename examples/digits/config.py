# The network that train.py builds, and its training.

model = {
    "layers": 1,  # hidden layers, 1 to 3
    "width_1": 32,  # units of the first hidden layer
    "width_2": 32,  # of the second, if any
    "width_3": 32,
    "activation": "relu",  # relu, tanh or gelu
    "dropout": 0.0,  # share of hidden units dropped at each training step
}

training = {
    "epochs": 60,
    "batch_size": 32,
    "optimizer_class": "SGD",  # SGD, RMSprop or Adam
    "optimizer_params": {
        "lr": 0.01,
        "momentum": 0.9,  # SGD only
    },
    "weight_decay": 0.0,
    "schedule": "constant",  # constant, or cosine or linear decay to zero
}
