"""A small network and a piece of the digits for the tests of the training loop; run as a program it
trains until it is killed.
"""

import sys
from dataclasses import replace

from archsim.training.loop import train
from archsim.training.sections import UpdateSettings
from archsim.training.settings import TrainingSettings
from workloads.datasets import load_dataset
from workloads.network import Layer, Network

NETWORK = Network(
    "digits test",
    (
        Layer("input", "input", (), (), (1, 8, 8)),
        Layer("k1", "conv2d", ("input",), ((1, 8, 8),), (6, 6, 6), kernel=(3, 3), bias=True),
        Layer("tanh1", "tanh", ("k1",), ((6, 6, 6),), (6, 6, 6)),
        Layer(
            "pool", "max_pool", ("tanh1",), ((6, 6, 6),), (6, 3, 3), kernel=(2, 2), stride=(2, 2)
        ),
        Layer("flat", "flatten", ("pool",), ((6, 3, 3),), (54,)),
        Layer("w2", "linear", ("flat",), ((54,),), (32,), bias=True),
        Layer("tanh2", "tanh", ("w2",), ((32,),), (32,)),
        Layer("w3", "linear", ("tanh2",), ((32,),), (10,), bias=True),
        Layer("softmax", "softmax", ("w3",), ((10,),), (10,)),
    ),
)
RPU = TrainingSettings(
    epochs=3, seed=7, checkpoint_images=300, update=UpdateSettings(train_length=10)
)


def digits(train_images=None, test_images=None):
    """The embedded digits, or their first images."""
    return load_dataset("digits").first(train_images, test_images)


def slow_settings(epochs):
    """Settings of the run that is killed."""
    return RPU.model_copy(update={"epochs": epochs})


if __name__ == "__main__":
    folder = sys.argv[1]
    epochs = int(sys.argv[2])
    data = replace(digits(1000, 100), name="digits to kill")
    print("ready", flush=True)
    train(
        NETWORK,
        data,
        slow_settings(epochs),
        folder=folder,
        progress=lambda now: print(now["images"], flush=True),
    )
