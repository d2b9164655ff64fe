"""Kinds of converters inside arrays, and the shape of their laws: shared by the parts that are priced
(`hwlib/parts/column_adc.py`) and by the fit to published ones (`hwlib/fits/`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple


class Growth(NamedTuple):
    """How a converter grows with its bits, as values of figures or of a fit.

    Args:
        sar_area: factor on area a bit of a capacitor array.
        counting_area: factor on area a bit of latches and counters.
        counting_energy: factor on energy a bit of what counts steps.
        noise_share: energy of noise and matching over that of a step, at 4^bits.
    """

    sar_area: float
    counting_area: float
    counting_energy: float
    noise_share: float


class ConverterKind(NamedTuple):
    """One kind of converter.

    Args:
        name: word in the rows of the fit and in the names of its figures.
        family: `steps` compare one after another, `levels` all at once; a kind with few rows leans
            on its family.
        scaling: class between nodes of area and energy.
        area: area at some bits over that at 8 bits (of one level, for levels).
        energy: the same of energy.
        time: conversion time in steps of the kind.
    """

    name: str
    family: str
    scaling: str
    area: Callable[[float, Growth], float]
    energy: Callable[[float, Growth], float]
    time: Callable[[float], float]


def levels(bits: float) -> float:
    """Comparators of a converter that decides all levels at once."""
    # One less than the levels: the lowest needs nobody to see it.
    return math.pow(2, bits) - 1


def _levels(bits: float, growth: Growth) -> float:
    return levels(bits)


def _successive(bits: float, growth: Growth) -> float:
    share = growth.noise_share
    # One comparison a bit, and noise: half the step needs a fourth of the noise power, so four
    # times the charge (kT/C). Over its value at 8 bits, where the fit is stated.
    return (bits + share * math.pow(4, bits)) / (8 + share * math.pow(4, 8))


def _counting(bits: float, growth: Growth) -> float:
    return math.pow(growth.counting_energy, bits - 8)


def _capacitors(bits: float, growth: Growth) -> float:
    return math.pow(growth.sar_area, bits - 8)


def _latches(bits: float, growth: Growth) -> float:
    return math.pow(growth.counting_area, bits - 8)


def _once(bits: float) -> float:
    return 1.0


def _each_bit(bits: float) -> float:
    return bits


def _each_count(bits: float) -> float:
    return math.pow(2, bits)


KINDS: dict[str, ConverterKind] = {
    kind.name: kind
    for kind in (
        ConverterKind("sar", "steps", "analog", _capacitors, _successive, _each_bit),
        ConverterKind("charge_sharing", "steps", "analog", _latches, _successive, _each_bit),
        ConverterKind("slope", "steps", "analog", _latches, _counting, _each_count),
        # counts of an oscillator are logic, and shrink as logic (14 to 5 nm: 2850 to 313 um2)
        ConverterKind("oscillator", "steps", "logic", _latches, _counting, _each_count),
        ConverterKind("flash", "levels", "analog", _levels, _levels, _once),
        ConverterKind("sense_amplifier", "levels", "analog", _levels, _levels, _once),
    )
}
TIMED = "steps"
"""Family whose energy follows the time of a conversion: comparators and references draw a bias."""
TIME_NS = 20.0
"""Time of a conversion at which the fit is stated."""
NODE_NM = 28.0
"""Node at which the fit is stated: that of most rows."""
