"""Recurrent layers and folded steps of ONNX files become the layers that they stand for."""

import math

import numpy as np
import pytest

from tests.onnx_models import load_weights, loader, node, weight


@pytest.fixture
def load(tmp_path):
    return loader(tmp_path)


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
