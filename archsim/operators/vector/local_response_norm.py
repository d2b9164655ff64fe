"""Local response normalisation over neighbouring channels (Krizhevsky 2012)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, number_of
from archsim.operators.base import BATCH_FIRST, IMAGE, Operator, operator
from archsim.operators.numbers import np
from archsim.operators.shapes import need_rank
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator("local_response_norm", onnx={"LRN": BATCH_FIRST})
class LocalResponseNorm(Operator):
    """x over a power of the squares' sum of its neighbours; the window is `kernel` = (size, 1)."""

    fields = ("size",)
    streams = True

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
        before, after = (size - 1) // 2, size // 2  # as ONNX writes it
        sums = np.stack(
            [(x[max(0, c - before) : c + after + 1] ** 2).sum(axis=0) for c in range(channels)]
        )
        return x / (bias + alpha / size * sums) ** beta
