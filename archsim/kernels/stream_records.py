"""What bit streams are made and multiplied with, as records that numba takes apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Numbers(NamedTuple):
    """Where the bits of streams come from.

    `source` one of COUNTER, LFSR, SOBOL; `tables` uint16 of `number_tables`; `key` uint64 of the
    generators; `shared`: the lines of a side see one number, otherwise each line has its own.
    """

    source: int
    tables: np.ndarray
    key: np.uint64
    shared: bool


class StreamMultipliers(NamedTuple):
    """A block of stream multipliers that is moved over an outer product.

    `block` lines of the errors and `group` lines of the inputs are converted at a time, to streams
    of `length` bits, each time with new numbers; `transfer` int32 (devices, levels + 1) the
    thresholds of their converters, repeated. `bipolar`: XNOR gates instead of signs beside AND
    gates. `single`: one generator serves both sides (a fault, kept to be seen).
    """

    block: int
    group: int
    length: int
    transfer: np.ndarray
    bipolar: bool
    single: bool


class Operands(NamedTuple):
    """What is multiplied: float32 inputs (N, V) and errors (M, V), or (2, M, V) in two parts.

    A vector's values are multiplied by its entry of `input_inverse` and `error_inverse` float32
    (V,), and a coincidence counts `steps` int32 (V,): where the scales are powers of two it enters
    the counter at another bit. 0: the vector is left out.
    """

    inputs: np.ndarray
    errors: np.ndarray
    input_inverse: np.ndarray
    error_inverse: np.ndarray
    steps: np.ndarray


class StreamTally(NamedTuple):
    """Counters that grow: `totals` int64 (TALLIES,) ones of both sides, ones behind the gates,
    driven lines; `switched` int64 (group + block) ones of every converter, those of a second part
    of the errors (block more) last.
    """

    totals: np.ndarray
    switched: np.ndarray
