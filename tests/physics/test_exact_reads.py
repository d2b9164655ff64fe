"""Is a read without converters the plain product, with bits of its own for each image?"""

import numpy as np
import pytest

from archsim.operators.array_forward import array_inputs
from archsim.soc.data.exact_reads import exact_reader
from tests.physics.test_map_reads import CONVOLUTIONS, layer_of

LAYERS = {
    **{
        name: layer_of("conv2d", (4, 7, 6), {"channels": 4} | fields)
        for name, fields in CONVOLUTIONS.items()
    },
    "a vector": layer_of("linear", (5,), {"features": 3}),
    "vectors": layer_of("linear", (4, 5), {"features": 3}),
}


def tensors_of(layer, bias):
    draw = np.random.default_rng(2)
    shape = layer.matrix
    size = (shape.groups, shape.columns, shape.rows)
    held = {"weights": draw.normal(size=size).astype(np.float32)}
    if bias:
        held["bias"] = draw.normal(size=size[0] * size[1]).astype(np.float32)
    return {layer.name: held}


def summed_in_order(layer, values, held):
    """Outputs (vectors, groups x outputs): line after line, one rounding a step."""
    shape = layer.matrix
    vectors = array_inputs(layer, values, slice(0, shape.vectors))
    split = vectors.reshape(len(vectors), shape.groups, 1, shape.rows)
    total = np.zeros((len(vectors), shape.groups, shape.columns), np.float32)
    for line in range(shape.rows):
        total += split[..., line] * held["weights"][:, :, line]
    flat = total.reshape(len(vectors), -1)
    return flat + held["bias"] if "bias" in held else flat


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_each_output_is_summed_over_its_lines_in_their_order(layer, bias):
    maps = np.random.default_rng(1).normal(size=(3, *layer.input_shapes[0])).astype(np.float32)
    tensors = tensors_of(layer, bias)
    outputs = exact_reader(tensors)(layer, maps)
    assert outputs.shape == (3, *layer.output_shape)
    for image, output in zip(maps, outputs):
        expected = summed_in_order(layer, image, tensors[layer.name])
        if layer.operator == "conv2d":
            expected = expected.T
        assert (output.reshape(expected.shape) == expected).all()


def test_an_image_has_the_same_bits_alone_and_among_others():
    layer = LAYERS["padded"]
    # More vectors than go through at a time, with an image that lies across.
    maps = np.random.default_rng(1).normal(size=(40, *layer.input_shapes[0])).astype(np.float32)
    read = exact_reader(tensors_of(layer, True))
    together = read(layer, maps)
    assert all((read(layer, maps[i : i + 1])[0] == together[i]).all() for i in range(40))
