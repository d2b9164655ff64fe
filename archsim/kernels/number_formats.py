"""Words of the digital side: numbers as the lanes compute them and as the buffer keeps them.

Integers are fixed point with one power-of-two scale for each quantity of a layer, which saturates.
The scale follows dynamic fixed point: it doubles where more than one value in 10,000 saturates, and
halves after a span of images in which no more would have done so at half the range (Courbariaux,
Bengio & David 2014, arXiv 1412.7024, Sec. 5). fp16 and bf16 saturate at their largest number.
Rounding is to the nearest, halves to even, or by chance without bias (Gupta et al. 2015, arXiv
1502.02551, Sec. 3). Values stay float32 here, so an int32 word carries 24 significant bits.
"""

from __future__ import annotations

import math

import numpy as np
from numba.core import types

from archsim.kernels.compiled import kernel
from archsim.kernels.doors import Door, Vector, Whole
from archsim.kernels.product import largest
from archsim.kernels.random import row_key, stream_key, uniform, word_at
from archsim.kernels.views import bits_of

U = np.uint64
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
HALF = np.float32(0.5)
FOLLOW = np.bool_(True)  # typed: numba compiles a callee anew for a literal
NONE = np.int32(0)
INFINITY = np.float32(np.inf)
# A form, int64 (6,): the floating format that a lane computes in; bits of the fixed-point word
# behind it (0: none); whether rounding is by chance; whether the scale follows the values; images
# between two looks at a scale that could be halved.
FLOAT, BITS, BY_CHANCE, FOLLOWS, SPAN = range(5)
FORM_FIELDS = 5
WIDE, FP16, BF16 = range(3)
# The scale of one quantity, int64 (8,): whether it is set; the range is 2^EXPONENT; the span of
# images it is in, and of that span the values met, those unlike zero and those above half the
# range; of all images, values rounded and saturated.
SET, EXPONENT, CURRENT, MET, SOME, ABOVE, ROUNDED, SATURATED = range(8)
SCALE_FIELDS = 8
RARE = 10_000  # one value in so many may saturate (Courbariaux 2014: 0.01 %)
MOST_EXPONENT = 90  # steps of 32-bit words stay normal numbers of float32
LARGEST_FP16 = np.float32(65504.0)
SIGN = np.uint32(0x80000000)
MAGNITUDE = np.uint32(0x7FFFFFFF)
TOP = np.uint32(0xFFFF0000)
EVEN = np.uint32(0x7FFF)
ODD = np.uint32(1)
SIXTEEN = np.uint32(16)
LARGEST_BF16 = np.uint32(0x7F7F0000)
INFINITE = np.uint32(0x7F800000)


@kernel
def round_fp16(values, by_chance, key):
    """Round float32 values in place to fp16, subnormal ones too; returns how many saturated."""
    bits = bits_of(values, np.int32)
    saturated = 0
    for k in range(values.shape[0]):
        value = values[k]
        # 113 is 2^-14 in float32's exponent: below it fp16 is subnormal and keeps its step.
        exponent = max(np.int32((bits[k] >> 23) & 0xFF), np.int32(113))
        step = np.int32((exponent - 10) << 23).view(np.float32)
        ratio = value / step
        if by_chance:
            low = np.floor(ratio)
            rounded = (low + ONE if uniform(key, U(k)) < ratio - low else low) * step
        else:
            rounded = np.rint(ratio) * step
        if abs(rounded) > LARGEST_FP16 and abs(value) < INFINITY:
            saturated += 1
            rounded = LARGEST_FP16 if value > ZERO else -LARGEST_FP16
        values[k] = rounded if abs(value) < INFINITY else value
    return saturated


@kernel
def to_bf16(bits, k, more):
    """Add `more` below the word of value k, cut it there, and say whether it saturated. Without a
    branch, so that several values go side by side; what is not finite stays.
    """
    magnitude = np.uint32(bits[k] & MAGNITUDE)
    rounded = np.uint32(np.uint32(magnitude + more) & TOP)
    finite = magnitude < INFINITE
    bits[k] = np.uint32(bits[k] & SIGN) | (min(rounded, LARGEST_BF16) if finite else magnitude)
    return np.int32(finite and rounded > LARGEST_BF16)


@kernel
def round_bf16(values, by_chance, key):
    """Round float32 values in place to bf16; returns how many saturated."""
    bits = bits_of(values, np.uint32)
    saturated = NONE
    if by_chance:
        for k in range(values.shape[0]):
            more = np.uint32(word_at(key, U(k)) >> U(48))
            saturated = np.int32(saturated + to_bf16(bits, k, more))
        return np.int64(saturated)
    for k in range(values.shape[0]):
        # Half of the last kept digit less one, and one more where that digit is odd: ties to even.
        more = np.uint32(EVEN + np.uint32(np.uint32(bits[k] >> SIXTEEN) & ODD))
        saturated = np.int32(saturated + to_bf16(bits, k, more))
    return np.int64(saturated)


FLOATS = Door(
    "round_float",
    [lambda: round_fp16, lambda: round_bf16],
    [Vector, types.boolean, types.uint64],
    types.int64,
)
enter_floats = FLOATS.enter


@kernel
def round_fixed(values, step, most, by_chance, key):
    """Round values in place to multiples of `step`, at most `most` of them; returns how many
    saturated, how many are above half of that, and how many were not zero.
    """
    inverse = ONE / step
    half = HALF * most
    saturated = above = some = NONE
    if by_chance:
        for k in range(values.shape[0]):
            ratio = values[k] * inverse
            low = np.floor(ratio)
            code = low + ONE if uniform(key, U(k)) < ratio - low else low
            size = abs(code)
            saturated = np.int32(saturated + np.int32(size > most))
            above = np.int32(above + np.int32(size > half))
            some = np.int32(some + np.int32(ratio != ZERO))
            values[k] = min(max(code, -most), most) * step
        return saturated, above, some
    # counts of 32 bits, as wide as the values: four or eight go side by side
    for k in range(values.shape[0]):
        ratio = values[k] * inverse
        code = np.rint(ratio)
        size = abs(code)
        saturated = np.int32(saturated + np.int32(size > most))
        above = np.int32(above + np.int32(size > half))
        some = np.int32(some + np.int32(ratio != ZERO))
        values[k] = min(max(code, -most), most) * step
    return saturated, above, some


@kernel
def most_steps(bits):
    """The largest code of a signed word of `bits` that float32 can hold; its negative is the least."""
    return np.float32(math.ldexp(1.0, bits - 1) - math.ldexp(1.0, max(0, bits - 25)))


@kernel
def exponent_of(peak):
    """The power of two of the range that just holds `peak`."""
    return min(max(math.frexp(np.float64(peak))[1], -MOST_EXPONENT), MOST_EXPONENT)


@kernel
def follow_values(scale, form, image, size, counted):
    """Count what was rounded and let the scale follow it; `counted` as `round_fixed` returns."""
    saturated, above, some = counted
    scale[ROUNDED] += size
    scale[SATURATED] += saturated
    if form[FOLLOWS] == 0:
        return
    span = image // form[SPAN]
    # At once, not at the end of a span: what saturates is lost.
    doubled = saturated * RARE > size
    scale[MET] += size
    scale[SOME] += some
    scale[ABOVE] += above
    if not doubled and span == scale[CURRENT]:
        return
    spare = scale[SOME] > 0 and scale[ABOVE] * RARE <= scale[MET]
    change = 1 if doubled else -1 if spare else 0
    scale[EXPONENT] = min(max(scale[EXPONENT] + change, -MOST_EXPONENT), MOST_EXPONENT)
    scale[CURRENT] = span
    scale[MET] = scale[SOME] = scale[ABOVE] = 0


@kernel
def store_values(values, scale, form, image, key, follow):
    """Round what a lane wrote, in place, and let the scale follow.

    Args:
        values: float32 (n,).
        scale: of this quantity; the first values unlike zero set it to the range that just holds
            them.
        form: int64 (FORM_FIELDS,).
        image: number of the image in the run (int64).
        key: row key of random numbers (uint64), value k takes number k.
        follow: False leaves the scale as it is: a test.
    """
    bits = form[BITS]
    by_chance = form[BY_CHANCE] > 0
    lost = 0
    if form[FLOAT] != WIDE:
        # By chance once only: a lane rounds to the nearest where the buffer's word follows.
        lost = enter_floats(form[FLOAT] - FP16, values, by_chance and bits == 0, key)
    if bits == 0:
        if follow and form[FLOAT] != WIDE:
            scale[ROUNDED] += values.shape[0]
            scale[SATURATED] += lost
        return
    exponent = scale[EXPONENT]
    if scale[SET] == 0:
        peak = largest(values)
        if not (peak > ZERO and peak < INFINITY):
            return
        exponent = np.int64(exponent_of(peak))
        if follow:
            scale[SET] = 1
            scale[EXPONENT] = exponent
            scale[CURRENT] = image // form[SPAN]
    step = np.float32(math.ldexp(1.0, exponent - bits + 1))
    saturated, above, some = round_fixed(values, step, most_steps(bits), by_chance, key)
    if follow:
        counted = np.int64(saturated), np.int64(above), np.int64(some)
        follow_values(scale, form, image, values.shape[0], counted)


def rounds(form):
    """Whether words of this form are others than the values: exact ones of float32 are not stored."""
    return form[BITS] != 0 or form[FLOAT] != WIDE


# Few chips compute in other words than float32: callers go through here, where `open_words` was asked.
WORDS = Door(
    "store_values",
    [lambda: store_values],
    [Vector, Whole, Whole, types.int64, types.uint64, types.boolean],
)
enter_words = WORDS.enter


def open_words(form: np.ndarray) -> None:
    """Have what rounds words of this form compiled."""
    if rounds(form):
        WORDS.open()
    if form[FLOAT] != WIDE:
        FLOATS.open(form[FLOAT] - FP16)


@kernel
def store_words(values, scale, form, image, seed, tile, stream, part):
    """`store_values` of a quantity of an update rule, keyed by (seed, image, tile, stream, part),
    all uint64.
    """
    key = row_key(stream_key(seed, image, tile, stream), part)
    store_values(values, scale, form, np.int64(image), key, FOLLOW)


@kernel
def store_quantity(values, scale, form, keys, image, part):
    """`store_words` as a rule in Python calls it: keys uint64 (3,) are seed, tile and stream, the rest
    int64. Each array of a call costs a tenth of a microsecond, each numpy scalar two.
    """
    store_words(values, scale, form, U(image), keys[0], keys[1], keys[2], U(part))
