"""Pulse trains without randomness, whose coincidences are the product in the mean.

One side of an array pulses in the first slots of a train, the other evenly over all of it: n pulses
at the start meet n m/slots of m pulses that are evenly spread, to less than one. With both at the
start it would be the smaller of n and m, whatever their product.

What is left over a whole pulse is rounded by a phase that walks from update to update. The phases of
the rows, the columns and the spreading are multiples of irrational numbers, which fill a cube evenly
(Weyl, Math. Ann. 77, 1916), so that the mean over updates is the product itself: 0.7 x 0.2 of ten
slots gives one pulse six times and two pulses four times of ten. Rounded to the nearest (aihwkit,
DeterministicImplicit) it would be one pulse for ever, and nothing at all below half a pulse.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel

U = np.uint64
# Fractions of the square roots of the first six primes and of the golden ratio, in units of 2^-64:
# what a phase walks by from image to image, from vector to vector, and from line to line.
ROW_STEPS = (U(0x6A09E667F3BCC909), U(0xA54FF53A5F1D36F1))
COLUMN_STEPS = (U(0xBB67AE8584CAA73B), U(0x510E527FADE682D1))
SPREAD_STEPS = (U(0x3C6EF372FE94F82B), U(0x9B05688C2B3E6C1F))
LINE_STEP = U(0x9E3779B97F4A7C15)
_HALF_WORD = U(0xFFFFFFFF)
_PART = 2.0**-53


@kernel
def update_number(step, vector):
    """Which update it is (uint64): vector number `vector` of image `step`."""
    return (U(step) << U(32)) | (U(vector) & _HALF_WORD)


@kernel
def walked_phase(number, line, steps):
    """The phase of a line in an update, float64 in [0, 1)."""
    image = U(number) >> U(32)
    vector = U(number) & _HALF_WORD
    word = image * steps[0] + vector * steps[1] + U(line) * LINE_STEP
    return np.float64(word >> U(11)) * _PART


@kernel
def spread_trains(values, factor, slots, prefix, number, trains):
    """The trains of one side.

    Args:
        values: of the lines (lines,); a line pulses in the share p = min(1, factor |v|) of the slots.
        factor: see `trains.plan_train`.
        slots: of the train.
        prefix: whether the pulses are at its start (rows) or evenly spread (columns).
        number: of the update, see `update_number`.
        trains: uint64 (lines,), the result: bit s is slot s.
    """
    values = borrowed(values)
    trains = borrowed(trains)
    steps = ROW_STEPS if prefix else COLUMN_STEPS
    for line in range(values.shape[0]):
        wanted = min(np.float64(abs(values[line])) * factor, 1.0) * slots
        pulses = int(wanted + walked_phase(number, line, steps))
        # The spreading's own phase walks too: a fixed one would let short prefixes of the rows
        # always meet the same pulses.
        begin = int(walked_phase(number, line, SPREAD_STEPS) * slots)
        train = U(0)
        for slot in range(slots):
            spread = ((slot + 1) * pulses + begin) // slots > (slot * pulses + begin) // slots
            train |= U(slot < pulses if prefix else spread) << U(slot)
        trains[line] = train
