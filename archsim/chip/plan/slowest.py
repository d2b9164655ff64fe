"""Work that is done side by side ends with the slowest: expected largest counts of independent
draws.

A device that is programmed with verify is pulsed until it is right. Where every pulse succeeds with
the same chance, the count is geometric, and that is what a mean alone says least about otherwise.
The expected largest of n geometric counts is the sum over k >= 0 of 1 - (1 - q^k)^n, q = 1 - 1/mean
(B. Eisenberg, On the expectation of the maximum of IID geometric random variables, Statistics and
Probability Letters 78, 135-143, 2008): 19.4 for a mean of 4 and 128 devices. Energy needs none of
this: it goes with the mean.
"""

from __future__ import annotations

import functools
import math
from statistics import NormalDist

import numpy as np

TAIL = 1e-12  # of the series, relative to its first term


@functools.lru_cache(maxsize=4096)
def slowest_pulses(devices: float, share: float, mean: float, verified: bool = True) -> float:
    """Expected largest count of pulses among `devices` devices that are pulsed side by side, each
    with probability `share`.

    `mean` pulses a device that is pulsed: geometric where each pulse is verified, else the same
    known number for all. With no device to pulse the count is 0. At most 1 where mean and share ask
    for less than a pulse.
    """
    # 1 - (1 - share)^devices, to the last digit for small shares and many devices: the first term
    # of the series.
    any_device = -math.expm1(devices * math.log1p(-share)) if share < 1 else min(1.0, devices)
    if not verified or mean <= 1:
        return any_device * mean
    q = 1 - 1 / mean
    terms = math.ceil((math.log(max(1.0, devices * share)) - math.log(TAIL)) * mean)
    # the chance that a device needs more than so many pulses
    reached = share * q ** np.arange(1, terms, dtype=np.float64)
    return any_device + float(-np.expm1(devices * np.log1p(-reached)).sum())


def slowest_row(
    rows: float, devices: float, share: float, mean: float, verified: bool = True
) -> float:
    """Expected largest sum of pulses among `rows` rows side by side, each of `devices` devices that
    are pulsed one after the other.

    The sum of many counts is nearly normal; the largest of n normal draws lies Blom's quantile (n -
    3/8) / (n + 1/4) above the mean (G. Blom, Statistical Estimates and Transformed Beta-Variables,
    Wiley 1958).
    """
    # Second moment of a geometric count: variance mean (mean - 1), and the square of the mean.
    square = mean * (2 * mean - 1) if verified and mean > 1 else mean * mean
    spread = math.sqrt(devices * max(0.0, share * square - (share * mean) ** 2))
    above = NormalDist().inv_cdf((rows - 0.375) / (rows + 0.25)) if rows > 1 else 0.0
    return devices * share * mean + spread * above


@functools.lru_cache(maxsize=4096)
def slowest_repeats(vectors: int, mean: float) -> float:
    """Expected largest number of repeats among `vectors` vectors that are read at once, `mean`
    repeats each (geometric, from 0).
    """
    if vectors == 1 or mean <= 0:
        return mean
    # A geometric count from 0 is zero with chance 1 / (1 + mean), else one from 1 with mean 1 +
    # mean.
    return slowest_pulses(vectors, mean / (1 + mean), 1 + mean)
