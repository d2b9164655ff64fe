"""Small ONNX files, written and read: what becomes of an operator."""

import importlib
import math

import numpy as np
import pytest

from workloads import load_network

pytest.importorskip(
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


def loader(folder):
    """A call that writes a small model to `folder` and reads it: each layer has the shapes of those
    that it follows. `path` is the file.
    """

    def run(*arguments, shapes=None, **options):
        path = folder / "net.onnx"
        path.write_bytes(model(*arguments, **options).SerializeToString())
        network = load_network(path, shapes=shapes)
        shape_of = {}
        for layer in network.layers:
            assert layer.input_shapes == tuple(shape_of[item] for item in layer.inputs)
            shape_of[layer.name] = layer.output_shape
        run.path = path
        return network

    return run


def node(kind, inputs, outputs=("y",), name="", **fields):
    return helper.make_node(kind, inputs, outputs, name=name, **fields)
