"""What an ONNX file says beside its layers: shapes, data movement, element-wise work, order, versions."""

import numpy as np
import pytest

import archsim
from tests.onnx_models import helper, loader, model, node, weight
from workloads import load_network
from workloads.datasets import load_dataset

onnx = pytest.importorskip(
    "onnx", reason="the ONNX importer's tests need the package onnx (pip install archsim[onnx])"
)


@pytest.fixture
def load(tmp_path):
    return loader(tmp_path)


def test_shape_arithmetic_is_folded(load):
    """view(x.size(0), -1) as exporters write it: Shape, Gather, Unsqueeze, Concat, Reshape."""
    nodes = [
        node("Relu", ["x"], ["a"]),
        node("Shape", ["a"], ["s"]),
        node("Gather", ["s", "zero"], ["g"], axis=0),
        node("Unsqueeze", ["g", "axes"], ["u"]),
        node("Concat", ["u", "rest"], ["target"], axis=0),
        node("Reshape", ["a", "target"], ["f"]),
        node("Gemm", ["f", "w"]),
    ]
    weights = [
        ("zero", np.array(0)),
        ("axes", np.array([0])),
        ("rest", np.array([-1])),
        ("w", weight(24, 2)),
    ]
    network = load(nodes, [("x", ["N", 2, 3, 4])], [("y", None)], weights)
    assert [layer.operator for layer in network.layers] == ["input", "relu", "reshape", "linear"]
    assert network.layers[2].output_shape == (24,)


def test_data_movement(load):
    nodes = [
        node("Split", ["x"], ["a", "b"], axis=1),
        node("Concat", ["b", "a"], ["c"], axis=1),
        node("Pad", ["c", "pads"], ["d"]),
        node("Slice", ["d", "start", "stop", "axis"], ["e"]),
        node("Identity", ["e"], ["f"]),
        node("Dropout", ["f"], ["g", ""]),
        node("Cast", ["g"], ["h"], to=1),
        node("DepthToSpace", ["h"], ["i"], blocksize=2),
        node("Flatten", ["i"]),
    ]
    weights = [
        ("pads", np.array([0, 0, 1, 1, 0, 0, 1, 1])),
        ("start", np.array([0])),
        ("stop", np.array([2])),
        ("axis", np.array([3])),
    ]
    network = load(nodes, [("x", [1, 4, 6, 6])], [("y", None)], weights)
    assert [layer.operator for layer in network.layers] == [
        "input",
        "slice",
        "slice",
        "concat",
        "pad",
        "slice",
        "dropout",
        "transpose",
        "flatten",
    ]
    assert [layer.output_shape for layer in network.layers][4:] == [
        (4, 8, 8),
        (4, 8, 2),
        (4, 8, 2),
        (1, 16, 4),
        (64,),
    ]


def test_element_wise_operators(load):
    nodes = [
        node("Add", ["x", "z"], ["a"]),
        node("Mul", ["a", "scale"], ["b"]),
        node("Sub", ["b", "a"], ["c"]),
        node("Sum", ["a", "b", "c"], ["d"]),
        node("HardSwish", ["d"], ["e"]),
        node("PRelu", ["e", "scale"], ["f"]),
        node("GlobalMaxPool", ["f"], ["g"]),
        node("Sigmoid", ["g"], ["h"]),
        node("Mul", ["f", "h"], ["i"]),
        node("Clip", ["i"]),
    ]
    network = load(
        nodes,
        [("x", ["N", 4, 6, 6]), ("z", ["N", 4, 6, 6])],
        [("y", None)],
        [("scale", weight(4, 1, 1))],
    )
    assert [layer.operator for layer in network.layers] == [
        "input",
        "input",
        "add",
        "multiply",
        "add",
        "add",
        "clip",
        "multiply",
        "leaky_relu",
        "global_max_pool",
        "sigmoid",
        "multiply",
        "clip",
    ]
    gate = network.layers[-2]
    assert gate.input_shapes == ((4, 6, 6), (4, 1, 1)) and gate.output_shape == (4, 6, 6)


def test_quantised_form_and_off_path_nodes(load):
    nodes = [
        node("QuantizeLinear", ["x", "s", "p"], ["a"]),
        node("DequantizeLinear", ["a", "s", "p"], ["b"]),
        node("DequantizeLinear", ["w8", "s", "p"], ["w"]),
        node("Gemm", ["b", "w"], ["y"], name="fc"),
        node("ConvTranspose", ["side", "k"], ["unused"]),
    ]
    weights = [
        ("s", np.float32(0.5)),
        ("p", np.int8(0)),
        ("w8", weight(4, 2).astype(np.int8)),
        ("k", weight(1, 1, 2, 2)),
        ("side", weight(1, 1, 3, 3)),
    ]
    network = load(nodes, [("x", [1, 4])], [("y", None)], weights)
    # two free layers hold the values that the quantised activation may have
    assert [layer.operator for layer in network.layers] == [
        "input",
        "identity",
        "identity",
        "linear",
    ]
    assert network.layers[-1].name == "fc" and len(network.notes) == 1


def test_symbolic_dimensions(load):
    nodes = [node("MatMul", ["x", "w"])]
    inputs = [("x", ["batch", "time", 4])]
    weights = [("w", weight(4, 2))]
    assert load(nodes, inputs, [("y", None)], weights, shapes={"time": 9}).output_shape == (9, 2)
    assert load(
        nodes, inputs, [("y", None)], weights, shapes={"time": 9, "batch": 3}
    ).output_shape == (9, 2)


@pytest.mark.parametrize("opset", [7, 9, 13, 18, onnx.defs.onnx_opset_version()])
def test_opsets(load, opset):
    nodes = [
        node("Conv", ["x", "w"], ["a"]),
        node("Relu", ["a"], ["b"]),
        node("Flatten", ["b"], ["c"]),
        node("Gemm", ["c", "v", "b0"]),
    ]
    weights = [("w", weight(2, 1, 3, 3)), ("v", weight(8, 3)), ("b0", weight(3))]
    network = load(nodes, [("x", ["N", 1, 4, 4])], [("y", None)], weights, opset=opset)
    assert network.multiply_accumulates == 2 * 9 * 4 + 24


def test_unsorted_nodes_and_local_functions(load):
    body = [helper.make_node("Gemm", ["a", "b"], ["c"]), helper.make_node("Relu", ["c"], ["d"])]
    function = helper.make_function(
        "own", "Block", ["a", "b"], ["d"], body, [helper.make_opsetid("", 17)]
    )
    nodes = [node("Relu", ["m"]), helper.make_node("Gemm", ["x", "w"], ["m"])]
    assert load(nodes, [("x", [1, 4])], [("y", None)], [("w", weight(4, 2))]).output_shape == (2,)
    nodes = [helper.make_node("Block", ["x", "w"], ["y"], domain="own")]
    graph = model(
        nodes, [("x", [1, 4])], [("y", None)], [("w", weight(4, 2))], functions=[function]
    )
    graph.opset_import.append(helper.make_opsetid("own", 1))
    load.path.write_bytes(graph.SerializeToString())
    assert [layer.operator for layer in load_network(load.path).layers] == [
        "input",
        "linear",
        "relu",
    ]


def test_what_moves_by_number_goes_from_a_training_to_an_inference(load, tmp_path):
    # No walk tells a reflected edge: each element has the number of where it comes from.
    nodes = [
        node("Pad", ["x", "pads"], ["a"], mode="reflect", name="edge"),
        node("Conv", ["a", "w"], ["b"], kernel_shape=[3, 3]),
        node("Flatten", ["b"], ["c"]),
        node("Gemm", ["c", "v"], transB=1),
    ]
    random = np.random.default_rng(1)
    weights = [
        ("pads", np.array([0, 0, 2, 2, 0, 0, 2, 2])),
        ("w", random.normal(0, 0.3, (4, 1, 3, 3)).astype(np.float32)),
        ("v", random.normal(0, 0.1, (10, 400)).astype(np.float32)),
    ]
    network = load(nodes, [("x", [1, 1, 8, 8])], [("y", None)], weights)
    assert "index" in network.layer("edge").constants
    data = load_dataset("digits", train=60, test=40)
    folder = tmp_path / "run"
    trained = archsim.train(network, "cim40", data, "sgd", epochs=1, folder=folder)
    written = tmp_path / "trained.onnx"
    trained.to_onnx(written)
    percents = {
        archsim.infer(network, "cim40", data, weights=weights, seeds=1).accuracy_percent
        for weights in (trained, folder, written)
    }
    assert len(percents) == 1
    own = archsim.infer(network, "cim40", data, seeds=1).accuracy_percent
    # an .npz file of someone's own may hold the numbers as floats
    index = {"edge.index": network.tensors.read()["edge"]["index"].astype(np.float32)}
    assert archsim.infer(network, "cim40", data, weights=index, seeds=1).accuracy_percent == own
