"""Interpolation: each output is a weighted mean of its neighbours along some axes.

Source: the definition of ONNX's operator Resize (opset 19), whose settings these are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, number_of
from archsim.operators.base import AXES_OWN, Operator, TrainingRow, operator
from archsim.operators.kernels import LayerKernel, LayerWords
from archsim.operators.moved import TAKE, taken
from archsim.operators.numbers import np
from archsim.operators.shapes import need_rank
from archsim.operators.sizes import Output
from archsim.operators.strides import along, moved_numbers

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer

MODES = ("linear", "cubic")
COORDINATES = (
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
)
TAPS = {"linear": 2, "cubic": 4}


def position(kind: str, at: np.ndarray, size: int, scale: float, length: int) -> np.ndarray:
    """Where outputs lie in the input.

    Args:
        kind: ONNX's coordinate_transformation_mode.
        at: numbers of outputs.
        size: of the input.
        scale: stated ratio of the sizes.
        length: number of outputs.
    """
    if kind == "align_corners":
        return at * (size - 1) / (length - 1) if length > 1 else at * 0.0
    if kind == "asymmetric":
        return at / scale
    if kind == "pytorch_half_pixel" and length == 1:
        return at * 0.0
    x = (at + 0.5) / scale - 0.5
    if kind == "half_pixel_symmetric":
        # the stated scale may not give a whole size: the outputs stay centred
        x += size / 2 * (1 - length / (scale * size))
    return x


def weights(mode: str, part: np.ndarray, steepness: float) -> np.ndarray:
    """Weights (taps, outputs) of the neighbours for a distance `part` in 0 … 1 past the first.
    `steepness` is the cubic convolution's coefficient a (Keys 1981).
    """
    if mode == "linear":
        return np.stack([1 - part, part])
    a = steepness
    far = [part + 1, 2 - part]
    near = [part, 1 - part]
    outer = [((a * x - 5 * a) * x + 8 * a) * x - 4 * a for x in far]
    inner = [((a + 2) * x - (a + 3)) * x * x + 1 for x in near]
    return np.stack([outer[0], inner[0], inner[1], outer[1]])


def mix(source, target, window, axis, words, back):
    """target += the matrix of an axis times source, or `back` its transpose.

    `window`: of every axis, from number 5 `axis` + 1 on, sets before it, its size, sets behind it, its
    outputs and the neighbours of each. `words`: of every output its neighbours' numbers and weights;
    those of the second axis behind those of the first.
    """
    at = 5 * axis + 1
    size = window[at + 1]
    inner = window[at + 2]
    length = window[at + 3]
    taps = window[at + 4]
    first = 2 * window[4] * window[5] if axis > 0 else 0
    for o in range(window[at]):
        for j in range(length):
            for tap in range(taps):
                entry = first + 2 * (j * taps + tap)
                weight = words[entry + 1]
                here = (o * size + int(words[entry])) * inner
                there = (o * length + j) * inner
                for i in range(inner):
                    if back:
                        target[here + i] += weight * source[there + i]
                    else:
                        target[there + i] += weight * source[here + i]


def interpolate(data, window):
    """One axis, or two one after the other. `window`: how many, then as `mix`. `kept`: what lies
    between the two."""
    data.outputs[:] = np.float32(0.0)
    if window[0] == 1:
        mix(data.first, data.outputs, window, 0, data.words, False)
        return
    data.kept[:] = np.float32(0.0)
    mix(data.first, data.kept, window, 0, data.words, False)
    mix(data.kept, data.outputs, window, 1, data.words, False)


def interpolate_back(data, window):
    if window[0] == 1:
        mix(data.errors, data.first_errors, window, 0, data.words, True)
        return
    data.kept[:] = np.float32(0.0)
    mix(data.errors, data.kept, window, 1, data.words, True)
    mix(data.kept, data.first_errors, window, 0, data.words, True)


MIXED = LayerKernel("interpolation", interpolate, interpolate_back)


@operator("resize", onnx={"Resize": AXES_OWN})
class Resize(Operator):
    """Linear or cubic interpolation along every axis whose size changes."""

    fields = ("factor", "mode")
    kernels = (MIXED, TAKE)
    trains = "resize along one or two axes"
    meanings = {
        "mode": "of `resize`: `linear` (bilinear on a map) or `cubic`",
        "factor": "how many times as high and as wide, 2 where it is not given",
    }

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        need_rank(shapes[0], 3, table.where, "(channels, height, width)")
        factor = table.integer("factor", 2)
        mode = table.word("mode", "linear", MODES, "interpolation")
        channels, height, width = shapes[0]
        shape = (channels, height * factor, width * factor)
        return Output(shape, {"settings": (("mode", mode),)})

    def changed(self, layer: Layer) -> list[int]:
        """Axes along which it interpolates."""
        sizes = zip(layer.input_shapes[0], layer.output_shape)
        return [axis for axis, (size, length) in enumerate(sizes) if size != length]

    def forward_work(self, layer: Layer) -> Work:
        taps = TAPS[str(layer.setting("mode", "linear"))]
        shape = list(layer.input_shapes[0])
        count = 0
        for axis in self.changed(layer):
            shape[axis] = layer.output_shape[axis]
            count += taps * int(np.prod(shape))
        return {"multiply_add": count}

    def backward_work(self, layer: Layer) -> Work:
        return self.forward_work(layer)

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        result = np.asarray(inputs[0])
        for axis in self.changed(layer):
            matrix = self.matrix_along(layer, axis)
            result = np.moveaxis(np.tensordot(matrix, result, ([1], [axis])), 0, axis)
        return result.astype(np.asarray(inputs[0]).dtype)

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        axes = self.changed(layer)
        if not axes:  # of the size that it has
            return taken(moved_numbers((layer.output_elements,), (1,)))
        if len(axes) > 2:
            return ()
        shape = list(layer.input_shapes[0])
        window = [len(axes)]
        numbers: list[float] = []
        between = 0
        for axis in axes:
            taps, held = self._neighbours(layer, axis)
            length = layer.output_shape[axis]
            window += [*along(tuple(shape), axis), length, len(taps)]
            numbers += np.stack([taps.T, held.T], axis=-1).reshape(-1).tolist()
            shape[axis] = length
            between = between or int(np.prod(shape))
        words = LayerWords(constants=tuple(numbers))
        kept = between if len(axes) == 2 else 0
        return (TrainingRow(MIXED, window=tuple(window), kept=kept, words=words),)

    def matrix_along(self, layer: Layer, axis: int) -> np.ndarray:
        """(outputs, inputs) of one axis."""
        length = layer.output_shape[axis]
        matrix = np.zeros((length, layer.input_shapes[0][axis]))
        for tap, weight in zip(*self._neighbours(layer, axis)):
            np.add.at(matrix, (np.arange(length), tap), weight)
        return matrix

    def _neighbours(self, layer: Layer, axis: int) -> tuple[np.ndarray, np.ndarray]:
        """Numbers and weights (taps, outputs) of the inputs that make up an output of one axis."""
        size = layer.input_shapes[0][axis]
        length = layer.output_shape[axis]
        # a stated scale need not be the ratio of the sizes, which are whole
        scale = number_of(layer, f"scale{axis}", length / size)
        mode = str(layer.setting("mode", "linear"))
        kind = str(layer.setting("coordinates", "half_pixel"))
        x = position(kind, np.arange(length, dtype=np.float64), size, scale, length)
        first = np.floor(x).astype(np.int64)
        held = weights(mode, x - first, number_of(layer, "steepness", -0.75))
        taps = first + np.arange(held.shape[0])[:, None] - (1 if mode == "cubic" else 0)
        if layer.setting("exclude_outside", False):
            held = np.where((taps < 0) | (taps >= size), 0.0, held)
            held = held / held.sum(axis=0)
        # a neighbour outside is the border's value
        return np.clip(taps, 0, size - 1), held
