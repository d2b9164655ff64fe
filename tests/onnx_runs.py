"""What a file gives: by onnxruntime, and by the network that the importer makes of it."""

import numpy as np

from archsim.operators.array_forward import network_forward
from archsim.soc.data.request import exact_tensors
from workloads import load_network


def runtime_output(path, inputs):
    """The first output of a file by onnxruntime, without its optimisations: (elements,) float64."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    feed = {item.name: value for item, value in zip(session.get_inputs(), inputs)}
    return np.asarray(session.run(None, feed)[0]).astype(np.float64).reshape(-1)


def imported_output(path, inputs):
    """The same of the imported network, in exact arithmetic."""
    network = load_network(path)
    layers = [layer for layer in network.layers if layer.operator == "input"]
    images = {
        layer.name: np.asarray(value).astype(np.float32).reshape(layer.output_shape)
        for layer, value in zip(layers, inputs)
    }
    outputs = network_forward(network, images, exact_tensors(network))
    return np.asarray(outputs[network.layers[-1].name]).astype(np.float64).reshape(-1)
