"""What the compiled pass of Tiki-Taka works with, as records that numba takes apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.kernels.records import Tally


class TransferMemory(NamedTuple):
    """What a layer holds beside its two arrays: float32 (M, N) the reference of the fast array, the
    hidden matrix H, the running mean of the reads and what it was at the last flip; choppers float32
    and reads int32 (N,) of the lines; means float64 (2,) of max|x| and max|d|; progress int64 (3,):
    the next line, reads and pulses since counting began; scales of H and of the mean, and the form
    of their words (see `number_formats`).
    """

    reference: np.ndarray
    hidden: np.ndarray
    mean: np.ndarray
    held: np.ndarray
    choppers: np.ndarray
    reads: np.ndarray
    means: np.ndarray
    progress: np.ndarray
    hidden_scale: np.ndarray
    mean_scale: np.ndarray
    form: np.ndarray


class Transfer(NamedTuple):
    """The rule of an image: its version (a place in VERSIONS); rates of the fast array and of the
    transfer; whether the gain of H is divided by the rate of the fast array; lines read an image,
    whether this image is one of those; noise of a read, step and bound of its converter (0: none);
    chance of a flip, reads between flips, and share of a read in the running mean.
    """

    version: int
    eta: float
    slow: float
    divide: bool
    transfers: int
    due: bool
    noise: np.float32
    level: np.float32
    bound: np.float32
    flips: np.float32
    period: int
    tail: np.float32


class Both(NamedTuple):
    """Counters of the two arrays."""

    fast: Tally
    slow: Tally
