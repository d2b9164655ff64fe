"""Is a table of embeddings that is also the matrix of a layer found, refused where it would train apart,
and trained once where it is read on the arrays?
"""

import numpy as np
import pytest

import archsim
from archsim.chip.place import place
from archsim.devices.held_weights import Holder
from archsim.devices.presets import load_device
from archsim.run.exported import export_onnx, export_torch
from archsim.run.first_weights import first_weights
from archsim.soc.data.request import exact_tensors
from archsim.soc.data.tile_data import TileData
from archsim.trace import build_trace
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings
from archsim.training.trainable import untrainable
from tests.near import near
from workloads.adapters import with_adapters
from workloads.datasets import Dataset
from workloads.load import load_network

onnx_missing = "needs the package onnx (pip install archsim[onnx])"
WORDS, WIDTH = 7, 4
STEPS = 3


def file_of(folder, bias, twice=True):
    """Rows of a table, a bend, and scores by the table itself, whose transpose the file has once
    more; or by another matrix.
    """
    pytest.importorskip("onnx", reason=onnx_missing)
    from onnx import TensorProto, helper, numpy_helper, save

    random = np.random.default_rng(4)
    table = random.normal(size=(WORDS, WIDTH)).astype(np.float32) / 2
    other = random.normal(size=(WIDTH, WORDS)).astype(np.float32)
    held = {"table": table, "turned": np.ascontiguousarray(table.T) if twice else other}
    nodes = [
        helper.make_node("Gather", ["table", "words"], ["rows"]),
        helper.make_node("Tanh", ["rows"], ["bent"]),
        helper.make_node("MatMul", ["bent", "turned"], ["scores"]),
    ]
    last = "scores"
    if bias:
        held["bias"] = random.normal(size=WORDS).astype(np.float32)
        nodes.append(helper.make_node("Add", ["scores", "bias"], ["biased"]))
        last = "biased"
    graph = helper.make_graph(
        nodes,
        "words",
        [helper.make_tensor_value_info("words", TensorProto.INT64, ["N", STEPS])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, ["N", STEPS, WORDS])],
        [numpy_helper.from_array(values, name) for name, values in held.items()],
    )
    opset = helper.make_operatorsetid("", 17)
    save(helper.make_model(graph, opset_imports=[opset], ir_version=9), folder / "words.onnx")
    return folder / "words.onnx", held


def test_a_table_is_known_as_the_matrix_that_it_is(tmp_path):
    path, _ = file_of(tmp_path, False)
    table, head = (load_network(path).layers[number] for number in (1, -1))
    assert dict(table.settings)["tied"] == head.name
    other, _ = file_of(tmp_path, False, twice=False)
    assert "tied" not in dict(load_network(other).layers[1].settings)
    with pytest.raises(archsim.InputError, match="no table is the matrix"):
        load_network(other, tables="arrays")
    with pytest.raises(archsim.InputError, match="arrays"):
        load_network(other, tables="array")


def test_apart_they_do_not_train(tmp_path):
    path, _ = file_of(tmp_path, False)
    network = load_network(path)
    assert set(untrainable(network)) == {network.layers[1].name}
    with pytest.raises(archsim.InputError, match="train apart.*--tables arrays"):
        Machine(network, TrainingSettings(rule="float"))
    # frozen both stay as they are
    with pytest.raises(archsim.InputError, match="no linear layer gets an adapter"):
        with_adapters(network, 4)
    assert untrainable(with_adapters(network, 2)) == {}


@pytest.mark.parametrize("bias", [False, True])
def test_on_arrays_the_table_moves_by_both_of_its_uses(tmp_path, bias):
    path, held = file_of(tmp_path, bias)
    network = load_network(path, tables="arrays")
    assert untrainable(network) == {} and network.weights == WORDS * WIDTH
    words = np.array([[2, 6, 2]])
    labels = np.array([[5, 1, 0]])

    def loss(table):
        scores = np.tanh(table[words[0]]) @ table.T + held.get("bias", 0)
        return float(np.mean(np.log(np.exp(scores).sum(1)) - scores[range(STEPS), labels[0]]))

    start = held["table"].astype(float)
    slopes = np.zeros_like(start)
    for index in np.ndindex(start.shape):
        moved = [start.copy(), start.copy()]
        moved[0][index] += 1e-4
        moved[1][index] -= 1e-4
        slopes[index] = (loss(moved[0]) - loss(moved[1])) / 2e-4
    settings = TrainingSettings(rule="float", learning_rate=0.5)
    machine = Machine(network, settings, first_weights(network, None))
    before = machine.arrays.layer_weights()
    (name,) = before
    machine.train(words.astype(np.float32), labels, np.zeros(1, np.int64), 0)
    assert machine.results[0] == near(loss(start), rel=1e-5)
    step = (machine.arrays.layer_weights()[name] - before[name])[:, :WIDTH] / 0.5
    np.testing.assert_allclose(step, -slopes, atol=1e-4)


def test_it_infers_leaves_and_comes_back_as_one_matrix(tmp_path):
    torch = pytest.importorskip("torch", reason="needs the extra 'torch'")
    path, held = file_of(tmp_path, True)
    network = load_network(path, tables="arrays")
    words = np.array([[2, 6, 2], [0, 1, 5]])
    wanted = np.tanh(held["table"][words]) @ held["table"].T + held["bias"]
    run = archsim.simulate(network, "cim40", data=words.astype(float))
    # biases beside the arrays are words of 16 bits
    np.testing.assert_allclose(run.reference_outputs[0], wanted[0], atol=1e-4)
    assert {row["layer"] for row in run.document["placement"]} == {network.layers[-1].name}
    with torch.no_grad():
        given = export_torch(network, {})(torch.tensor(words)).numpy()
    np.testing.assert_allclose(given, wanted, rtol=1e-4, atol=1e-5)
    again = load_network(export_onnx(network, {}, tmp_path / "again.onnx"))
    assert untrainable(again) == {} and again.weights == network.weights


@pytest.mark.parametrize("bias", ["row", "digital"])
def test_both_readings_meet_the_same_devices(tmp_path, bias):
    """Devices end off their targets: what the rows are and what the scores are off by is one matrix."""
    path, _ = file_of(tmp_path, True)
    network = load_network(path, tables="arrays")
    chip = archsim.load_architecture("cim40", {"weights.bias": bias})
    device = load_device("bulk_rram", {"read_noise": 0.0})
    trace = build_trace(network)
    tensors = exact_tensors(network)
    images = {network.layers[0].name: np.array([[2.0, 6.0, 2.0]], np.float32)}
    placed = place(trace.matrices, chip)
    held = TileData(network, chip, placed, images, tensors, 1, Holder(device, "bulk_rram"))
    table, head = (held.physics[layer.name] for layer in network.array_layers)
    weights = head.copies[0][0]  # (words, features), and the bias where it is a row
    np.testing.assert_array_equal(table.copies[0][0], weights[:, :WIDTH].T)
    exact = tensors[network.layers[-1].name]["weights"][0]
    assert np.abs(weights[:, :WIDTH] - exact).max() > 1e-3
    table.disturb(5)  # nothing moves devices that reads leave alone


def test_a_trained_language_model_is_tested_on_the_devices_of_its_chip(tmp_path):
    path, _ = file_of(tmp_path, False)
    network = load_network(path, tables="arrays")
    words = np.random.default_rng(3).integers(0, WORDS, (64, STEPS))
    shown = words.astype(np.float32)
    data = Dataset("words", shown, words, shown[:16].copy(), words[:16].copy(), WORDS)
    done = archsim.train(network, "cores40", data, "sgd", epochs=4)
    told = archsim.infer(network, "cores40", data, weights=done, seeds=2)
    assert 0 <= told.accuracy_percent <= 100
