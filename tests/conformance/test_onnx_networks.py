"""ONNX files: every supported form of an operator becomes the layers that it stands for."""

import importlib
import math

import numpy as np
import pytest

from workloads import load_network

onnx = pytest.importorskip(
    "onnx", reason="the ONNX importer's tests need the package onnx (pip install archsim[onnx])"
)
load_weights = importlib.import_module("workloads.onnx_file").load_weights
helper = importlib.import_module("onnx.helper")
numpy_helper = importlib.import_module("onnx.numpy_helper")
FLOAT, INT = 1, 7


def model(nodes, inputs, outputs, weights=(), opset=17, domain="", functions=()):
    """A small ONNX model. `inputs` and `outputs` are (name, shape), `weights` (name, array)."""
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs],
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in weights],
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid(domain, opset)], functions=functions
    )


def weight(*shape):
    return np.arange(math.prod(shape), dtype=np.float32).reshape(shape)


@pytest.fixture
def load(tmp_path):
    def run(*arguments, shapes=None, **options):
        path = tmp_path / "net.onnx"
        path.write_bytes(model(*arguments, **options).SerializeToString())
        network = load_network(path, shapes=shapes)
        seen = {}
        for layer in network.layers:
            assert layer.input_shapes == tuple(seen[item] for item in layer.inputs)
            seen[layer.name] = layer.output_shape
        run.path = path
        return network

    return run


def node(kind, inputs, outputs=("y",), name="", **fields):
    return helper.make_node(kind, inputs, outputs, name=name, **fields)


def last(network, operator):
    return [layer for layer in network.layers if layer.operator == operator][-1]


@pytest.mark.parametrize(
    ("fields", "shape", "expected", "padding"),
    [
        ({}, (6, 3, 3, 3), (6, 7, 8), (0, 0, 0, 0)),
        ({"pads": [1, 0, 2, 1]}, (6, 3, 3, 3), (6, 10, 9), (1, 0, 2, 1)),
        ({"strides": [2, 3]}, (6, 3, 3, 3), (6, 4, 3), (0, 0, 0, 0)),
        ({"dilations": [2, 1]}, (6, 3, 3, 3), (6, 5, 8), (0, 0, 0, 0)),
        ({"auto_pad": "SAME_UPPER", "strides": [2, 2]}, (6, 3, 3, 3), (6, 5, 5), (1, 0, 1, 1)),
        ({"auto_pad": "SAME_LOWER", "strides": [2, 2]}, (6, 3, 3, 3), (6, 5, 5), (1, 1, 1, 0)),
        ({"auto_pad": "VALID"}, (6, 3, 2, 1), (6, 8, 10), (0, 0, 0, 0)),
        ({"group": 3}, (6, 1, 3, 3), (6, 7, 8), (0, 0, 0, 0)),
    ],
)
def test_convolution(load, fields, shape, expected, padding):
    network = load(
        [node("Conv", ["x", "w"], **fields)],
        [("x", ["N", 3, 9, 10])],
        [("y", None)],
        [("w", weight(*shape))],
    )
    layer = network.array_layers[0]
    assert layer.output_shape == expected and layer.padding == padding and layer.name == "w"
    assert (
        layer.matrix.weights == math.prod(shape)
        and layer.matrix.vectors == expected[1] * expected[2]
    )
    assert layer.groups == fields.get("group", 1)


def test_one_dimensional_convolution_and_pooling(load):
    nodes = [
        node("Conv", ["x", "w"], ["a"], pads=[1, 1], name="first"),
        node("Relu", ["a"], ["b"]),
        node("MaxPool", ["b"], ["c"], kernel_shape=[2], strides=[2]),
        node("GlobalAveragePool", ["c"]),
    ]
    network = load(nodes, [("x", ["N", 3, 20])], [("y", None)], [("w", weight(5, 3, 3))])
    assert network.layer("first").kernel == (1, 3) and network.layer("first").output_shape == (
        5,
        1,
        20,
    )
    assert last(network, "relu").output_shape == (5, 20) and last(
        network, "max_pool"
    ).output_shape == (5, 1, 10)
    assert network.output_shape == (5, 1)
    assert network.multiply_accumulates == 5 * 9 * 20


def test_pooling_and_normalisation(load):
    nodes = [
        node("MaxPool", ["x"], ["a", "unused"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
        node("AveragePool", ["a"], ["b"], kernel_shape=[2, 2], auto_pad="SAME_UPPER"),
        node("BatchNormalization", ["b", "s", "s", "s", "s"], ["c"]),
        node("LRN", ["c"], ["d"], size=5),
        node("ReduceMean", ["d"], ["e"], axes=[2, 3], keepdims=0),
        node("LogSoftmax", ["e"]),
    ]
    network = load(nodes, [("x", [1, 4, 8, 8])], [("y", [1, 4])], [("s", weight(4))])
    assert [layer.operator for layer in network.layers] == [
        "input",
        "max_pool",
        "average_pool",
        "batch_norm",
        "local_response_norm",
        "global_average_pool",
        "reshape",
        "softmax",
    ]
    assert last(network, "max_pool").output_shape == (4, 4, 4) and last(
        network, "local_response_norm"
    ).kernel == (5, 1)
    assert network.output_shape == (4,) and network.notes == ("LogSoftmax is counted as softmax",)


def test_matrix_products(load):
    nodes = [
        node("Gemm", ["x", "w1", "b1"], ["a"], transB=1, name="one"),
        node("Relu", ["a"], ["r"]),
        node("MatMul", ["r", "w2"], ["m"], name="two"),
        node("Add", ["m", "b2"], ["n"]),
        node("Gemm", ["n", "w3"], name="three"),
    ]
    weights = [
        ("w1", weight(5, 4)),
        ("b1", weight(5)),
        ("w2", weight(5, 6)),
        ("b2", weight(6)),
        ("w3", weight(6, 2)),
    ]
    network = load(nodes, [("x", ["batch", 4])], [("y", ["batch", 2])], weights)
    assert [(layer.name, layer.bias) for layer in network.array_layers] == [
        ("one", True),
        ("two", True),
        ("three", False),
    ]
    assert [layer.output_shape for layer in network.layers] == [(4,), (5,), (5,), (6,), (2,)]
    values = load_weights(load.path)
    assert np.array_equal(values["one"][0], weight(5, 4).T) and np.array_equal(
        values["two"][1], weight(6)
    )
    assert values["three"][1] is None and values["three"][0].shape == (6, 2)


@pytest.mark.parametrize("batch", [1, 4, "N"])
def test_attention_with_two_activations(load, batch):
    nodes = [
        node("MatMul", ["x", "wq"], ["q"]),
        node("MatMul", ["x", "wk"], ["k"]),
        node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
        node("MatMul", ["q", "kt"], ["s"]),
        node("Div", ["s", "d"], ["t"]),
        node("Softmax", ["t"], ["p"]),
        node("MatMul", ["p", "q"]),
    ]
    weights = [("wq", weight(8, 4)), ("wk", weight(8, 4)), ("d", weight(1) + 2)]
    network = load(nodes, [("x", [batch, 5, 8])], [("y", None)], weights)
    assert [layer.output_shape for layer in network.layers] == [
        (5, 8),
        (5, 4),
        (5, 4),
        (4, 5),
        (5, 5),
        (5, 5),
        (5, 5),
        (5, 4),
    ]
    assert [layer.name for layer in network.array_layers] == ["wq", "wk"]
    assert sum(layer.operator == "matmul" for layer in network.layers) == 2
    assert network.notes[-1] == "Div is counted as multiply" and len(network.notes) == 1 + (
        batch == 4
    )


@pytest.mark.parametrize("batch", [1, 4, "N"])
def test_steps_folded_into_the_batch(load, batch):
    """view(-1, features) before a Gemm, and back: the time steps stay with the image, the batch
    leaves it.
    """
    nodes = [
        node("Reshape", ["x", "flat"], ["a"]),
        node("Gemm", ["a", "w"], ["b"]),
        node("Reshape", ["b", "back"]),
    ]
    weights = [("flat", np.array([-1, 8])), ("w", weight(8, 3)), ("back", np.array([-1, 5, 3]))]
    network = load(nodes, [("x", [batch, 5, 8])], [("y", None)], weights)
    assert [layer.output_shape for layer in network.layers] == [(5, 8), (5, 3)]
    assert network.array_layers[0].matrix.vectors == 5


def test_weight_on_the_left_and_transposed_input(load):
    nodes = [node("MatMul", ["w", "x"], ["a"]), node("Relu", ["a"])]
    network = load(nodes, [("x", ["N", 4, 6])], [("y", None)], [("w", weight(3, 4))])
    matrix = network.array_layers[0].matrix
    assert (matrix.rows, matrix.columns, matrix.vectors) == (4, 3, 6) and network.output_shape == (
        3,
        6,
    )
    assert np.array_equal(load_weights(load.path)[network.array_layers[0].name][0], weight(3, 4).T)


@pytest.mark.parametrize("layout", [0, 1])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
def test_lstm(load, direction, layout):
    count = 2 if direction == "bidirectional" else 1
    shape = ["N", 7, 5] if layout else [7, "N", 5]
    weights = [("w", weight(count, 12, 5)), ("r", weight(count, 12, 3)), ("b", weight(count, 24))]
    nodes = [
        node(
            "LSTM",
            ["x", "w", "r", "b"],
            ["y", "h", ""],
            hidden_size=3,
            direction=direction,
            layout=layout,
            name="memory",
        )
    ]
    network = load(nodes, [("x", shape)], [("y", None), ("h", None)], weights)
    layers = network.array_layers
    assert [
        (layer.matrix.rows, layer.matrix.columns, layer.matrix.vectors) for layer in layers
    ] == [(8, 12, 7)] * count
    assert all(
        layer.bias and layer.hidden == 3 and layer.output_shape == (7, 3) for layer in layers
    )
    assert network.input_shape == (7, 5)
    assert math.prod(network.output_shape) in (count * 3, count * 21)
    matrix, bias = load_weights(load.path)[layers[-1].name]
    assert (
        np.array_equal(matrix[:5], weight(count, 12, 5)[-1].T)
        and bias[0] == weight(count, 24)[-1][[0, 12]].sum()
    )


def test_pytorch_style_lstm_batch_first(load):
    """Transpose, LSTM, Squeeze, Transpose, last step, Gemm: what torch writes for batch_first=True."""
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
        node("LSTM", ["t", "w", "r"], ["s"], hidden_size=3),
        node("Squeeze", ["s", "one"], ["q"]),
        node("Transpose", ["q"], ["u"], perm=[1, 0, 2]),
        node("Gather", ["u", "end"], ["v"], axis=1),
        node("Gemm", ["v", "g"]),
    ]
    weights = [
        ("w", weight(1, 12, 5)),
        ("r", weight(1, 12, 3)),
        ("g", weight(3, 2)),
        ("one", np.array([1])),
        ("end", np.array(-1)),
    ]
    network = load(nodes, [("x", ["N", 7, 5])], [("y", None)], weights)
    assert [layer.output_shape for layer in network.layers] == [(7, 5), (7, 3), (3,), (2,)]
    assert [layer.operator for layer in network.layers] == ["input", "lstm", "slice", "linear"]


@pytest.mark.parametrize("batch", [1, 4])
def test_last_step_of_a_lstm(load, batch):
    """Gather of one step drops the axis before the batch."""
    nodes = [
        node("LSTM", ["x", "w", "r"], ["s"], hidden_size=3),
        node("Squeeze", ["s", "one"], ["q"]),
        node("Gather", ["q", "end"], ["v"], axis=0),
        node("Gemm", ["v", "g"]),
    ]
    weights = [
        ("w", weight(1, 12, 5)),
        ("r", weight(1, 12, 3)),
        ("g", weight(3, 2)),
        ("one", np.array([1])),
        ("end", np.array(-1)),
    ]
    network = load(nodes, [("x", [7, batch, 5])], [("y", None)], weights)
    assert [layer.output_shape for layer in network.layers] == [(7, 5), (7, 3), (3,), (2,)]


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
    assert [layer.name for layer in network.layers] == ["x", "fc"] and len(network.notes) == 1


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


def test_convolution_weights_are_in_the_order_of_unfolded_images(load):
    """Matrix rows are channel, kernel row, kernel column, so that a flattened window times the
    matrix is the convolution.
    """
    load(
        [node("Conv", ["x", "w"], group=2)],
        [("x", [1, 4, 3, 3])],
        [("y", None)],
        [("w", weight(6, 2, 3, 3))],
    )
    matrix, bias = load_weights(load.path)["w"]
    assert matrix.shape == (2, 18, 3) and bias is None
    image = np.random.default_rng(1).normal(size=(4, 3, 3)).astype(np.float32)
    expected = [
        float((weight(6, 2, 3, 3)[out] * image[2 * (out // 3) : 2 * (out // 3) + 2]).sum())
        for out in range(6)
    ]
    got = np.concatenate(
        [image[2 * group : 2 * group + 2].reshape(-1) @ matrix[group] for group in (0, 1)]
    )
    assert np.allclose(got, expected, rtol=1e-4)
