"""ONNX files: every supported form of an operator becomes the layers that it stands for."""

import math

import numpy as np
import pytest

from tests.onnx_models import load_weights, loader, node, weight


@pytest.fixture
def load(tmp_path):
    return loader(tmp_path)


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


def test_weight_on_the_left_and_transposed_input(load):
    nodes = [node("MatMul", ["w", "x"], ["a"]), node("Relu", ["a"])]
    network = load(nodes, [("x", ["N", 4, 6])], [("y", None)], [("w", weight(3, 4))])
    matrix = network.array_layers[0].matrix
    assert (matrix.rows, matrix.columns, matrix.vectors) == (4, 3, 6) and network.output_shape == (
        3,
        6,
    )
    assert np.array_equal(load_weights(load.path)[network.array_layers[0].name][0], weight(3, 4).T)


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
