"""Normalisations with the statistics of the image itself: what they share.

Means and deviations are of sets of elements; a subclass says which elements are one set. The
normalised values are scaled and shifted by constants where the layer has them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from archsim.operators.arguments import Tensors, Work, constant, merge, number_of
from archsim.operators.base import Operator, TrainingRow, WordCounts
from archsim.operators.kernels import LayerWords
from archsim.operators.normal_kernels import SETS
from archsim.operators.numbers import np

if TYPE_CHECKING:
    from archsim.operators.shapes import Shape
    from workloads.network import Layer


# what scaling and shifting asks of a lane, an element
_AFFINE = {("scale", "shift"): "multiply_add", ("scale",): "multiply", ("shift",): "add"}

_USUAL = {"scale": 1.0, "shift": 0.0}
"""The words of a normalisation, in their order, and what they are at first."""


class Scales(NamedTuple):
    """The words that scale and shift normalised values: the shape of either, and how many values
    beside each other have the same one.
    """

    shape: tuple[int, ...]
    neighbours: int

    @property
    def number(self) -> int:
        """How many scales there are."""
        return math.prod(self.shape)


class Normalisation(Operator):
    """(x - mean) / sqrt(variance + epsilon), times `scale`, plus `shift`."""

    kernels = (SETS,)
    trains_constants = True
    streams = False  # the statistics need all elements of a set before the first result
    centred: ClassVar[bool] = True
    """Whether the mean is taken off."""

    def sets(self, layer: Layer) -> int:
        """How many sets of elements have statistics of their own, an image."""
        raise NotImplementedError

    def split(self, layer: Layer, x: np.ndarray) -> np.ndarray:
        """The values as (sets, elements of a set)."""
        raise NotImplementedError

    def back(self, layer: Layer, sets: np.ndarray) -> np.ndarray:
        """What `split` did, undone."""
        return sets.reshape(layer.output_shape)

    def forward_work(self, layer: Layer) -> Work:
        n = layer.output_elements
        sets = self.sets(layer)
        # squares summed, the product with 1/deviation; a mean and 1/sqrt (by table) a set
        work: Work = {"multiply_add": n, "multiply": n, "divide": sets, "lookup": sets}
        if self.centred:  # summed, and the mean taken off
            work = merge(work, {"add": 2 * n, "divide": sets})
        return merge(work, {_AFFINE[layer.constants]: n} if layer.constants else {})

    def backward_work(self, layer: Layer) -> Work:
        n = layer.output_elements
        sets = self.sets(layer)
        # dx = (g - mean(g) - y mean(g y)) / deviation with g = scale x error; scale's and shift's
        # own gradients are sums of error x y and of error
        work: Work = {"multiply_add": 3 * n, "multiply": 2 * n, "divide": sets}
        return merge(work, {"add": 2 * n} if self.centred else {})

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        sets = self.split(layer, np.asarray(inputs[0], np.float64))
        if self.centred:
            sets = sets - sets.mean(axis=1, keepdims=True)
        variance = (sets**2).mean(axis=1, keepdims=True)
        normal = sets / np.sqrt(variance + number_of(layer, "epsilon", 1e-5))
        result = self.back(layer, normal)
        if "scale" in layer.constants:
            result = result * constant(layer, "scale", constants)
        if "shift" in layer.constants:
            result = result + constant(layer, "shift", constants)
        return result.astype(inputs[0].dtype)

    def scales(self, layer: Layer) -> Scales:
        """The words that scale and shift."""
        raise NotImplementedError

    def roles(self, layer: Layer) -> tuple[str, ...]:
        return tuple(role for role in _USUAL if role in layer.constants)  # in their order in memory

    def constant_shapes(self, layer: Layer) -> Mapping[str, Shape]:
        return dict.fromkeys(self.roles(layer), self.scales(layer).shape)

    def words(self, layer: Layer) -> WordCounts:
        return WordCounts(len(layer.constants) * self.scales(layer).number)

    def words_work(self, layer: Layer, errors: int) -> Work:
        return {"add": errors * self.words(layer).trained}  # to the gradients

    def folded(self, layer: Layer, words: np.ndarray) -> dict[str, np.ndarray]:
        scales = self.scales(layer)
        held = words[1:].reshape(-1, *scales.shape)
        return {role: values.copy() for role, values in zip(self.roles(layer), held)}

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        sets = self.sets(layer)
        scales = self.scales(layer)
        size = layer.output_elements // sets
        scaled, shifted = (int(role in layer.constants) for role in _USUAL)
        window = (sets, size, int(self.centred), scaled, scales.number, scales.neighbours, shifted)
        epsilon = number_of(layer, "epsilon", 1e-5)
        words = LayerWords(
            (epsilon,), scales.number, tuple(_USUAL[role] for role in self.roles(layer))
        )
        return (TrainingRow(SETS, window=window, kept=2 * sets, words=words),)


class OverLastAxes(Normalisation):
    """One set is what lies behind the setting `axis`; the axes before it are positions."""

    def first_axis(self, layer: Layer) -> int:
        return int(number_of(layer, "axis", len(layer.output_shape) - 1))

    def sets(self, layer: Layer) -> int:
        return math.prod(layer.output_shape[: self.first_axis(layer)])

    def split(self, layer: Layer, x: np.ndarray) -> np.ndarray:
        return x.reshape(self.sets(layer), -1)

    def scales(self, layer: Layer) -> Scales:
        return Scales(layer.output_shape[self.first_axis(layer) :], 1)
