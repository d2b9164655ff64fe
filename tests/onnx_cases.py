"""Small ONNX models, their values by ONNX's own reference evaluator, and by the network that the
importer makes of them.
"""

import importlib

import numpy as np

from archsim.operators.array_forward import network_forward
from archsim.soc.data.request import exact_tensors
from workloads import load_network

FLOAT = 1


def onnx_module(name):
    return importlib.import_module(f"onnx.{name}")


def node(kind, inputs, outputs=("y",), name="", **fields):
    """A node; its only output is 'y' where none is named."""
    return onnx_module("helper").make_node(kind, list(inputs), list(outputs), name=name, **fields)


def make_model(nodes, inputs, weights=(), opset=21, outputs=("y",)):
    """A ModelProto: `inputs` are (name, shape), `weights` (name, array)."""
    helper = onnx_module("helper")
    numpy_helper = onnx_module("numpy_helper")
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs],
        [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in weights],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def load_model(path):
    """The ModelProto of a file."""
    return importlib.import_module("onnx").load(path)


def write(model, path):
    path.write_bytes(model.SerializeToString())
    return path


def imported_outputs(network, inputs, images, axis=0):
    """The network's exact outputs, (images, elements): `inputs` are whole ONNX tensors whose batch
    is on `axis`.
    """
    tensors = exact_tensors(network)
    names = [layer.name for layer in network.layers if layer.operator == "input"]
    shapes = {layer.name: layer.output_shape for layer in network.layers}
    result = []
    for image in range(images):
        own = {name: inputs[name].take(image, axis=axis).reshape(shapes[name]) for name in names}
        result.append(
            np.asarray(network_forward(network, own, tensors)[network.layers[-1].name]).reshape(-1)
        )
    return np.array(result)


def reference_outputs(model, inputs, images, output=0, by_definition=False):
    """The same by ONNX's reference evaluator: (images, elements), the batch on axis 0 of the
    output.

    `by_definition`: operators at which the evaluator departs from their definition are written out.
    """
    from onnx_by_definition import OPERATORS

    evaluator = onnx_module("reference").ReferenceEvaluator(
        model, new_ops=OPERATORS if by_definition else None
    )
    return np.asarray(evaluator.run(None, inputs)[output]).reshape(images, -1)


def assert_equal_values(model, path, inputs, images=1, by_definition=False, axis=0, **options):
    """The importer's network computes what the model says, for every image. Returns the network."""
    network = load_network(write(model, path), **options)
    wanted = reference_outputs(model, inputs, images, by_definition=by_definition)
    got = imported_outputs(network, inputs, images, axis)
    np.testing.assert_allclose(
        got, wanted, rtol=2e-4, atol=2e-5 * max(1.0, float(np.abs(wanted).max()))
    )
    return network
