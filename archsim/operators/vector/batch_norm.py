"""Batch normalisation with the statistics of the training folded into one scale and one shift a
channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, count_of
from archsim.operators.base import BATCH_FIRST, Operator, operator
from archsim.operators.numbers import np

if TYPE_CHECKING:
    from workloads.network import Layer


@operator("batch_norm", onnx={"BatchNormalization": BATCH_FIRST})
class BatchNorm(Operator):
    """scale x + shift."""

    streams = True
    may_be_folded = True

    def roles(self, layer: Layer) -> tuple[str, ...]:
        return ("scale", "shift")

    def forward_work(self, layer: Layer) -> Work:
        return {"multiply_add": layer.output_elements}

    def backward_work(self, layer: Layer) -> Work:
        n = layer.output_elements
        # scale and shift gradients, and the error through the batch statistics
        return {"multiply_add": 3 * n, "multiply": 2 * n}

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        x = inputs[0]
        if not constants:
            return x
        shape = [1] * x.ndim
        shape[count_of(layer, "axis", 0 if x.ndim == 3 else -1)] = -1
        return x * constants["scale"].reshape(shape) + constants["shift"].reshape(shape)
