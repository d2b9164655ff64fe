"""Largest value of each channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors
from archsim.operators.base import AXES_OWN, BATCH_FIRST, operator
from archsim.operators.numbers import np
from archsim.operators.pools import GlobalPool, LargestWork
from archsim.operators.vector.max_pool import LARGEST

if TYPE_CHECKING:
    from workloads.network import Layer


@operator("global_max_pool", onnx={"GlobalMaxPool": BATCH_FIRST, "ReduceMax": AXES_OWN})
class GlobalMaxPool(LargestWork, GlobalPool):
    """The window is the whole image."""

    kernels = (LARGEST,)
    keeps_winners = True

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        return inputs[0].max(axis=(1, 2)).reshape(layer.output_shape)
