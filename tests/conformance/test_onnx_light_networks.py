"""The nine networks of the onnx wheel against counts made here."""

import importlib
import math
from pathlib import Path

import pytest

from tests.near import near
from workloads import load_network

onnx = pytest.importorskip(
    "onnx", reason="the ONNX importer's tests need the package onnx (pip install archsim[onnx])"
)
load_weights = importlib.import_module("workloads.onnx_file").load_weights

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
# Weights in millions and multiply-accumulates in thousand millions, as commonly published for 224 x
# 224 (grouped AlexNet).
PUBLISHED = {
    "bvlc_alexnet": (60.9, 0.65, 8),
    "densenet121": (7.9, 2.83, 121),
    "inception_v1": (7.0, 1.43, 58),
    "inception_v2": (11.2, 2.02, 70),
    "resnet50": (25.5, 4.09, 54),
    "shufflenet": (1.37, 0.125, 50),
    "squeezenet": (1.23, 0.349, 26),
    "vgg19": (143.6, 19.63, 19),
    "zfnet512": (87.2, 1.48, 8),
}


def counted(path):
    """Weights and multiply-accumulates straight from onnx: weight elements, times output positions
    of convolutions.
    """
    model = onnx.shape_inference.infer_shapes(onnx.load(path), data_prop=True)
    shapes = {
        item.name: [dim.dim_value for dim in item.type.tensor_type.shape.dim]
        for item in [*model.graph.value_info, *model.graph.input, *model.graph.output]
    } | {item.name: list(item.dims) for item in model.graph.initializer}
    weights = work = 0
    for node in model.graph.node:
        if node.op_type in ("Conv", "Gemm"):
            size = math.prod(shapes[node.input[1]])
            weights += size
            work += size * math.prod(shapes[node.output[0]][2:])
    return weights, work


@pytest.mark.parametrize("name", PUBLISHED)
def test_light_networks(name):
    path = LIGHT / f"light_{name}.onnx"
    network = load_network(path)
    assert (network.weights, network.multiply_accumulates) == counted(path)
    weights, work, layers = PUBLISHED[name]
    assert network.weights / 1e6 == near(
        weights, rel=0.01
    ) and network.multiply_accumulates / 1e9 == near(work, rel=0.01)
    assert len(network.array_layers) == layers
    assert network.input_shape == (3, 224, 224) and math.prod(network.output_shape) == 1000
    seen = {}
    for layer in network.layers:
        assert (
            layer.input_shapes == tuple(seen[item] for item in layer.inputs)
            and layer.name not in seen
        )
        seen[layer.name] = layer.output_shape
        if layer.on_array:
            assert layer.matrix.rows > 0 and layer.matrix.vectors > 0


def test_light_networks_structure():
    resnet = load_network(LIGHT / "light_resnet50.onnx")
    assert sum(layer.operator == "add" for layer in resnet.layers) == 16
    assert sum(layer.operator == "batch_norm" for layer in resnet.layers) == 53
    assert resnet.array_layers[0].name == "gpu_0/conv1" and resnet.array_layers[0].padding == (
        3,
        3,
        3,
        3,
    )
    alexnet = load_network(LIGHT / "light_bvlc_alexnet.onnx")
    assert [layer.groups for layer in alexnet.array_layers[:5]] == [1, 2, 1, 2, 2]
    assert all(layer.bias for layer in alexnet.array_layers)
    densenet = load_network(LIGHT / "light_densenet121.onnx")
    scale = next(layer for layer in densenet.layers if layer.operator == "multiply")
    assert len(scale.inputs) == 1, "a constant operand is no input"


def test_weights_of_a_light_network_fit_its_layers():
    path = LIGHT / "light_shufflenet.onnx"
    values = load_weights(path)
    for layer in load_network(path).array_layers:
        matrix = layer.matrix
        array, bias = values[layer.name]
        assert (
            array.shape[-2:] == (matrix.rows, matrix.columns)
            and array.size == matrix.weights
            and (bias is not None) == layer.bias
        )
