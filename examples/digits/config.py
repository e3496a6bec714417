# How train.py builds and trains its network.

model = {
    "layers": 1,  # hidden layers, 1 to 3
    "width_1": 32,  # units of the first hidden layer
    "width_2": 32,  # of the second, if there is one
    "width_3": 32,
    "activation": "relu",  # relu, tanh or gelu
    "dropout": 0.0,  # share of hidden units that are silent at a training step
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
    "schedule": "constant",  # constant, cosine or linear (both fall to zero)
}
