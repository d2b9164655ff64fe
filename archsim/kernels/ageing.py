"""What happens to stored weights without a pulse: decay and diffusion a mini-batch; drift, retention
and read disturb in simulated time.

All arrays of state are (M, S, N), planes those of `records.Cells`; planes 2 and 3 are the bounds.
Results are clipped to the bounds.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.random import AGEING, normal, row_key, stream_key

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
        own = min(i, planes.shape[0] - 1)
        for part in range(state.shape[1]):
            cell = row_key(row_key(key, U(i)), U(part))
            for j in range(state.shape[2]):
                value = state[i, part, j]
                if lifetimes.shape[0] > 0:
                    value = rest + (value - rest) * np.float32(
                        # In float64: 1 - 1/lifetime is 1 in float32
                        # from 2^25 batches on.
                        (1.0 - 1.0 / np.float64(lifetimes[i, part, j])) ** batches
                    )
                if diffusion > ZERO:
                    value += diffusion * normal(cell, U(j))
                state[i, part, j] = min(
                    max(value, planes[own, part, LOWER, j]), planes[own, part, UPPER, j]
                )


class Past(NamedTuple):
    """What the devices of an array must remember for time to act on them; (M, S, N), or (0, 0, 0)
    where nothing asks for it.

    `seen` float32, the state when time last acted: a device that is not there any more was written
    since. `ages` float64, seconds since that write. `rest` float32, what the float32 of the state
    could not hold: a year of slow drift in steps of a microsecond would be lost in its last digit.
    """

    seen: np.ndarray
    ages: np.ndarray
    rest: np.ndarray


class Laws(NamedTuple):
    """Exponent nu of the drift and time constant of the retention in s of each device, float32 (M,
    S, N) or (0, 0, 0) without; drift reference in s; weight that both go to.
    """

    exponents: np.ndarray
    retentions: np.ndarray
    reference: float
    rest_weight: float


class Spell(NamedTuple):
    """What happened since time last acted: seconds, and the share of their way to the upper bound
    that reads left the devices, (1 - read_disturb)^reads.
    """

    seconds: float
    kept: float


@kernel
def pass_time(state, planes, past, laws, spell):
    """Drift, retention and read disturb of a spell of time.

    w <- r + (w - r) (1 + seconds/(t0 + age))^-nu exp(-seconds/tau), so that a device which was
    written `age` ago follows (1 + age/t0)^-nu whatever the spells; then w <- b_max - (b_max - w)
    kept. A device written during the spell counts as written at its beginning. Records as above,
    changed in place; `mark_seen` follows when all else that ages the devices has acted.
    """
    drifts, decays = laws.exponents.shape[0] > 0, laws.retentions.shape[0] > 0
    target = np.float64(laws.rest_weight)
    for i in range(state.shape[0]):
        own = min(i, planes.shape[0] - 1)
        for part in range(state.shape[1]):
            for j in range(state.shape[2]):
                value = np.float64(state[i, part, j])
                # Untouched since time last acted: the digits that float32 lost are still its own.
                if state[i, part, j] == past.seen[i, part, j]:
                    value += np.float64(past.rest[i, part, j])
                else:
                    past.ages[i, part, j] = 0.0
                power = 0.0
                if drifts:
                    since = laws.reference + past.ages[i, part, j]
                    power -= np.float64(laws.exponents[i, part, j]) * math.log1p(
                        spell.seconds / since
                    )
                if decays:
                    power -= spell.seconds / np.float64(laws.retentions[i, part, j])
                past.ages[i, part, j] += spell.seconds
                # (w - r) + (w - r) expm1: small steps keep their digits
                value += (value - target) * math.expm1(power)
                upper = np.float64(planes[own, part, UPPER, j])
                # Reads disturb after drift and retention: the order in which the twin has them.
                value = upper - (upper - value) * spell.kept
                value = min(max(value, np.float64(planes[own, part, LOWER, j])), upper)
                state[i, part, j] = np.float32(value)
                past.rest[i, part, j] = np.float32(value - np.float64(state[i, part, j]))
