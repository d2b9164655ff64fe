"""Noise of single devices in a read, drawn for what they add up to."""

from __future__ import annotations

import numpy as np
from numba.core import types

from archsim.kernels.compiled import kernel
from archsim.kernels.doors import Block, Door, Vector
from archsim.kernels.random import normal, row_key

U = np.uint64
ZERO = np.float32(0.0)
OF_DEVICES = U(1 << 40)  # row of an output's key that holds the noise of its devices


@kernel
def measure_inputs(driven, count, lengths):
    """lengths[b] = the Euclidean length of the driven vector b."""
    for b in range(count):
        lengths[b] = ZERO
    for line in range(driven.shape[0]):
        values = driven[line]
        for b in range(count):
            lengths[b] += values[b] * values[b]
    for b in range(count):
        lengths[b] = np.sqrt(lengths[b])


@kernel
def disturb_devices(sums, count, noise, lengths, keys):
    """Noise of single devices, each anew in every read, on what they add up to: independent of each
    other, they sum to `noise` times the length of the inputs.
    """
    for b in range(count):
        key = row_key(keys[b], OF_DEVICES)
        for i in range(sums.shape[0]):
            sums[i, b] += noise * lengths[b] * normal(key, U(i))


_KEYS = types.Array(types.uint64, 1, "C")
# Few chips state a noise of single devices.
LENGTHS = Door("measure_inputs", [lambda: measure_inputs], [Block, types.int64, Vector])
NOISE = Door(
    "disturb_devices", [lambda: disturb_devices], [Block, types.int64, types.float32, Vector, _KEYS]
)
