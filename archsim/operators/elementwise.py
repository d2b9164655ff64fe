"""Operators of one number each: what is said of an element is said of the layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from archsim.operators.arguments import Tensors, Work, constant, number_of
from archsim.operators.base import Kernel, LayerKernel, Operator, TrainingRow
from archsim.operators.kernels import LayerWords
from archsim.operators.numbers import np
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer

Numbers: TypeAlias = "np.ndarray"


class Elementwise(Operator):
    """A function of each element by itself. A subclass gives `of`, its work an element, and, where
    it trains, a kernel.
    """

    elementwise = True
    streams = True
    settings: ClassVar[Mapping[str, object]] = {}
    """Settings in ONNX's words, and ONNX's defaults."""
    forward_actions: ClassVar[Mapping[str, int]] = {}
    """Actions of the vector unit an element."""
    backward_actions: ClassVar[Mapping[str, int]] = {}
    masked: ClassVar[bool] = False
    """Its way back needs to know on which side of a bend an element was: a bit."""

    of: Callable[..., Numbers]
    """The function of an array of any shape and of the settings, exact."""

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        named = tuple((name, table.number(name)) for name in self.fields if name in table.values)
        return Output(shapes[0], {"settings": named} if named else {})

    def forward_work(self, layer: Layer) -> Work:
        return _times(self.forward_actions, layer.output_elements)

    def backward_work(self, layer: Layer) -> Work:
        return _times(self.backward_actions, layer.output_elements)

    def mask_bits(self, layer: Layer) -> int:
        return layer.output_elements if self.masked else 0

    def forward(self, layer: Layer, inputs: Sequence[Numbers], constants: Tensors) -> Numbers:
        held = {role: constant(layer, role, constants) for role in layer.constants}
        return self.of(inputs[0], **dict(layer.settings), **held)

    def forward_images(
        self, layer: Layer, inputs: Sequence[Numbers], constants: Tensors, images: int
    ) -> Numbers:
        if layer.constants:
            return super().forward_images(layer, inputs, constants, images)
        # each element on its own: all images are one map
        return self.forward(layer, inputs, constants).astype(np.float32, copy=False)

    def kernel_of(self, layer: Layer) -> Kernel | None:
        """The kernel that computes the layer with its settings, each of them."""
        wanted = {name: layer.setting(name, value) for name, value in self.settings.items()}
        for kernel in self.kernels:
            # A kernel is compiled for its settings: another slope would be computed as this one.
            if isinstance(kernel, Kernel) and {**self.settings, **dict(kernel.settings)} == wanted:
                return kernel
        return None

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        for own in self.kernels:
            if isinstance(own, LayerKernel):  # its settings, as they are
                values = tuple(
                    number_of(layer, name, float(str(usual)))
                    for name, usual in self.settings.items()
                )
                return (TrainingRow(own, words=LayerWords(constants=values)),)
        kernel = self.kernel_of(layer)
        return () if kernel is None else (TrainingRow(kernel),)


def _times(actions: Mapping[str, int], elements: int) -> Work:
    return {action: count * elements for action, count in actions.items()}


def erf(x: Numbers) -> Numbers:
    """The error function, exact to double precision."""
    # NumPy has none, and SciPy is no dependency.
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(np.asarray(x, np.float64)), np.float64)


def softplus(x: Numbers) -> Numbers:
    """log(1 + exp(x)), without overflow."""
    # The exponential of a number that is never positive.
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def logistic(x: Numbers) -> Numbers:
    """1 / (1 + exp(-x)), without overflow for large negative x."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))
