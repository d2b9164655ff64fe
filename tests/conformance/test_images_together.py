"""Do images that go through an operator together get the bits that each gets alone?"""

import numpy as np

from archsim.operators.forward import apply, apply_images, can_carry
from archsim.operators.vocabulary import VECTOR_OPERATORS, function_of
from tests.conformance.operators_known import F, values_of
from tests.members import every
from tests.operator_layers import layer_of
from workloads.network import Layer

IMAGES = 3


def constants_of(layer, seed=9):
    """Values of the layer's roles, of the one shape that fits or of that of an image."""
    shapes = function_of(layer).constant_shapes(layer)
    return {
        role: values_of(shapes.get(role, layer.input_shapes[0]), seed + number)
        for number, role in enumerate(layer.roles)
    }


def held_to_each(layer):
    inputs = [values_of((IMAGES, *shape), seed) for seed, shape in enumerate(layer.input_shapes, 1)]
    constants = constants_of(layer)
    together = apply_images(layer, inputs, constants, IMAGES)
    assert together.shape == (IMAGES, *layer.output_shape)
    for image, got in enumerate(together):
        alone = apply(layer, [values[image] for values in inputs], constants)
        assert np.array_equal(got, np.asarray(alone, F).reshape(got.shape), equal_nan=True)


@every("operator", [name for name in VECTOR_OPERATORS if can_carry(layer_of(name))])
def test_images_together_have_the_bits_of_each(operator):
    held_to_each(layer_of(operator))


def test_operands_that_are_broadcast_keep_to_their_image():
    # as many images as channels: shapes alone would not tell one axis from the other
    shapes = ((3, 4, 4), (3, 1, 1))
    held_to_each(Layer("it", "multiply", ("x", "y"), shapes, shapes[0]))
    held_to_each(Layer("it", "add", ("x",), shapes[:1], shapes[0], constants=("operand0",)))


def test_channels_of_a_normalisation_may_lie_on_any_axis():
    for shape, axis in (((3, 4, 4), 0), ((4, 3), 1), ((3,), 0), ((4, 3, 5), 1)):
        layer = Layer("it", "batch_norm", ("x",), (shape,), shape, settings=(("axis", axis),))
        assert function_of(layer).channels(layer) == 3
        held_to_each(layer)
