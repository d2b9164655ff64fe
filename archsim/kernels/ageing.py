"""What happens to stored weights without a pulse: decay and diffusion a mini-batch, conductance
drift, read disturb.

All arrays of state are (M, S, N), planes (M, S, P, N); planes 2 and 3 are the bounds. Results are
clipped to the bounds.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.random import AGEING, normal, row_key, stream_key
from archsim.kernels.special import exponential

U = np.uint64
ZERO = np.float32(0.0)
LOWER, UPPER = 2, 3


@kernel
def decay_and_diffuse(state, planes, lifetimes, batches, rest, diffusion, seed, step, tile):
    """w <- rest + (w - rest)(1 - 1/lifetime)^batches + diffusion N (aihwkit; rpu.md 3.2). Empty
    `lifetimes`: no decay.
    """
    key = stream_key(seed, step, tile, AGEING)
    for i in range(state.shape[0]):
        for part in range(state.shape[1]):
            place = row_key(row_key(key, U(i)), U(part))
            for j in range(state.shape[2]):
                value = state[i, part, j]
                if lifetimes.shape[0] > 0:
                    value = rest + (value - rest) * np.float32(
                        (1.0 - 1.0 / np.float64(lifetimes[i, part, j])) ** batches
                    )
                if diffusion > ZERO:
                    value += diffusion * normal(place, U(j))
                state[i, part, j] = min(
                    max(value, planes[i, part, LOWER, j]), planes[i, part, UPPER, j]
                )


@kernel
def drift(state, planes, exponents, log_time_ratio, rest):
    """w <- rest + (w - rest)(t/t0)^-nu with nu per device: the power law of amorphous phase-change
    material.
    """
    for i in range(state.shape[0]):
        for part in range(state.shape[1]):
            for j in range(state.shape[2]):
                value = rest + (state[i, part, j] - rest) * exponential(
                    -exponents[i, part, j] * log_time_ratio
                )
                state[i, part, j] = min(
                    max(value, planes[i, part, LOWER, j]), planes[i, part, UPPER, j]
                )


@kernel
def disturb(state, planes, kept):
    """w <- b_max - (b_max - w) kept: reads with a SET polarity move a device towards its upper
    bound; kept = (1 - share)^reads.
    """
    for i in range(state.shape[0]):
        for part in range(state.shape[1]):
            for j in range(state.shape[2]):
                upper = planes[i, part, UPPER, j]
                state[i, part, j] = upper - (upper - state[i, part, j]) * kept
