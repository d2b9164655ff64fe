"""Input and output converters of a read, of one vector or of several side by side.

DAC: divide, round to a step (0 = no rounding), clip, add noise. ADC: add noise, round, clip, rescale
(see `read`).
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.random import normal
from archsim.kernels.views import flat, view_at

U = np.uint64
ZERO, ONE = np.float32(0.0), np.float32(1.0)
# Where a product stands for two divisions: five roundings of 2^-24 beside a value, and a little of
# half a level; levels beyond which most values would be in doubt; and products that are normal numbers.
ROUNDINGS, BELOW_HALF = np.float32(5e-7), np.float32(0.4999995)
MOST_LEVELS = np.float32(4096.0)
SMALLEST, LARGEST = np.float32(1e-30), np.float32(1e30)


@kernel
def load_vector(vector, factor, step, bound, noise, key, driven):
    """DAC: divide by `factor`, round to `step` (0 = no rounding), clip, add input noise; into
    `driven`.
    """
    for k in range(vector.shape[0]):
        value = vector[k] / factor
        if step > ZERO:
            value = np.rint(value / step) * step
        value = min(max(value, -bound), bound)
        if noise > ZERO:
            value += noise * normal(key, U(k))
        driven[k] = value


@kernel
def load_block(block, width, factors, step, bound, noise, keys):
    """`load_vector` in place on block[line, vector]: side by side over the vectors, for arrays with
    few lines.
    """
    for k in range(block.shape[0]):
        line = block[k]
        for b in range(width):
            # A vector of zeros has no largest value: it stays zero.
            line[b] /= factors[b] if factors[b] > ZERO else ONE
        if step > ZERO:
            for b in range(width):
                line[b] = np.rint(line[b] / step) * step
        for b in range(width):
            line[b] = min(max(line[b], -bound), bound)
        if noise > ZERO:
            for b in range(width):
                line[b] += noise * normal(keys[b], U(k))


@kernel
def convert_outputs(raw, width, factors, step, bound, noise, keys, hits):
    """ADC, in place on raw[output, vector]: noise, rounding, clip, rescale; hits[vector] counts the
    outputs at the bound.
    """
    hits = borrowed(hits)
    raw = borrowed(raw)
    factors = borrowed(factors)
    keys = borrowed(keys)
    for b in range(width):
        hits[b] = 0
    for i in range(raw.shape[0]):
        line = borrowed(raw[i])
        if noise > ZERO:
            for b in range(width):
                line[b] += noise * normal(keys[b], U(i))
        # The usual converter in one pass; the ways below are those without rounding or bound.
        if step > ZERO and bound > ZERO:
            for b in range(width):
                value = np.rint(line[b] / step) * step
                # At the bound counts as over it: the top code says no more than that.
                hits[b] += np.int32(abs(value) >= bound)
                line[b] = min(max(value, -bound), bound) * factors[b]
            continue
        if step > ZERO:
            for b in range(width):
                line[b] = np.rint(line[b] / step) * step
        if bound > ZERO:
            for b in range(width):
                hits[b] += np.int32(abs(line[b]) >= bound)
                line[b] = min(max(line[b], -bound), bound)
        for b in range(width):
            line[b] *= factors[b]


@kernel
def convert_inputs(block, chosen, count, factors, step, bound, noise, keys, loaded):
    """DAC of the chosen vectors: divide, round, clip, add noise; the law of
    `load_vector`.
    """
    chosen = borrowed(chosen)
    for line in range(block.shape[0]):
        source, target = block[line], loaded[line]
        for b in range(count):
            value = source[chosen[b]] / factors[b]
            if step > ZERO:
                value = np.rint(value / step) * step
            target[b] = min(max(value, -bound), bound)
        if noise > ZERO:
            for b in range(count):
                target[b] += noise * normal(keys[b], U(line))


@kernel
def convert_all(block, begin, count, factors, step, bound, noise, keys, loaded):
    """`convert_inputs` of `count` vectors from `begin` on, as they lie: without the index several go
    side by side. Factors, keys and `loaded` are those of these vectors.
    """
    block = borrowed(block)
    loaded = borrowed(loaded)
    factors = borrowed(factors)
    if count == 1 and block.shape[1] == 1:
        load_vector(flat(block), factors[0], step, bound, noise, keys[0], flat(loaded))
        return
    by_product = can_multiply(count, factors, step, bound)
    shares = np.empty(count if by_product else 0, np.float32)
    if by_product:
        for b in range(count):
            shares[b] = ONE / (factors[b] * step)
    for line in range(block.shape[0]):
        source = view_at(borrowed(block[line]), begin, (count,))
        target = borrowed(loaded[line])
        if step == ZERO:
            for b in range(count):
                target[b] = min(max(source[b] / factors[b], -bound), bound)
        elif not (by_product and round_products(source, count, shares, step, bound, target)):
            for b in range(count):
                # Two divisions, as in `load_vector`: one by the product has other bits.
                code = np.rint(source[b] / factors[b] / step)
                target[b] = min(max(code * step, -bound), bound)
        if noise > ZERO:
            for b in range(count):
                target[b] += noise * normal(keys[b], U(line))


@kernel
def can_multiply(count, factors, step, bound):
    """Whether codes follow from products in place of two divisions: with few levels, away from
    where float32 ends.
    """
    if not (step > ZERO and bound < MOST_LEVELS * step):
        return False
    lowest, highest = factors[0], factors[0]
    for b in range(count):
        lowest = min(lowest, factors[b])
        highest = max(highest, factors[b])
    # Beyond, a product is zero or infinite where the divisions are not.
    return lowest * step > SMALLEST and highest < LARGEST and highest * step < LARGEST


@kernel
def round_products(source, count, shares, step, bound, target):
    """target[b] = the level of source[b] shares[b], clipped. Returns whether these are the levels that
    divisions give.

    A product differs from two divisions by five roundings at most, so the levels are the same but
    where a value lies that near half a step.
    """
    source = borrowed(source)
    shares = borrowed(shares)
    target = borrowed(target)
    farthest = np.int32(0)  # by its bits: an integer maximum is one that LLVM vectorises
    for b in range(count):
        code = source[b] * shares[b]
        level = np.rint(code)
        beside = np.float32(abs(code - level) + abs(code) * ROUNDINGS)
        farthest = max(farthest, beside.view(np.int32))
        target[b] = min(max(level * step, -bound), bound)
    return np.int32(farthest).view(np.float32) < BELOW_HALF


@kernel
def convert_sums(raw, width, factors, step, bound, noise, keys, hits):
    """`convert_outputs`, of one vector along its outputs."""
    if width > 1 or raw.shape[1] > 1:
        convert_outputs(raw, width, factors, step, bound, noise, keys, hits)
        return
    values = flat(raw)
    key = keys[0]
    factor = factors[0]
    if noise > ZERO:
        for i in range(values.shape[0]):
            values[i] += noise * normal(key, U(i))
    if step > ZERO:
        for i in range(values.shape[0]):
            values[i] = np.rint(values[i] / step) * step
    reached = np.int32(0)
    if bound > ZERO:
        for i in range(values.shape[0]):
            reached += np.int32(abs(values[i]) >= bound)
            values[i] = min(max(values[i], -bound), bound)
    hits[0] = reached
    for i in range(values.shape[0]):
        values[i] *= factor
