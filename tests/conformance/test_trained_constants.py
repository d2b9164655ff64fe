"""Do constants of a file that are parameters (tokens, positions, scales) train where one asks for it,
are they priced, and do they leave and come back?
"""

import numpy as np
import pytest

import archsim
from archsim.operators.array_forward import network_forward
from archsim.run.constant_operands import note_of_constants
from archsim.run.exported import export_onnx, export_torch
from archsim.run.trained_weights import trained_tensors
from archsim.schemes import load_scheme
from archsim.soc.data.request import exact_tensors
from archsim.trace import build_trace
from archsim.training.first_state import FirstWeights
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings
from workloads.adapters import with_adapters
from workloads.datasets import Dataset
from workloads.load import load_network
from workloads.trained_constants import with_trained_constants

F = np.float32
ALL = ("concat1", "add1", "multiply1")


@pytest.fixture
def path(tmp_path):
    """A token beside three of an image, positions that are added, a scale a feature, and a mask."""
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    from onnx import TensorProto, helper, numpy_helper, save

    random = np.random.default_rng(6)
    held = {
        "weight": (random.normal(size=(4, 4)) / 2).astype(F),
        "token": random.normal(size=(1, 1, 4)).astype(F),
        "positions": random.normal(size=(1, 4, 4)).astype(F),
        "scale": random.normal(size=(4,)).astype(F),
        "mask": np.where(np.arange(4) < 3, 0, -1e9).astype(F),
        "half": np.array(0.5, F),
        "last": (random.normal(size=(16, 3)) / 4).astype(F),
        "flat": np.array([0, -1], np.int64),
    }
    nodes = [
        helper.make_node("MatMul", ["x", "weight"], ["seen"]),
        helper.make_node("Concat", ["token", "seen"], ["all"], axis=1),
        helper.make_node("Add", ["all", "positions"], ["placed"]),
        helper.make_node("Mul", ["scale", "placed"], ["scaled"]),
        helper.make_node("Mul", ["scaled", "half"], ["halved"]),
        helper.make_node("Add", ["halved", "mask"], ["masked"]),
        helper.make_node("Softmax", ["masked"], ["shares"], axis=-1),
        helper.make_node("Add", ["shares", "scaled"], ["both"]),
        helper.make_node("Reshape", ["both", "flat"], ["row"]),
        helper.make_node("MatMul", ["row", "last"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tokens",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
        [numpy_helper.from_array(values, name) for name, values in held.items()],
    )
    opset = helper.make_operatorsetid("", 17)
    saved = tmp_path / "tokens.onnx"
    save(helper.make_model(graph, opset_imports=[opset], ir_version=9), saved)
    return saved


def images(count=32):
    random = np.random.default_rng(8)
    shown = random.normal(size=(count, 3, 4)).astype(F)
    labels = random.integers(0, 3, count)
    return Dataset("tokens", shown, labels, shown[:8].copy(), labels[:8].copy(), 3)


def test_all_are_those_of_several_numbers_that_are_no_mask(path):
    network = load_network(path, train_constants="all")
    assert tuple(item.name for item in network.layers if item.setting("trained") is not None) == ALL
    assert "3 layers train: 24 digital words" in network.notes[-1]
    # what stays is told: nothing of a mask and of single numbers
    assert note_of_constants(network) == []
    (note,) = note_of_constants(load_network(path))
    assert all(name in note for name in ALL) and "--train-constants" in note


def test_a_constant_moves_along_the_gradient_of_the_definition(path):
    network = load_network(path, train_constants=[*ALL, "multiply2"])
    tensors = exact_tensors(network)
    data = images()
    image, label = data.train_images[0], int(data.train_labels[0])
    rate = 1e-2
    matrices = {
        item.name: tensors[item.name]["weights"].reshape(-1, item.input_shapes[0][-1]).astype(F)
        for item in network.array_layers
    }
    settings = TrainingSettings(rule="float", learning_rate=rate)
    machine = Machine(network, settings, FirstWeights(matrices))
    start = {name: dict(roles) for name, roles in machine.kept.roles().items()}
    np.testing.assert_array_equal(start["multiply1"]["operand0"], tensors["multiply1"]["operand0"])

    def loss(name, role, values):
        changed = tensors | {name: {role: values}}
        scores = network_forward(network, {"x": image.astype(float)}, changed)
        last = scores[network.layers[-1].name].reshape(-1)
        return float(np.log(np.exp(last).sum()) - last[label])

    shown = data.train_images[:1].reshape(1, -1)
    machine.train(shown, data.train_labels[:1, None], np.zeros(1, np.int64), 0)
    moved = machine.kept.roles()
    for name in (*ALL, "multiply2"):
        ((role, before),) = start[name].items()
        step = moved[name][role] - before
        slopes = np.zeros(before.shape)
        for index in np.ndindex(before.shape):
            ends = []
            for move in (1e-4, -1e-4):
                values = before.astype(float)
                values[index] += move
                ends.append(loss(name, role, values))
            slopes[index] = (ends[0] - ends[1]) / 2e-4
        assert np.abs(slopes).max() > 1e-3
        np.testing.assert_allclose(step, -rate * slopes, atol=2e-6)


def test_words_and_gradients_are_priced(path):
    network = load_network(path, train_constants="all")
    trace = build_trace(network, load_scheme("sgd"), "training", 4)
    before = build_trace(load_network(path), load_scheme("sgd"), "training", 4)
    assert trace.state_words["layer words"] == 2 * (4 + 16 + 4)
    assert "layer words" not in before.state_words
    steps = {item.name: item for item in (*trace.image_operations, *trace.batch_operations)}
    # sixteen errors are added to four words, by each feature
    assert steps["multiply1.statistics"].vector_work == {"add": 16}
    assert steps["multiply1.statistics"].state_reads == 4
    assert steps["multiply1.words"].vector_work == {"multiply_add": 4}
    assert steps["concat1.statistics"].vector_work == {"add": 4}
    assert steps["add1.statistics"].vector_work == {"add": 16}
    plain = build_trace(load_network(path)).image_operations
    assert build_trace(network).image_operations == plain


def test_they_leave_and_come_back(path, tmp_path):
    torch = pytest.importorskip("torch", reason="needs the extra 'torch'")
    network = load_network(path, train_constants="all")
    settings = {"learning_rate": 0.1}
    result = archsim.train(
        network, "cim40", images(), "sgd", epochs=2, weights=path, settings=settings
    )
    kept, before = trained_tensors(network, result).tensors, network.tensors.read()
    for name in ALL:
        ((role, values),) = kept[name].items()
        assert (values != np.reshape(before[name][role], values.shape)).all()
    back = load_network(export_onnx(network, result, tmp_path / "left.onnx"))
    module = export_torch(network, result)
    image = images().test_images[:1]
    scores = network_forward(
        back, {back.layers[0].name: image[0].astype(float)}, exact_tensors(back)
    )
    with torch.no_grad():
        given = module(torch.tensor(image)).numpy().reshape(-1)
    np.testing.assert_allclose(scores[back.layers[-1].name].reshape(-1), given, atol=1e-5)
    told = archsim.infer(network, "cim40", images(), weights=result, seeds=1)
    again = archsim.infer(back, "cim40", images(), seeds=1)
    assert told.reference_accuracy_percent == again.reference_accuracy_percent


def test_adapters_freeze_them(path):
    network = load_network(path, train_constants="all")
    frozen = with_adapters(network, 2)
    assert [item.name for item in frozen.layers if item.name in ALL and item.frozen] == [*ALL]
    going_on = with_adapters(network, 2, trained=["add1"])
    assert not going_on.layer("add1").frozen


def test_what_is_no_parameter_is_refused(path, tmp_path):
    network = load_network(path)
    for names, words in (
        ("add2", "is a mask"),
        (["add_1"], "add1"),
        ("reshape1", "no layer with a constant operand"),
        ("", "no layer with a constant operand"),
    ):
        with pytest.raises(archsim.InputError, match=words):
            with_trained_constants(network, names)
    assert with_trained_constants(network, "multiply2").layer("multiply2").setting("trained") == (
        1,
        1,
    )
    toml = tmp_path / "net.toml"
    toml.write_text("schema = 1\n", encoding="utf-8")
    with pytest.raises(archsim.InputError, match="belong to .onnx files only"):
        load_network(toml, train_constants="all")


def test_a_mask_that_hides_nothing_is_one(path):
    onnx = pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    model = onnx.load(path)
    (held,) = [item for item in model.graph.initializer if item.name == "mask"]
    held.CopyFrom(onnx.numpy_helper.from_array(np.zeros(4, F), "mask"))
    onnx.save(model, path)
    network = load_network(path, train_constants="all")
    assert tuple(item.name for item in network.layers if item.setting("trained") is not None) == ALL


def test_one_parameter_in_two_places_is_refused(path):
    onnx = pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    model = onnx.load(path)
    (mask,) = [node for node in model.graph.node if "mask" in node.input]
    mask.input[1] = "scale"
    onnx.save(model, path)
    with pytest.raises(archsim.InputError, match="the two would train apart"):
        load_network(path, train_constants=["multiply1"])
    network = load_network(path, train_constants="all")
    assert network.layer("multiply1").setting("trained") is None
