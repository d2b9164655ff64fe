"""Wanted changes as whole pulses: what a device cannot be given a part of."""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.random import row_key, uniform

U = np.uint64
ZERO, HALF = np.float32(0.0), np.float32(0.5)


@kernel
def whole_pulses(wanted, most, key, stochastic, signed):
    """signed (M, N) int32 = wanted (M, N) in pulses, rounded to whole ones (to the nearest, or by
    chance without bias), at most `most`.
    """
    for i in range(wanted.shape[0]):
        chances = row_key(key, U(i))
        for j in range(wanted.shape[1]):
            size = abs(wanted[i, j])
            # floor(x + u) with u even in [0, 1) has the mean x; with a half it is the nearest.
            above = uniform(chances, U(j)) if stochastic else HALF
            pulses = np.int32(min(np.floor(size + above), np.float32(most)))
            signed[i, j] = pulses if wanted[i, j] > ZERO else -pulses
