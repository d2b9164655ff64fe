"""Mean of each channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors
from archsim.operators.base import AXES_OWN, BATCH_FIRST, operator
from archsim.operators.numbers import np
from archsim.operators.pools import AverageWork, GlobalPool
from archsim.operators.vector.average_pool import MEAN

if TYPE_CHECKING:
    from workloads.network import Layer


@operator("global_average_pool", onnx={"GlobalAveragePool": BATCH_FIRST, "ReduceMean": AXES_OWN})
class GlobalAveragePool(AverageWork, GlobalPool):
    """The window is the whole image."""

    kernels = (MEAN,)

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        return inputs[0].mean(axis=(1, 2)).reshape(layer.output_shape)
