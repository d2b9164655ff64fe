"""Steps of a quantised file: scale and zero point, one for all or one a place along an axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from archsim.operators.arguments import Tensors, constant, count_of
from archsim.operators.base import FREE, Operator
from archsim.operators.kernels import LayerWords, TrainingRow
from archsim.operators.numbers import np
from archsim.operators.pairs import UNKNOWN

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


class Steps(Operator):
    """An operator with the roles `scale` and perhaps `zero`, which never change. It costs nothing: what
    the chip quantises its own converters do, and its digital words have scales of their own.
    """

    kind = FREE
    moves_only = True
    trains_constants = True

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        if "scale" not in layer.constants:
            return ()
        (kernel,) = self.kernels
        count, neighbours = _counts(layer)
        ends = (count_of(layer, name, usual) for name, usual in (("low", 0), ("high", 255)))
        zero = UNKNOWN if "zero" in layer.constants else 0.0
        words = LayerWords(constants=(UNKNOWN,) * count + (zero,) * count)
        return (TrainingRow(kernel, window=(count, neighbours, *ends), words=words),)

    def constant_words(self, layer: Layer, held: Tensors) -> np.ndarray | None:
        count, _ = _counts(layer)
        scale = constant(layer, "scale", held)
        zero = constant(layer, "zero", held) if "zero" in layer.constants else np.zeros(1)
        spread = [np.broadcast_to(np.ravel(item), (count,)) for item in (scale, zero)]
        return np.concatenate(spread).astype(np.float32)

    def folded(self, layer: Layer, words: np.ndarray) -> dict[str, np.ndarray]:
        scale, zero = np.split(words, 2)
        held = {"scale": scale.copy(), "zero": zero.copy()}
        return {role: held[role] for role in layer.constants}


def _counts(layer: Layer) -> tuple[int, int]:
    """How many scales there are, and how many neighbours have the same one."""
    axis = layer.setting("axis")
    if axis is None:
        return 1, 1
    shape = layer.output_shape
    channel = int(str(axis)) % len(shape)
    return shape[channel], math.prod(shape[channel + 1 :])


def _along(layer: Layer, held: np.ndarray, axes: int) -> np.ndarray:
    if held.size == 1:
        return held.reshape(())
    shape = [1] * axes
    shape[count_of(layer, "axis")] = -1
    return held.reshape(shape)
