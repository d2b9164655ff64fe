"""Steps of a quantised file: scale and zero point, one for all or one a place along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archsim.operators.arguments import Tensors, constant, count_of
from archsim.operators.numbers import np

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer


class ScaleAndZero(NamedTuple):
    """What a whole number stands for: (number - zero) scale. Both are broadcast to the values."""

    scale: np.ndarray
    zero: np.ndarray


def step_of(layer: Layer, values: np.ndarray, constants: Tensors) -> ScaleAndZero:
    """The step of a layer, as its values meet it.

    Args:
        layer: with the role `scale`, perhaps `zero`, and the setting `axis` where there are several.
        values: of the layer's input.
        constants: values of the roles.
    """
    scale = constant(layer, "scale", constants).astype(np.float32)
    zero = np.zeros(1, np.float32)
    if "zero" in layer.constants:
        zero = constant(layer, "zero", constants).astype(np.float32)
    return ScaleAndZero(*(_along(layer, item, values.ndim) for item in (scale, zero)))


def _along(layer: Layer, held: np.ndarray, axes: int) -> np.ndarray:
    if held.size == 1:
        return held.reshape(())
    shape = [1] * axes
    shape[count_of(layer, "axis")] = -1
    return held.reshape(shape)
