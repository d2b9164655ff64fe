"""NumPy twin of `number_formats.py`: the same bits, in the words of the formats."""

from __future__ import annotations

import numpy as np

from archsim.kernels.number_formats import (
    ABOVE,
    BF16,
    BITS,
    BY_CHANCE,
    CURRENT,
    EXPONENT,
    FLOAT,
    FOLLOWS,
    FP16,
    MET,
    MOST_EXPONENT,
    RARE,
    ROUNDED,
    SATURATED,
    SET,
    SOME,
    SPAN,
)
from archsim.kernels.random_reference import uniform_reference, words_reference

F = np.float32


def _whole(ratio: np.ndarray, key: np.ndarray, by_chance: bool) -> np.ndarray:
    """Whole numbers of steps, float64."""
    ratio = ratio.astype(float)
    if not by_chance:
        return np.rint(ratio)
    low = np.floor(ratio)
    return low + (uniform_reference(key, np.arange(ratio.size)) < ratio - low)


def fp16_reference(values: np.ndarray, by_chance: bool, key: np.ndarray) -> np.ndarray:
    """float32 (n,) rounded to fp16."""
    number = np.where(np.isfinite(values), values, 0).astype(float)
    step = np.exp2(np.maximum(np.frexp(number)[1] - 1, -14) - 10.0)
    rounded = (_whole(number / step, key, by_chance) * step).clip(-65504, 65504)
    return np.where(np.isfinite(values), rounded, values).astype(F)


def bf16_reference(values: np.ndarray, by_chance: bool, key: np.ndarray) -> np.ndarray:
    """float32 (n,) rounded to bf16: of the two words around a value, the nearest or one by chance."""
    number = np.where(np.isfinite(values), values, F(0)).astype(F)
    low = (number.view(np.uint32) & np.uint32(0xFFFF0000)).view(F).astype(float)
    exponent = np.where(low == 0, -126, np.maximum(np.frexp(low)[1] - 1, -126))
    step = np.exp2(exponent - 7.0)
    rest = (np.abs(number.astype(float)) - np.abs(low)) / step
    if by_chance:
        up = words_reference(key, np.arange(values.size)) >> np.uint64(48) >= np.rint(
            (1 - rest) * 2**16
        ).astype(np.uint64)
    else:
        odd = (number.view(np.uint32) >> np.uint32(16)) & np.uint32(1) == 1
        up = (rest > 0.5) | ((rest == 0.5) & odd)
    rounded = np.copysign(np.abs(low) + up * step, number)
    # The largest bf16: float32's exponent with seven bits behind the point.
    rounded = rounded.clip(-(2 - 2.0**-7) * 2.0**127, (2 - 2.0**-7) * 2.0**127)
    return np.where(np.isfinite(values), rounded, values).astype(F)


def store_reference(
    values: np.ndarray, scale: np.ndarray, form: np.ndarray, image: int, key: np.ndarray
) -> np.ndarray:
    """Twin of `number_formats.store_values`: returns the rounded values (n,); `scale` follows."""
    bits = int(form[BITS])
    by_chance = bool(form[BY_CHANCE])
    of_lane = values.copy()
    if form[FLOAT] == FP16:
        of_lane = fp16_reference(values, by_chance and not bits, key)
    elif form[FLOAT] == BF16:
        of_lane = bf16_reference(values, by_chance and not bits, key)
    if not bits:
        return of_lane
    if not scale[SET]:
        if not of_lane.any():
            return of_lane
        scale[SET] = 1
        scale[EXPONENT] = np.clip(np.frexp(np.abs(of_lane).max())[1], -MOST_EXPONENT, MOST_EXPONENT)
        scale[CURRENT] = image // form[SPAN]
    step = 2.0 ** int(scale[EXPONENT] - bits + 1)
    most = 2.0 ** (bits - 1) - 2.0 ** max(0, bits - 25)
    codes = _whole(of_lane / step, key, by_chance)
    size = np.abs(codes)
    _follow(scale, form, image, size, most, int(np.count_nonzero(of_lane)))
    return (codes.clip(-most, most) * step).astype(F)


def _follow(
    scale: np.ndarray, form: np.ndarray, image: int, size: np.ndarray, most: float, some: int
) -> None:
    saturated = int((size > most).sum())
    scale[ROUNDED] += size.size
    scale[SATURATED] += saturated
    if not form[FOLLOWS]:
        return
    scale[MET] += size.size
    scale[SOME] += some
    scale[ABOVE] += int((size > most / 2).sum())
    doubled = saturated > size.size / RARE
    if doubled or image // form[SPAN] != scale[CURRENT]:
        spare = scale[SOME] and scale[ABOVE] <= scale[MET] / RARE
        scale[EXPONENT] += 1 if doubled else -1 if spare else 0
        scale[EXPONENT] = scale[EXPONENT].clip(-MOST_EXPONENT, MOST_EXPONENT)
        scale[CURRENT] = image // form[SPAN]
        scale[MET] = scale[SOME] = scale[ABOVE] = 0
