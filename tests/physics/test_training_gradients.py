"""Gradients of every layer: the digital update against finite differences of the loss, and against
torch where it is installed.
"""

import numpy as np
import pytest

from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings
from tests.near import near
from workloads.network import Layer, Network

RATE = 0.5
REVERSE = {"settings": (("reverse", True),)}
A = {"shares": "a"}
FLOAT = TrainingSettings(rule="float", learning_rate=RATE)


def chain(shape, *layers):
    """A Network from (operator, output shape, fields) after an input of `shape`."""
    built = [Layer("input", "input", (), (), shape)]
    for number, (operator, output, fields) in enumerate(layers):
        inputs = fields.pop("inputs", (built[-1].name,))
        shapes = tuple(
            next(item.output_shape for item in built if item.name == name) for name in inputs
        )
        built.append(
            Layer(fields.pop("name", f"layer{number}"), operator, inputs, shapes, output, **fields)
        )
    return Network("test", tuple(built))


NETWORKS = {
    "linear": chain(
        (6,), ("linear", (5,), {"bias": True}), ("sigmoid", (5,), {}), ("linear", (3,), {})
    ),
    "tanh": chain(
        (6,),
        ("linear", (5,), {"bias": True}),
        ("tanh", (5,), {}),
        ("linear", (3,), {"bias": True}),
        ("softmax", (3,), {}),
    ),
    "convolution": chain(
        (2, 7, 6),
        (
            "conv2d",
            (3, 4, 3),
            {"kernel": (3, 2), "stride": (2, 2), "padding": (1, 1, 1, 0), "bias": True},
        ),
        ("relu", (3, 4, 3), {}),
        ("conv2d", (4, 2, 1), {"kernel": (3, 3)}),
        ("flatten", (8,), {}),
        ("linear", (3,), {"bias": True}),
    ),
    "dilation": chain(
        (1, 7, 7),
        ("conv2d", (2, 3, 3), {"kernel": (3, 3), "dilation": (2, 2)}),
        ("tanh", (2, 3, 3), {}),
        ("conv2d", (2, 3, 3), {"kernel": (3, 3), "padding": (1, 1, 1, 1), "bias": True}),
        ("flatten", (18,), {}),
        ("linear", (3,), {}),
    ),
    "max_pool": chain(
        (1, 8, 8),
        ("conv2d", (2, 8, 8), {"kernel": (3, 3), "padding": (1, 1, 1, 1)}),
        ("max_pool", (2, 4, 4), {"kernel": (3, 3), "stride": (2, 2), "padding": (1, 1, 0, 0)}),
        ("conv2d", (2, 3, 3), {"kernel": (2, 2), "bias": True}),
        ("flatten", (18,), {}),
        ("linear", (3,), {}),
    ),
    "average_pool": chain(
        (1, 8, 8),
        ("conv2d", (2, 8, 8), {"kernel": (3, 3), "padding": (1, 1, 1, 1)}),
        ("average_pool", (2, 4, 4), {"kernel": (3, 3), "stride": (2, 2), "padding": (1, 1, 0, 0)}),
        ("global_average_pool", (2, 1, 1), {"kernel": (4, 4)}),
        ("flatten", (2,), {}),
        ("linear", (3,), {}),
    ),
    "branches": chain(
        (2, 4, 4),
        ("conv2d", (2, 4, 4), {"kernel": (3, 3), "padding": (1, 1, 1, 1), "name": "a"}),
        ("conv2d", (2, 4, 4), {"kernel": (1, 1), "bias": True, "name": "b", "inputs": ("a",)}),
        ("add", (2, 4, 4), {"name": "sum", "inputs": ("a", "b")}),
        ("tanh", (2, 4, 4), {"name": "t"}),
        ("concat", (4, 4, 4), {"name": "both", "inputs": ("t", "a")}),
        ("flatten", (64,), {}),
        ("linear", (3,), {}),
    ),
    "lstm": chain(
        (5, 4),
        ("lstm", (5, 3), {"hidden": 3, "bias": True}),
        ("lstm", (5, 3), {"hidden": 3}),
        ("linear", (5, 3), {"bias": True}),
    ),
    "rnn": chain(
        (5, 4),
        ("rnn", (5, 3), {"hidden": 3, "bias": True}),
        ("rnn", (5, 3), {"hidden": 3} | REVERSE),
        ("linear", (5, 3), {"bias": True}),
    ),
    "gru": chain(
        (5, 4),
        ("linear", (5, 9), {"bias": True}),
        ("gru", (5, 3), {"hidden": 3, "bias": True}),
        ("linear", (5, 9), {}),
        ("gru", (5, 3), {"hidden": 3}),
        ("linear", (5, 3), {"bias": True}),
    ),
    "both_ways": chain(
        (5, 4),
        ("lstm", (5, 3), {"hidden": 3, "name": "forth"}),
        ("lstm", (5, 3), {"hidden": 3, "name": "back", "inputs": ("input",)} | REVERSE),
        ("concat", (5, 6), {"inputs": ("forth", "back"), "settings": (("axis", 1),)}),
        ("linear", (5, 9), {}),
        ("gru", (5, 3), {"hidden": 3} | REVERSE),
        ("linear", (5, 3), {"bias": True}),
    ),
    "used_three_times": chain(
        (6,),
        ("linear", (6,), {"bias": True, "name": "a"}),
        ("tanh", (6,), {}),
        ("linear", (6,), {"bias": True, "shares": "a"}),
        ("tanh", (6,), {}),
        # without the bias that lies on the array
        ("linear", (6,), {"shares": "a"}),
        ("linear", (3,), {"bias": True}),
    ),
    "tied_ends": chain(
        (4, 6),
        ("linear", (4, 5), {"bias": True, "name": "a"}),
        ("tanh", (4, 5), {}),
        ("linear", (4, 6), {"shares": "a", "transposed": True}),
        ("tanh", (4, 6), {}),
        ("linear", (4, 5), {"shares": "a"}),
        ("flatten", (20,), {}),
        ("linear", (3,), {"bias": True}),
    ),
    "one_kernel_at_two_sizes": chain(
        (2, 6, 6),
        ("conv2d", (2, 6, 6), {"kernel": (3, 3), "padding": (1, 1, 1, 1), "name": "a"}),
        ("tanh", (2, 6, 6), {}),
        ("conv2d", (2, 3, 3), {"kernel": (3, 3), "stride": (2, 2), "padding": (1, 1, 1, 1)} | A),
        ("flatten", (18,), {}),
        ("linear", (3,), {}),
    ),
    "groups_twice": chain(
        (4, 3, 3),
        ("conv2d", (4, 3, 3), {"groups": 2, "bias": True, "name": "a"}),
        ("tanh", (4, 3, 3), {}),
        ("conv2d", (4, 3, 3), {"groups": 2, "bias": True} | A),
        ("flatten", (36,), {}),
        ("linear", (3,), {}),
    ),
    "joins_of_three": chain(
        (4, 3),
        ("linear", (4, 3), {"name": "a", "bias": True}),
        ("linear", (4, 3), {"name": "b", "inputs": ("input",)}),
        ("linear", (4, 1), {"name": "c", "inputs": ("input",)}),
        ("multiply", (4, 3), {"name": "m", "inputs": ("a", "b", "c")}),
        ("add", (4, 3), {"name": "s", "inputs": ("m", "c", "a")}),
        ("add", (4, 3), {"function": "maximum", "inputs": ("s", "a", "b")}),
        ("flatten", (12,), {}),
        ("linear", (3,), {"bias": True}),
    ),
    "lstm_twice": chain(
        (5, 3),
        ("lstm", (5, 3), {"hidden": 3, "bias": True, "name": "a"}),
        ("lstm", (5, 3), {"hidden": 3, "bias": True} | A),
        ("lstm", (5, 3), {"hidden": 3} | A),
        ("linear", (5, 3), {"bias": True}),
    ),
}


def loss_and_update(network, weights, image, labels):
    """Loss before, and minus the gradient by layer from one step of the digital rule."""
    machine = Machine(network, FLOAT)
    for index, copy, matrix in machine.arrays.matrices():
        # groups lie one below another
        first = machine.program.group_of(index) * len(matrix)
        held = weights[machine.program.names[index]][first : first + len(matrix)]
        machine.arrays.write(index, copy, matrix, held.astype(np.float32))
    machine.train(image.reshape(1, -1), labels, np.zeros(1, np.int64), 0)
    after = machine.arrays.layer_weights()
    return machine.results[0], {
        name: (after[name].astype(float) - weights[name].astype(np.float32)) / RATE
        for name in weights
    }


SEQUENCES = ("lstm", "rnn", "gru", "both_ways", "lstm_twice")


@pytest.mark.parametrize(
    "kind, answers", [*((kind, 1) for kind in NETWORKS), *((kind, 5) for kind in SEQUENCES)]
)
def test_update_is_minus_the_gradient(kind, answers):
    """`answers` 5: one label a time step."""
    network = NETWORKS[kind]
    generator = np.random.default_rng(3)
    machine = Machine(network, FLOAT)
    weights = {
        name: generator.normal(scale=0.6, size=matrix.shape)
        for name, matrix in machine.arrays.layer_weights().items()
    }
    image = generator.normal(size=machine.program.input_size).astype(np.float32)
    labels = generator.integers(0, 3, size=(1, answers))
    _, slopes = loss_and_update(network, weights, image, labels)
    h = 0.002  # small: ReLU and maximum have kinks; float32 losses leave an error of about 1e-4
    for name, matrix in weights.items():
        for _ in range(6):
            index = tuple(generator.integers(0, size) for size in matrix.shape)
            losses = []
            for move in (-2, -1, 1, 2):
                moved = {key: value.copy() for key, value in weights.items()}
                moved[name][index] += move * h
                losses.append(loss_and_update(network, moved, image, labels)[0])
            slope = (losses[0] - 8 * losses[1] + 8 * losses[2] - losses[3]) / (12 * h)
            assert slopes[name][index] == pytest.approx(-slope, rel=1e-2, abs=1e-3), (name, index)


def test_convolution_against_torch():
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    network = NETWORKS["convolution"]
    generator = np.random.default_rng(4)
    machine = Machine(network, FLOAT)
    weights = {
        name: generator.normal(scale=0.6, size=matrix.shape)
        for name, matrix in machine.arrays.layer_weights().items()
    }
    image = generator.normal(size=(2, 7, 6)).astype(np.float32)
    loss, slopes = loss_and_update(network, weights, image, np.array([[2]]))
    tensors = {name: torch.tensor(matrix, requires_grad=True) for name, matrix in weights.items()}
    first, second, last = (tensors[layer.name] for layer in network.array_layers)
    padded = functional.pad(torch.tensor(image, dtype=torch.float64)[None], (1, 0, 1, 1))
    hidden = torch.relu(
        functional.conv2d(padded, first[:, :-1].reshape(3, 2, 3, 2), first[:, -1], stride=(2, 2))
    )
    scores = (
        last[:, :-1] @ functional.conv2d(hidden, second.reshape(4, 3, 3, 3)).reshape(-1)
        + last[:, -1]
    )
    expected = functional.cross_entropy(scores[None], torch.tensor([2]))
    expected.backward()
    assert loss == near(expected.item(), rel=1e-5)
    for name, tensor in tensors.items():
        np.testing.assert_allclose(slopes[name], -tensor.grad.numpy(), atol=2e-5)
