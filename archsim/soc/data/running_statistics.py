"""Running statistics of batch normalisations, measured anew on the tiles of a chip: what its devices
give has other means and variances than what the training met (Joshi et al. 2020,
10.1038/s41467-020-16108-9).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from archsim.operators.forward import apply_images
from archsim.operators.vocabulary import operator_of
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.operators.arguments import Tensors
    from workloads.network import Layer, Network


def measured_layers(
    network: Network, tensors: Mapping[str, Mapping[str, np.ndarray]]
) -> list[Layer]:
    """Layers with running statistics that are not folded into the weights.

    Raises:
        InputError: for one whose scale and shift come without the statistics that are in them.
    """
    layers = []
    for layer in network.layers:
        roles = operator_of(layer).statistics
        held = tensors.get(layer.name)
        if not roles or not held:
            continue
        lacking = [f"{layer.name}.{role}" for role in roles if role not in held]
        if lacking:
            raise InputError(
                "the weights come without the statistics that are in scale and shift",
                where=f"{network.name}: {layer.name}",
                got="a file of weights",
                allowed=", ".join(lacking),
                hint="give them beside scale and shift, or an .onnx file or the folder of a training",
            )
        layers.append(layer)
    return layers


class RunningStatistics:
    """Statistics that follow images, as those of a training do: means of all so far, of which the
    first values count as one.

    Args:
        layers: that have some, see `measured_layers`.
        tensors: their scale, shift, mean and variance.
        images: how many will come, in their order.
    """

    def __init__(
        self, layers: Sequence[Layer], tensors: Mapping[str, Mapping[str, np.ndarray]], images: int
    ):
        self.layers = {layer.name: layer for layer in layers}
        self.words = {
            name: operator_of(layer).unfolded(layer, tensors[name])
            for name, layer in self.layers.items()
        }
        self.images = images
        self.met = dict.fromkeys(self.layers, 0)

    def compute(
        self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors | None, images: int
    ) -> np.ndarray:
        """As `apply_images`; each image meets the statistics of those before it."""
        if layer.name not in self.layers:
            return apply_images(layer, inputs, constants, images)
        kind = operator_of(layer)
        words = self.words[layer.name]
        results = []
        for values in inputs[0]:
            held = kind.folded(layer, words)
            results.append(apply_images(layer, [values[None]], held, 1)[0])
            share = max(1 / self.images, 1 / (self.met[layer.name] + 2))
            kind.follow(layer, words, values, share)
            self.met[layer.name] += 1
        return np.stack(results)

    def folded(self) -> dict[str, dict[str, np.ndarray]]:
        """Scale, shift, mean and variance by layer, as an inference takes them."""
        return {
            name: operator_of(layer).folded(layer, self.words[name])
            for name, layer in self.layers.items()
        }
