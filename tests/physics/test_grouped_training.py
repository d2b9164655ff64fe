"""Does a convolution in groups train as one array a group, each on its own channels?"""

import numpy as np
import pytest

from archsim.operators.array_forward import network_forward
from archsim.run.trained_weights import _with_biases, trained_tensors
from archsim.training.loop import train
from archsim.training.machine import Machine
from archsim.training.recorder import measured_activities
from archsim.training.settings import TrainingSettings, read_settings
from archsim.training.stored_weights import checkpoint_weights
from tests.near import near
from workloads.datasets import Dataset
from workloads.network import Layer, Network

F = np.float32
MAP = (4, 3, 3)
OUT = (8, 3, 3)


def network(groups):
    conv = {"kernel": (3, 3), "padding": (1, 1, 1, 1), "bias": True, "groups": groups}
    return Network(
        "grouped",
        (
            Layer("input", "input", (), (), MAP),
            Layer("below", "conv2d", ("input",), (MAP,), MAP, **{**conv, "groups": 1}),
            Layer("conv", "conv2d", ("below",), (MAP,), OUT, **conv),
            Layer("flat", "flatten", ("conv",), (OUT,), (72,)),
            Layer("fc", "linear", ("flat",), ((72,),), (3,)),
        ),
    )


def loss_of(net, weights, image, label):
    tensors = trained_tensors(net, _with_biases(net, weights, {})).tensors
    scores = network_forward(net, {"input": image.astype(float)}, tensors)["fc"]
    return float(np.log(np.exp(scores).sum()) - scores[label])


@pytest.mark.parametrize("groups", [2, 4])
def test_its_weights_move_along_the_gradient_of_the_definition(groups):
    net = network(groups)
    machine = Machine(net, TrainingSettings(rule="float", learning_rate=1.0))
    assert machine.program.names == ("below", *("conv",) * groups, "fc")
    start = machine.arrays.layer_weights()
    # (channels out, 9 x channels of a group, and the bias)
    assert start["conv"].shape == (8, 9 * 4 // groups + 1)
    image = np.random.default_rng(3).uniform(-1, 1, MAP).astype(F)
    before = loss_of(net, start, image, 1)
    machine.train(image.reshape(1, -1), np.array([[1]]), np.zeros(1, np.int64), 0)
    assert machine.results[0] == near(before, rel=1e-5)
    moved = machine.arrays.layer_weights()
    h = 1e-3
    for name in ("below", "conv"):
        step = moved[name] - start[name]
        for index in [(0, 0), (1, 5), (3, -1), (len(step) - 1, 3)]:
            slopes = []
            for move in (h, -h):
                weights = {key: held.astype(float) for key, held in start.items()}
                weights[name][index] += move
                slopes.append(loss_of(net, weights, image, 1))
            slope = (slopes[0] - slopes[1]) / (2 * h)
            assert step[index] == pytest.approx(-slope, rel=2e-3, abs=2e-5), (name, index)


def test_what_a_layer_tells_is_that_of_all_its_groups(tmp_path):
    random = np.random.default_rng(2)
    images, labels = random.uniform(0, 1, (24, *MAP)).astype(F), random.integers(0, 3, 24)
    data = Dataset("drawn", images, labels, images[:8].copy(), labels[:8].copy(), 3)
    settings = read_settings({"rule": "sgd", "device": "exact", "batch": 4, "epochs": 1})
    told = train(network(2), data, settings, folder=tmp_path)
    kept = checkpoint_weights(network(2), tmp_path)
    np.testing.assert_array_equal(kept["conv"], told.weights["conv"])
    assert told.totals["conv"]["forward_reads"] == 24 * 9 * 2  # positions of two matrices
    assert set(told.writes) == {"", "below", "conv", "fc"}
    assert sum(told.writes["conv"]["histogram"]["counts"]) == 8 * 19
    machine = Machine(network(2), settings)
    machine.train(images.reshape(24, -1), labels[:, None].astype(np.int64), np.arange(24), 0)
    activity = measured_activities(machine)["conv", "forward"]
    halves = [machine.samples[index, 0] for index in (1, 2)]
    shares = [half[1] / half[0] for half in halves]
    assert activity.input_density == near(np.mean(shares))
