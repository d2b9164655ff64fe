"""What the arrays really saw: counts gathered by the compiled passes, turned into the Activity of
each layer and phase.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, count_ones, kernel
from archsim.kernels.tile_records import INPUT_BOUND, INPUT_STEP, NOISE_MANAGEMENT
from archsim.kernels.views import view_at
from archsim.training.table import (
    BIAS,
    BLOCK,
    COLUMNS,
    ERROR_PEAKS,
    ERRORS,
    INPUT_PEAKS,
    ROWS,
    TURNED_VECTORS,
    VECTORS,
)

U = np.uint64
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)
START = np.int64(0)  # typed: numba compiles a callee anew for a literal
LARGEST = np.finfo(np.float32).max
VALUES, NONZERO, MAGNITUDE, ONES, BITS = range(5)
# bits of an input whose converter does not round: as an 8-bit code
CODES_WITHOUT_ROUNDING = np.float32(255.0)


@kernel
def observe_block(block, lines, span, peaks, physics, sample):
    """Add the inputs of a span of vectors (first, behind the last) of a block to a sample: values,
    non-zero codes, sum of |code|/full scale, ones and bits of the non-zero codes.
    """
    step = physics[INPUT_STEP]
    bound = physics[INPUT_BOUND]
    top = np.rint(bound / step) if step > ZERO else CODES_WITHOUT_ROUNDING
    width = 0
    while (1 << width) - 1 < top:
        width += 1
    # without codes a bound is no range: one that nothing reaches would hide all inputs
    scale = bound if step > ZERO else min(bound, ONE)
    nonzero = 0
    codes = 0
    ones = 0
    first, last = span
    factors = np.zeros(last - first, np.float32)
    for v in range(first, last):
        full = scale * peaks[v] if physics[NOISE_MANAGEMENT] > ZERO else scale
        # A vector of zeros drives nothing, and has no scale.
        if full == ZERO:
            continue
        factor = top / full
        # Not errors that have all but vanished: there is nothing to drive a line with.
        factors[v - first] = ZERO if factor > LARGEST else factor
    # Line by line, as vectors lie side by side: sums of whole numbers have no order.
    for k in range(lines):
        row = borrowed(block[k])
        for v in range(first, last):
            factor = factors[v - first]
            value = abs(row[v]) * factor
            # what is no number drives at full scale
            code = np.int64((value if value < top else top) + HALF)
            code = np.int64(0) if factor == ZERO else code
            nonzero += code != 0
            codes += code
            # Bits of the magnitude: a line is driven by them one by one, the sign by its polarity.
            ones += np.int64(count_ones(U(code)))
    sample[VALUES] += lines * (last - first)
    sample[NONZERO] += nonzero
    sample[MAGNITUDE] += codes / top
    sample[ONES] += ones
    sample[BITS] += nonzero * width


@kernel
def observe(arrays, memory, forward_physics, backward_physics, samples):
    """Sample the inputs and the errors of every array in one image's memory; samples float64
    (arrays, 2, 5).
    """
    for index in range(arrays.shape[0]):
        _observe_array(arrays, index, memory, forward_physics, backward_physics, samples)


@kernel
def _observe_array(arrays, index, memory, forward_physics, backward_physics, samples):
    array = borrowed(arrays[index])
    rows = array[ROWS]
    columns = array[COLUMNS]
    count = array[VECTORS]
    features = columns - array[BIAS]
    plain = count - array[TURNED_VECTORS]
    block = view_at(memory, array[BLOCK], (columns, count))
    peaks = view_at(memory, array[INPUT_PEAKS], (count,))
    errors = view_at(memory, array[ERRORS], (rows, count))
    error_peaks = view_at(memory, array[ERROR_PEAKS], (count,))
    forth = borrowed(forward_physics[index])
    back = borrowed(backward_physics[index])
    observe_block(block, features, (START, plain), peaks, forth, samples[index, 0])
    observe_block(errors, rows, (START, plain), error_peaks, back, samples[index, 1])
    # of vectors from the other side the two lie in each other's place
    if plain < count:
        observe_block(errors, rows, (plain, count), error_peaks, forth, samples[index, 0])
        observe_block(block, features, (plain, count), peaks, back, samples[index, 1])


@kernel
def observe_images(tables, index, memory, images, physics, samples):
    """Sample what one array met of several images, in their order: the bits of `observe` of each.

    Args:
        tables: the arrays, and those that met the second of two errors (no rows: there is one).
        index: of the array.
        memory: float32 (images, values).
        images: the first that is sampled, and how far it is to the next.
        physics: of the forward and of the backward cycle.
        samples: float64 (arrays, 2, 5), added to.
    """
    first, every = images
    forth, back = physics
    for image in range(first, memory.shape[0], every):
        own = borrowed(memory[image])
        _observe_array(tables[0], index, own, forth, back, samples)
        if tables[1].shape[0] > 0:
            _observe_array(tables[1], index, own, forth, back, samples)
