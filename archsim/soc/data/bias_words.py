"""Biases that stand beside the arrays, as the words of the chip that a training keeps them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from archsim.schemes.shared.words import Arithmetic

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from workloads.network import Network

Tensors = Mapping[str, Mapping[str, np.ndarray]]
"""Weights, biases and constants by layer and role."""


def with_bias_words(
    network: Network, chip: Architecture, tensors: Tensors, seed: int
) -> dict[str, dict[str, np.ndarray]]:
    """The tensors of a network with its digital biases rounded to words of the vector unit.

    Args:
        network: its layers.
        chip: says where biases stand, and what a word is.
        tensors: by layer and role; they stay as they are.
        seed: of rounding by chance.

    Returns:
        the same by layer and role; biases that are lines of the tiles have devices instead.
    """
    held = {name: dict(roles) for name, roles in tensors.items()}
    lane = chip.vector_unit
    arithmetic = Arithmetic(lane.format, lane.rounding)
    if chip.weights.bias != "digital" or arithmetic.exact:
        return held
    # with the kernels of a training, which a run that rounds nothing has no use for
    from archsim.kernels.number_formats import SCALE_FIELDS
    from archsim.training.digital_biases import round_biases

    for index, layer in enumerate(network.array_layers):
        bias = held.get(layer.name, {}).get("bias")
        if bias is not None:
            words = np.array(bias, np.float32)
            scale = np.zeros(SCALE_FIELDS, np.int64)
            round_biases(words, scale, arithmetic.word_form, index, seed)
            held[layer.name]["bias"] = words
    return held
