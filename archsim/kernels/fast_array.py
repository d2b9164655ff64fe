"""The compiled pass of Tiki-Taka: an image's vectors are pulsed into the fast array, whose lines are
read one after the other and reach the weights slowly (Gokmen & Haensch 2020; Gokmen 2021; Rasch 2024).

Templates that `image_kernel` completes with a device law: `update` and `move_some` are replaced before
compilation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from archsim.kernels import moves
from archsim.kernels.compiled import borrowed, kernel, template
from archsim.kernels.number_formats import BITS, FLOAT, WIDE, store_values
from archsim.kernels.random import READ_OUTPUT, REFRESH, WRITE, normal, row_key, stream_key, uniform
from archsim.kernels.records import Draws, Trains
from archsim.kernels.update import specialise

U = np.uint64
ZERO, ONE = np.float32(0.0), np.float32(1.0)
V1, V2, CHOPPED, AGAD = range(4)
VERSIONS = ("v1", "v2", "chopped", "agad")
# Tiles of the fast arrays in the keys of random numbers, beside those of the layers.
FAST_TILE = 1 << 40
_FAST_TILE = U(FAST_TILE)
MEAN_RATE = 0.01  # of the running means of max|x| and max|d|, an image (aihwkit)
KEPT = 0.99  # 1 - MEAN_RATE
WORDS = U(180)  # stream of the rounding of digital words
CURSOR, READS, PULSES = range(3)  # of TransferMemory.progress


def update(*arguments):
    """The pulsed update of the device law that takes this name."""


def move_some(*arguments):
    """The pulses on single devices of the law that takes this name."""


@kernel
def track_means(inputs, errors, means):
    """Running means of max|x| and max|d|, by which the fast rate is set (Rasch 2024, Eq. 15)."""
    vectors = inputs.shape[1]
    top_x = top_d = 0.0
    pulsed = 0
    for v in range(vectors):
        high = 0.0
        for j in range(inputs.shape[0]):
            high = max(high, abs(np.float64(inputs[j, v])))
        top_x += high / vectors
        high = 0.0
        for i in range(errors.shape[0]):
            high = max(high, abs(np.float64(errors[i, v])))
        top_d += high
        # Vectors without an error make no pulse, so they say nothing of how large errors are.
        pulsed += high > 0.0
    if pulsed > 0 and top_x > 0.0:
        top_d /= pulsed
        # The first image sets the means: from zero they would be too small for hundreds of images.
        keep = KEPT if means[0] > 0.0 else 0.0
        means[0] = keep * means[0] + (1.0 - keep) * top_x
        # Both follow in step, of which only the product sets the rate.
        means[1] = keep * means[1] + (1.0 - keep) * top_d


@kernel
def convert(value, level, bound):
    """A current as the output converter gives it: rounded to a level, inside its bound."""
    if level > ZERO:
        value = np.rint(value / level) * level
    if bound > ZERO:
        value = min(max(value, -bound), bound)
    return value


@kernel
def read_line(fast, memory, rule, k, key, z):
    """z (M,) = what line k of the fast array has gathered, against its reference, its sign undone."""
    # Records are taken apart before the loop: each look into one costs a count of its references.
    weights = fast.weights
    reference = memory.reference
    mean = memory.mean
    held = memory.held
    sign = memory.choppers[k]
    reads = memory.reads[k]
    noise = rule.noise
    tail = rule.tail
    level = rule.level
    bound = rule.bound
    adaptive = rule.version == AGAD
    begun = reads >= rule.period
    fresh = adaptive and reads > 0 and reads % rule.period == 0
    for i in range(z.shape[0]):
        omega = weights[i, k] + noise * normal(key, U(i))
        if not adaptive:
            # the reference is read with it, and the difference converted
            z[i] = sign * convert(omega - reference[i, k], level, bound)
            continue
        omega = convert(omega, level, bound)
        # The reads are their own reference: their mean when the sign last flipped.
        if fresh:
            held[i, k] = mean[i, k]
        z[i] = sign * (omega - held[i, k]) if begun else ZERO
        mean[i, k] += tail * (omega - mean[i, k])


@kernel
def store_lines(memory, version, k, image, key):
    """Line k of H, and of the mean of AGAD's reads, goes back to the buffer as words."""
    form = memory.form
    if form[BITS] == 0 and form[FLOAT] == WIDE:
        return
    if version == AGAD:
        store_line(memory.mean, k, memory.mean_scale, form, image, key)
    store_line(memory.hidden, k, memory.hidden_scale, form, image, key)


@kernel
def store_line(matrix, k, scale, form, image, key):
    """Line k of a digital matrix (M, N) as words."""
    line = matrix[:, k].copy()
    store_values(line, scale, form, np.int64(image), key, True)
    matrix[:, k] = line


def pulse_line(slow, memory, k, z, gain, signed, listed, key, writes):
    """H gathers z at line k; an entry past one gives its weight a pulse and starts anew."""
    weights = slow.weights
    state = slow.state
    planes = slow.planes
    law = slow.law
    write_noise = slow.write_noise
    hidden = memory.hidden
    listed[0] = k
    noise = np.empty(1, np.float32)
    fired = 0
    for i in range(z.shape[0]):
        hidden[i, k] += gain * z[i]
        if abs(hidden[i, k]) >= ONE:
            signed[0] = 1 if hidden[i, k] > ZERO else -1
            # What lies above one is given up with the pulse.
            hidden[i, k] = ZERO
            row = row_key(key, U(i))
            own = planes[min(i, planes.shape[0] - 1)]
            move_some(weights[i], state[i], own, law, signed, listed, 1, write_noise, row, noise)
            fired += 1
            if writes.shape[0] > 0:
                writes[i, k] += np.int32(1)
    memory.progress[PULSES] += fired


@kernel
def with_rate(trains, rate):
    """The same trains at another rate."""
    return Trains(
        rate,
        trains.granularity,
        trains.longest,
        trains.manage_update,
        trains.manage_length,
        trains.deterministic,
        trains.generators,
    )


def image(slow, fast, memory, inputs, errors, rule, trains, keys, both):
    """One image: every vector is a pulsed update of the fast array; after some of them one of its
    lines is read and moves the weights.

    Args:
        slow, fast: `Cells` of the weights and of the fast array, of one law.
        memory, rule, both: the records above.
        inputs, errors: (N, V) and (M, V).
        trains: `Trains`, whose rate is not read.
        keys: `Draws` of the layer.
    """
    slow = borrowed(slow)
    fast = borrowed(fast)
    memory = borrowed(memory)
    both = borrowed(both)
    inputs = borrowed(inputs)
    errors = borrowed(errors)
    rows, columns = slow.weights.shape
    vectors = inputs.shape[1]
    x = np.empty((1, columns), np.float32)
    d = np.empty((1, rows), np.float32)
    z = np.empty((1, rows), np.float32)
    line = np.zeros((1, columns), np.float32)
    signed = np.zeros(columns, np.int32)
    listed = np.zeros(1, np.int64)
    means = memory.means
    progress = memory.progress
    choppers = memory.choppers
    line_reads = memory.reads
    fast_tally, slow_tally = both.fast, both.slow
    slow_writes = slow_tally.writes
    seed = keys.seed
    step = keys.step
    track_means(inputs, errors, means)
    scale = trains.granularity
    fast_rate = rule.eta
    if rule.version != V1:
        peaks = means[0] * means[1]
        fast_rate = rule.eta * trains.longest * scale / peaks if means[0] > 0.0 else 0.0
    divisor = fast_rate if rule.divide and fast_rate > 0.0 else 1.0
    gain = np.float32(rule.slow / scale / divisor)
    fast_trains = with_rate(trains, fast_rate)
    slow_trains = with_rate(trains, rule.slow)
    fast_tile = keys.tile + _FAST_TILE
    read_stream = stream_key(keys.seed, keys.step, fast_tile, READ_OUTPUT)
    pulse_stream = stream_key(keys.seed, keys.step, keys.tile, WRITE)
    flip_stream = stream_key(keys.seed, keys.step, fast_tile, REFRESH)
    word_stream = stream_key(keys.seed, keys.step, fast_tile, WORDS)
    # Transfers lie evenly among the vectors of an image.
    spacing = max(1, vectors // rule.transfers)
    done = 0
    for v in range(vectors):
        number = U(v)
        for j in range(columns):
            # The chopper turns the sign of the inputs here and that of the reads in `read_line`.
            x[0, j] = inputs[j, v] * choppers[j]
        for i in range(rows):
            d[0, i] = errors[i, v]
        update(fast, x, d, fast_trains, Draws(seed, step, fast_tile, number), fast_tally)
        between = (v + 1) % spacing != 0 and v + 1 != vectors
        if not rule.due or done == rule.transfers or between:
            continue
        done += 1
        k = progress[CURSOR]
        progress[CURSOR] = (k + 1) % columns
        progress[READS] += 1
        read_line(fast, memory, rule, k, row_key(read_stream, number), z[0])
        if rule.version == V1:
            # A line's transfer is a pulsed update whose input is one on this line alone.
            line[0, k] = ONE
            update(slow, line, z, slow_trains, Draws(seed, step, keys.tile, number), slow_tally)
            line[0, k] = ZERO
        else:
            key = row_key(pulse_stream, number)
            pulse_line(slow, memory, k, z[0], gain, signed, listed, key, slow_writes)
            store_lines(memory, rule.version, k, step, row_key(word_stream, number))
        line_reads[k] += 1
        flipped = rule.version == AGAD and line_reads[k] % rule.period == 0
        if rule.version == CHOPPED:
            flipped = uniform(row_key(flip_stream, number), U(k)) < rule.flips
        if flipped:
            choppers[k] = -choppers[k]


@functools.cache
def image_kernel(step: Callable, aggregated: bool) -> Callable:
    """`image` for a device law; flags as `kernels.update.specialise`."""
    own = moves.movers(step, aggregated=aggregated)
    return template(
        image,
        update=specialise(step, aggregated=aggregated).update,
        pulse_line=template(pulse_line, move_some=own.some),
    )
