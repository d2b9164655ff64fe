"""Do the rows of a table train by the errors of the positions that show them, are they priced, and do
they leave and come back?
"""

from dataclasses import replace

import numpy as np
import pytest

import archsim
from archsim.operators.array_forward import network_forward
from archsim.operators.compiled import compiled
from archsim.operators.free.embedding import TABLE
from archsim.operators.kernels import Back, Forth
from archsim.run.exported import export_onnx, export_torch
from archsim.schemes import load_scheme
from archsim.trace import build_trace
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings
from archsim.training.trainable import untrainable
from tests.near import near
from workloads.adapters import with_adapters
from workloads.datasets import Dataset
from workloads.datasets.arrays import read_arrays
from workloads.load import load_network
from workloads.network import Network

F = np.float32
NONE = np.zeros(0, F)
TEXT = """
schema = 1
name = "words"
input = [5]
[[layer]]
name = "table"
operator = "embedding"
entries = 7
features = 4
[[layer]]
name = "gates"
operator = "linear"
features = 12
[[layer]]
name = "state"
operator = "gru"
hidden = 4
bias = true
[[layer]]
name = "next"
operator = "linear"
features = 7
bias = true
"""


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "words.toml"
    path.write_text(TEXT)
    return load_network(path)


def sentences(images=24, a_step=True):
    """A row of words of which each is the one before plus two."""
    random = np.random.default_rng(2)
    words = (random.integers(0, 7, (images, 1)) + 2 * np.arange(6)) % 7
    labels = words[:, 1:] if a_step else words[:, -1]
    shown = words[:, :-1].astype(F)
    return Dataset("words", shown, labels, shown[:8].copy(), labels[:8].copy(), 7)


@pytest.mark.parametrize("function", [lambda half: half, compiled])
def test_rows_are_shown_and_gather_the_errors_of_their_positions(function):
    table = np.arange(6, dtype=F)  # three rows of two
    numbers = np.array([2, 0, -1, 1.5, 3], F)
    outputs = np.zeros(10, F)
    window = np.array([3, 2], np.int64)
    function(TABLE.forward)(Forth(numbers, NONE, outputs, NONE, table, F(0)), window)
    # -1 is the last row; 1.5 and 3 are the numbers of none
    np.testing.assert_array_equal(outputs[:6], [4, 5, 0, 1, 4, 5])
    assert np.isnan(outputs[6:]).all()
    gradients = np.zeros(6, F)
    below = np.zeros(5, F)
    errors = np.array([1, 2, 10, 20, 100, 200, 7, 7, 7, 7], F)
    data = Back(numbers, NONE, outputs, NONE, table, errors, below, NONE, gradients, F(0), 0)
    function(TABLE.backward)(data, window)
    assert gradients.tolist() == [10, 20, 0, 0, 101, 202]
    assert not below.any()


def test_a_row_moves_along_the_gradient_of_the_definition(network):
    machine = Machine(network, TrainingSettings(rule="float", learning_rate=1.0))
    data = sentences()
    image, labels = data.train_images[:1], data.train_labels[:1]

    def loss(table):
        tensors = {"table": {"table": table}}
        for name, matrix in machine.arrays.layer_weights().items():
            bias = network.layer(name).bias
            tensors[name] = {"weights": (matrix[:, :-1] if bias else matrix)[None]}
            if bias:
                tensors[name]["bias"] = matrix[:, -1]
        scores = network_forward(network, {"input": image[0].astype(float)}, tensors)["next"]
        chosen = scores[np.arange(5), labels[0]]
        return float(np.mean(np.log(np.exp(scores).sum(axis=1)) - chosen))

    start = machine.kept.roles()["table"]["table"].astype(float)
    assert start.std() == near(1 / np.sqrt(3), rel=0.2)  # evenly between -1 and 1
    slopes = np.zeros_like(start)
    for index in np.ndindex(start.shape):
        ends = []
        for move in (1e-3, -1e-3):
            moved = start.copy()
            moved[index] += move
            ends.append(loss(moved))
        slopes[index] = (ends[0] - ends[1]) / 2e-3
    machine.train(image, labels, np.zeros(1, np.int64), 0)
    step = machine.kept.roles()["table"]["table"] - start
    np.testing.assert_allclose(step, -slopes, atol=2e-4)
    shown = np.unique(image)
    assert step[shown.astype(int)].any() and not np.delete(step, shown.astype(int), axis=0).any()


def test_another_seed_begins_with_another_table(network):
    first = [
        Machine(network, TrainingSettings(rule="float", seed=seed)).kept.roles()["table"]["table"]
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(first[0], first[1])
    assert (first[0] != first[2]).any()


@pytest.mark.parametrize("a_step", [True, False])
def test_a_language_model_learns_the_next_word(network, a_step):
    """One label for each step, or that of the last one alone."""
    settings = {"learning_rate": 0.5}
    data = sentences(400, a_step)
    result = archsim.train(
        network, "cim40", data, "sgd", epochs=4, device="exact", settings=settings
    )
    assert result.trained.history[-1]["test_error_percent"] < 15
    told = archsim.infer(network, "cim40", data, weights=result, seeds=1)
    assert told.reference_accuracy_percent > 85


def test_what_the_rows_cost_is_that_of_those_that_are_shown(network):
    trace = build_trace(network, load_scheme("sgd"), "training", 4)
    steps = {item.name: item for item in (*trace.image_operations, *trace.batch_operations)}
    # five positions of four values are added to the gradients; all 28 words meet the optimiser
    assert steps["table.statistics"].vector_work == {"add": 20}
    assert steps["table.statistics"].state_reads == 20
    assert steps["table.statistics"].after[-1] == "table.forward"
    assert "gates.backward" in steps["table.statistics"].after
    assert steps["table.words"].vector_work == {"multiply_add": 28}
    assert trace.state_words["layer words"] == 2 * 28  # with their gradients
    inference = build_trace(network)
    assert "table.forward" not in {item.name for item in inference.image_operations}


def test_a_frozen_table_costs_what_it_costs_an_inference(network):
    frozen = with_adapters(network, 2, None, ("next",))
    assert frozen.layer("table").frozen
    trace = build_trace(frozen, load_scheme("sgd"), "training", 4)
    assert not [item for item in trace.image_operations if item.layer == "table"]


def test_a_table_leaves_and_comes_back(network, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    torch = pytest.importorskip("torch", reason="needs the extra 'torch'")
    from onnx.reference import ReferenceEvaluator

    result = archsim.train(network, "cim40", sentences(), "sgd", epochs=1)
    path = export_onnx(network, result, tmp_path / "words.onnx")
    numbers = sentences().test_images
    session = ReferenceEvaluator(str(path))
    (given,) = session.run(None, {"input": numbers.astype(np.int64)})
    module = export_torch(network, result).eval()
    with torch.no_grad():
        np.testing.assert_allclose(module(torch.tensor(numbers)).numpy(), given, atol=1e-5)
    back = load_network(path)
    assert untrainable(back) == {}
    again = archsim.infer(back, "cim40", sentences(), seeds=1)
    assert (
        again.reference_accuracy_percent
        == archsim.infer(
            network, "cim40", sentences(), weights=result, seeds=1
        ).reference_accuracy_percent
    )


def test_numbers_of_no_row_are_refused_before_the_training(network, tmp_path):
    data = sentences()
    for wrong in (7.0, -1.0, 0.5):
        images = data.train_images.copy()
        images[3, 2] = wrong
        with pytest.raises(archsim.InputError, match="not the numbers of rows"):
            archsim.train(network, "cim40", replace(data, train_images=images), "sgd", epochs=1)
    path = tmp_path / "words.npz"
    parts = {
        "train_images": data.train_images.astype(np.int32),
        "train_labels": data.train_labels,
        "test_images": data.test_images.astype(np.int32),
        "test_labels": data.test_labels,
    }
    np.savez(path, **parts)
    assert read_arrays(path).train_images.max() == 6  # as they are, not over 255
    np.savez(path, **parts | {"train_images": -parts["train_images"]})
    with pytest.raises(archsim.InputError, match="out of range"):
        read_arrays(path)


def test_rows_by_computed_numbers_are_refused(network):
    (first, table, *rest) = network.layers

    def behind(operator):
        worked = replace(first, name="worked", operator=operator, inputs=("input",))
        worked = replace(worked, input_shapes=(first.output_shape,))
        moved = replace(table, inputs=("worked",))
        return untrainable(Network("computed", (first, worked, moved, *rest)))

    assert behind("tanh") == {"table": "embedding of 'worked'"}
    assert behind("round") == {}
