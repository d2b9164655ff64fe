"""Are constants of another shape refused, whichever layer they are for?"""

import numpy as np
import pytest

from archsim.run.trained_weights import trained_tensors
from hwlib.errors import InputError
from tests.conformance.test_exported_operators import NORMS, values_of
from tests.members import every
from workloads.network import Layer, Network


def norm_of(operator):
    shape = NORMS[operator]
    first = Layer("input", "input", (), (), shape)
    words = ("scale", "shift")
    return Network(
        "norm", (first, Layer("it", operator, ("input",), (shape,), shape, constants=words))
    )


# Too few, an axis more (which NumPy would stretch the output for), the axes turned.
OTHERS = {
    "three of them": lambda values: np.ones(3),
    "an axis more": lambda values: np.ones((7, *values.shape)),
    "a column": lambda values: np.ones((*values.shape, 5)),
}


def test_a_vector_of_channels_is_taken_whatever_axes_it_lacks():
    network = norm_of("group_norm")
    flat = {name: values.reshape(-1) for name, values in values_of(network).items()}
    assert trained_tensors(network, flat).tensors["it"]["scale"].shape == (4, 1, 1)


@every("operator, other", [(operator, other) for operator in NORMS for other in OTHERS])
def test_constants_of_another_shape_are_refused(operator, other):
    network = norm_of(operator)
    values = values_of(network)
    assert trained_tensors(network, values).tensors["it"].keys() == {"scale", "shift"}
    for role in ("scale", "shift"):
        name = f"it.{role}"
        damaged = {**values, name: OTHERS[other](values[name])}
        with pytest.raises(InputError, match="do not fit the layer") as refused:
            trained_tensors(network, damaged)
        assert name in str(refused.value) and str(damaged[name].shape) in str(refused.value)
