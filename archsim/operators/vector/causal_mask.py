"""The mask of an attention in which no token looks at later ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work
from archsim.operators.base import Operator, TrainingRow, operator
from archsim.operators.kernels import LayerWords
from archsim.operators.numbers import np
from archsim.operators.products import MASK

if TYPE_CHECKING:
    from workloads.network import Layer

FAR_BELOW = -1e9
"""Of which the exponential is 0 beside any other score; infinity would be no number behind a sum."""


def mask_of(layer: Layer) -> np.ndarray:
    """What the layer adds to its scores, (queries, keys)."""
    queries, keys = layer.output_shape[-2:] if len(layer.output_shape) > 1 else (1, 1)
    return np.triu(np.full((queries, keys), FAR_BELOW, np.float32), 1 + keys - queries)


@operator("causal_mask")
class CausalMask(Operator):
    """A score far below all others right of the diagonal of the last two axes, which ends in their
    last corner: the last query sees all keys. A softmax behind it gives such keys no share.
    """

    masks = True
    streams = True
    kernels = (MASK,)

    def forward_work(self, layer: Layer) -> Work:
        return {"compare": layer.output_elements}

    def backward_work(self, layer: Layer) -> Work:
        return {"compare": layer.output_elements}

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        return inputs[0] + mask_of(layer)

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        (*lead, queries, keys) = layer.output_shape
        words = LayerWords(constants=(FAR_BELOW,))
        return (TrainingRow(MASK, window=(math.prod(lead), queries, keys), words=words),)
