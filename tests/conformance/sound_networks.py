"""What holds for every network, and tables of layers written as files."""

import math

from archsim.operators.vocabulary import OPERATORS


def check_network(network):
    """What holds for every network, however it was loaded."""
    seen = {}
    assert network.layers[0].operator == "input"
    for layer in network.layers:
        assert layer.name not in seen and layer.operator in OPERATORS
        assert layer.input_shapes == tuple(seen[name] for name in layer.inputs), layer.name
        assert (layer.operator == "input") == (not layer.inputs)
        assert layer.output_shape and all(
            isinstance(size, int) and size > 0 for size in layer.output_shape
        )
        if layer.operator in (
            "conv2d",
            "max_pool",
            "average_pool",
            "global_average_pool",
            "global_max_pool",
        ):
            assert len(layer.output_shape) == 3 == len(layer.input_shapes[0])
        if layer.on_array:
            assert layer.matrix.rows > 0 and layer.matrix.columns * layer.matrix.groups == (
                4 * layer.hidden or layer.output_shape[0 if layer.operator == "conv2d" else -1]
            )
        seen[layer.name] = layer.output_shape
    consumed = {name for layer in network.layers for name in layer.inputs}
    assert network.layers[-1].name not in consumed
    assert network.multiply_accumulates == sum(
        math.prod(shape) for shape in map(_work, network.array_layers)
    )


def _work(layer):
    """Multiply-accumulates counted from the output: every output element needs one row of its
    matrix.
    """
    if layer.operator == "lstm":
        return layer.output_elements, 4, layer.matrix.rows
    return layer.output_elements, layer.matrix.rows


def write(tmp_path, text, name="net.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode().replace(b"\n", b"\r\n"))
    return path
