"""Local response normalisation over neighbouring channels (Krizhevsky 2012)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, number_of
from archsim.operators.base import BATCH_FIRST, IMAGE, Operator, TrainingRow, operator
from archsim.operators.kernels import LayerKernel, LayerWords
from archsim.operators.numbers import np
from archsim.operators.shapes import need_rank
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


def respond(data, window):
    """`window`: channels, values of a channel, neighbours of a window before and behind. `words`:
    alpha over their number, beta, bias. `kept`: what a power is taken of, one a value.
    """
    channels = window[0]
    size = window[1]
    for c in range(channels):
        low = max(0, c - window[2])
        high = min(channels, c + window[3] + 1)
        for i in range(size):
            total = np.float32(0.0)
            for other in range(low, high):
                x = data.first[other * size + i]
                total += x * x
            here = c * size + i
            data.kept[here] = data.words[2] + data.words[0] * total
            data.outputs[here] = data.first[here] * data.kept[here] ** -data.words[1]


def respond_back(data, window):
    """e s^-beta - 2 alpha beta x (sum of e y / s over the windows that the value is in)."""
    channels = window[0]
    size = window[1]
    twice = np.float32(2.0) * data.words[0] * data.words[1]
    for c in range(channels):
        # of whose windows the channel is: the neighbours the other way round
        low = max(0, c - window[3])
        high = min(channels, c + window[2] + 1)
        for i in range(size):
            total = np.float32(0.0)
            for other in range(low, high):
                at = other * size + i
                scaled = data.first[at] * data.kept[at] ** -data.words[1]
                total += data.errors[at] * scaled / data.kept[at]
            here = c * size + i
            own = data.errors[here] * data.kept[here] ** -data.words[1]
            data.first_errors[here] += own - twice * data.first[here] * total


RESPONSE = LayerKernel("local response normalisation", respond, respond_back)


@operator("local_response_norm", onnx={"LRN": BATCH_FIRST})
class LocalResponseNorm(Operator):
    """x over a power of the squares' sum of its neighbours; the window is `kernel` = (size, 1)."""

    fields = ("size",)
    streams = True
    kernels = (RESPONSE,)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        need_rank(shapes[0], 3, table.where, IMAGE)
        return Output(shapes[0], {"kernel": (table.integer("size", 5), 1)})

    def forward_work(self, layer: Layer) -> Work:
        n = layer.output_elements
        # square, running sum over channels, power by table, scale
        return {"multiply": 2 * n, "add": 2 * n, "lookup": n}

    def backward_work(self, layer: Layer) -> Work:
        n = layer.output_elements
        return {"multiply": 4 * n, "add": 2 * n, "lookup": n}

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        x = inputs[0]
        size = layer.kernel[0]
        channels = len(x)
        alpha = number_of(layer, "alpha", 1e-4)
        beta = number_of(layer, "beta", 0.75)
        bias = number_of(layer, "bias", 1.0)
        before, after = _neighbours(layer)
        sums = np.stack(
            [(x[max(0, c - before) : c + after + 1] ** 2).sum(axis=0) for c in range(channels)]
        )
        return x / (bias + alpha / size * sums) ** beta

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        channels, *rest = layer.output_shape
        window = (channels, math.prod(rest), *_neighbours(layer))
        numbers = (
            number_of(layer, "alpha", 1e-4) / layer.kernel[0],
            number_of(layer, "beta", 0.75),
            number_of(layer, "bias", 1.0),
        )
        words = LayerWords(constants=numbers)
        return (TrainingRow(RESPONSE, window=window, kept=layer.output_elements, words=words),)


def _neighbours(layer: Layer) -> tuple[int, int]:
    """Channels of a window before and behind its own, as ONNX writes it."""
    size = layer.kernel[0]
    return (size - 1) // 2, size // 2
