"""The periphery of an array's reads, as the compiled passes take it."""

from __future__ import annotations

import numpy as np

from archsim.kernels.read import periphery
from archsim.training.records import BothWays
from archsim.training.settings import TrainingSettings

F = np.float32
IDEAL = np.array([0, 0, 0, np.inf, 0, 0, 0, 0], F)
"""Reads that neither round nor clip nor disturb anything."""


def peripheries(settings: TrainingSettings) -> BothWays:
    """float32 (8,) of the forward and of the backward reads; the digital baseline reads exactly."""
    if settings.rule == "float":
        return BothWays(IDEAL.copy(), IDEAL.copy())
    read = settings.read
    converters = (
        read.input_bits,
        read.input_bound,
        read.input_noise,
        read.output_bits,
        read.output_bound,
        read.output_noise,
    )
    return BothWays(
        *(
            np.array(periphery(way, read.noise_management, read.bound_management, *converters), F)
            for way in (False, True)
        )
    )
