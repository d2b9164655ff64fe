"""Do scores beside a mask survive the words between layers, whichever way the mask is put on, and do
numbers of rows that a network works out?
"""

from dataclasses import replace

import numpy as np
import pytest

import archsim
from archsim.operators.array_forward import network_forward
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings
from archsim.training.trainable import untrainable
from tests.members import every
from tests.near import near
from workloads import load_network
from workloads.datasets import Dataset

F = np.float32
LOWEST = float(np.finfo(F).min)
ATTENTION = """
schema = 1
name = "masked"
input = [6, 4]
[[layer]]
name = "queries"
operator = "linear"
features = 4
[[layer]]
name = "keys"
operator = "linear"
inputs = ["input"]
features = 4
[[layer]]
name = "turned"
operator = "transpose"
axes = [1, 0]
[[layer]]
name = "scores"
operator = "matmul"
inputs = ["queries", "turned"]
{mask}
[[layer]]
name = "shares"
operator = "softmax"
[[layer]]
name = "mixed"
operator = "matmul"
inputs = ["shares", "input"]
[[layer]]
name = "classes"
operator = "linear"
features = 4
"""
CAUSAL = '[[layer]]\nname = "masked"\noperator = "causal_mask"'
READ = {
    "input_bound": 1e6,
    "input_bits": 0,
    "output_bits": 0,
    "output_bound": 0.0,
    "output_noise": 0.0,
    "noise_management": "off",
    "bound_management": "off",
}


def data_of(shape=(6, 4), images=16):
    random = np.random.default_rng(3)
    x = random.normal(0, 1, (images, *shape)).astype(F)
    labels = random.integers(0, 4, (images, shape[0]))
    return Dataset("drawn", x, labels, x.copy(), labels.copy(), 4)


def loss_of(network, data, bits, weights=None):
    """Of a test with the first weights, whose activations are stored in so many bits."""
    result = archsim.train(
        network,
        "cim40",
        data,
        "sgd",
        epochs=1,
        device="none",
        weights=weights,
        settings={
            "learning_rate": 1e-12,
            "read": READ,
            "digital": {"format": "fp32", "value_bits": bits},
        },
    )
    return result.epochs[-1]["test_loss"], result


def sharp_weights():
    """Attention that looks at one position, and classes far apart."""
    turn = np.linalg.qr(np.random.default_rng(5).normal(size=(4, 4)))[0]
    return {"queries.weights": 3 * turn, "keys.weights": 2 * turn, "classes.weights": 4 * np.eye(4)}


def test_scores_beside_a_causal_mask_keep_their_bits(tmp_path):
    path = tmp_path / "masked.toml"
    path.write_text(ATTENTION.format(mask=CAUSAL))
    data = data_of()
    exact, _ = loss_of(path, data, 0, sharp_weights())
    words, result = loss_of(path, data, 8, sharp_weights())
    even, _ = loss_of(path, data, 0, sharp_weights() | {"queries.weights": np.zeros((4, 4))})
    assert words == near(exact, rel=0.02)
    assert abs(even - exact) > 0.1 * exact  # what scores rounded to nothing would give
    stored = result.result.training["digital"]["values"]
    ranges = [stored[name]["activations"]["range_exponent"] for name in ("masked", "scores")]
    assert ranges[0] <= ranges[1]  # the mask is not in it


def test_an_inference_on_a_chip_sees_scores_beside_a_mask(tmp_path):
    path = tmp_path / "masked.toml"
    path.write_text(ATTENTION.format(mask=CAUSAL))
    network = load_network(path)
    data = data_of(images=64)
    weights = sharp_weights()
    tensors = {name.split(".")[0]: {"weights": value[None]} for name, value in weights.items()}
    scores = [
        network_forward(network, {"input": image}, tensors)["classes"] for image in data.test_images
    ]
    # what exact arithmetic answers is right
    labels = np.argmax(scores, axis=-1)
    even = weights | {"queries.weights": np.zeros((4, 4))}
    right = [
        archsim.infer(
            network, "cim40", replace(data, test_labels=labels), weights=own
        ).accuracy_percent
        for own in (weights, even)
    ]
    assert right[0] > 90 > right[1] + 20


onnx = pytest.importorskip(
    "onnx", reason="the ONNX importer's tests need the package onnx (pip install archsim[onnx])"
)
from onnx_cases import make_model, node, write  # noqa: E402

UPPER = np.triu(np.ones((6, 6), bool), 1)


def masked_by(form, low):
    """Nodes between `s` and `m`, and their constants."""
    if form == "sum":
        return [node("Add", ["s", "mask"], ["m"])], [("mask", np.where(UPPER, F(low), F(0)))]
    if form == "constant condition":
        return (
            [node("Where", ["hidden", "low", "s"], ["m"])],
            [("hidden", UPPER), ("low", np.array(low, F))],
        )
    # positions are compared as the network runs
    mean = [node("ReduceSum", ["x", "axes"], ["r"], keepdims=1)]
    zero = [node("Mul", ["r", "nought"], ["z"]), node("Add", ["z", "down"], ["d"])]
    chosen = [
        node("Less", ["d", "across"], ["hidden"]),
        node("Where", ["hidden", "low", "s"], ["m"]),
    ]
    positions = np.arange(6, dtype=F)
    return mean + zero + chosen, [
        ("axes", np.array([2])),
        ("nought", np.array(0, F)),
        ("down", positions[:, None]),
        ("across", positions[None]),
        ("low", np.array(low, F)),
    ]


@every("form", ["sum", "constant condition", "computed condition"])
@pytest.mark.parametrize("low", [-1e4, -1e9, LOWEST, -np.inf])
def test_scores_beside_a_mask_of_a_file_keep_their_bits(tmp_path, form, low):
    weights = sharp_weights()
    held = [
        (name, weights[f"{layer}.weights"].T.astype(F))
        for name, layer in (("q", "queries"), ("k", "keys"), ("c", "classes"))
    ]
    nodes, constants = masked_by(form, low)
    model = make_model(
        [
            node("MatMul", ["x", "q"], ["a"]),
            node("MatMul", ["x", "k"], ["b"]),
            node("Transpose", ["b"], ["t"], perm=[0, 2, 1]),
            node("MatMul", ["a", "t"], ["s"]),
            *nodes,
            node("Softmax", ["m"], ["p"], axis=-1),
            node("IsNaN", ["p"], ["n"]),
            node("Where", ["n", "zero", "p"], ["g"]),
            node("MatMul", ["g", "x"], ["v"]),
            node("MatMul", ["v", "c"]),
        ],
        [("x", ["N", 6, 4])],
        [*held, ("zero", np.array(0, F)), *constants],
    )
    path = write(model, tmp_path / "masked.onnx")
    assert not untrainable(load_network(path))
    toml = tmp_path / "masked.toml"
    toml.write_text(ATTENTION.format(mask=CAUSAL))
    wanted, _ = loss_of(toml, data_of(), 0, weights)
    assert loss_of(path, data_of(), 0, path)[0] == near(wanted, rel=1e-5)
    assert loss_of(path, data_of(), 8, path)[0] == near(wanted, rel=0.02)


POSITIONS = """
schema = 1
name = "positions"
input = [5]
[[layer]]
name = "shown"
operator = "truth"
[[layer]]
name = "positions"
operator = "running_sum"
axis = 0
[[layer]]
name = "table"
operator = "embedding"
entries = 300
features = 3
[[layer]]
name = "classes"
operator = "linear"
features = 4
"""


def test_numbers_of_rows_that_are_worked_out_stay_whole(tmp_path):
    path = tmp_path / "positions.toml"
    path.write_text(POSITIONS)
    network = load_network(path)
    assert not untrainable(network)
    ids = np.array([[2, 3, 0, 4, 0]], F)
    labels = np.zeros((1, 5), np.int64)
    settings = TrainingSettings(
        rule="float", learning_rate=1.0, digital={"format": "fp32", "value_bits": 2}
    )
    machine = Machine(network, settings)
    before = machine.kept.roles()["table"]["table"].copy()
    machine.train(ids, labels, np.zeros(1, np.int64), 0)
    moved = (machine.kept.roles()["table"]["table"] != before).any(axis=1)
    # the positions 1 2 2 3 3, which words of two bits would not tell apart
    assert np.flatnonzero(moved).tolist() == [1, 2, 3]


@every("operator", ["sigmoid", "linear"])
def test_rows_by_what_is_no_whole_number_are_refused(tmp_path, operator):
    path = tmp_path / "positions.toml"
    more = "\nfeatures = 5" if operator == "linear" else ""
    text = POSITIONS.replace('"running_sum"\naxis = 0', f'"{operator}"{more}')
    path.write_text(text)
    assert untrainable(load_network(path)) == {"table": "embedding of 'positions'"}
    data = Dataset(
        "d",
        np.ones((4, 5), F),
        np.zeros((4, 5), int),
        *[np.ones((2, 5), F), np.zeros((2, 5), int)],
        4,
    )
    with pytest.raises(archsim.InputError, match="whole numbers that come from the network's own"):
        archsim.train(path, "cim40", data, "sgd", epochs=1, device="exact")
