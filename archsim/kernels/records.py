"""What the kernels work with, as records that numba takes apart: a caller names what it passes, and
machine code costs what it cost with loose arguments.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.kernels.generators import Generators


class Cells(NamedTuple):
    """The devices of an array.

    `weights` float32 (M, N), what a read sees; `state` (M, S, N), what pulses act on (S = 2 for
    one-sided pairs; where nothing is hidden, state[:, 0] is weights itself); `planes` (M, S, P, N),
    parameters of each device, or (1, S, P, N) where the devices of all rows are alike; `law`, the
    scalars of the law (float32); `write_noise`, absolute.
    """

    weights: np.ndarray
    state: np.ndarray
    planes: np.ndarray
    law: tuple[np.float32, ...]
    write_noise: np.float32


class Trains(NamedTuple):
    """How an update makes pulse trains: learning rate, mean step of a pulse, most slots,
    managements (see `trains.plan_train`), whether the trains are deterministic, and the generators
    that make random ones.
    """

    rate: float
    granularity: float | np.ndarray
    longest: int
    manage_update: bool
    manage_length: bool
    deterministic: bool
    generators: Generators


class Draws(NamedTuple):
    """Keys of random numbers (uint64): seed, step, tile, and number of the first vector."""

    seed: np.uint64
    step: np.uint64
    tile: np.uint64
    first: np.uint64


# The keys of a read that stands alone, outside of any training.
FIRST = Draws(np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0))


class Tally(NamedTuple):
    """Counters that grow: `counts` in the order that the kernel says, `writes` int32 (M, N) pulses a
    device, or (0, 0) not to count them.
    """

    counts: np.ndarray
    writes: np.ndarray


class Vectors(NamedTuple):
    """Vectors as columns: float32 (lines, V), and the largest magnitude of each (V,)."""

    values: np.ndarray
    peaks: np.ndarray


class DeviceRead(NamedTuple):
    """A read of one device through the converter, with the gain that its range asks for, in weight
    units: width of a level and bound (0: none of them), and the standard deviation of the noise.
    """

    step: np.float32
    bound: np.float32
    noise: np.float32


class Refresh(NamedTuple):
    """When a pair is refreshed (shares of the bounds of its larger and its smaller state), what a
    reset reaches (`target`, `spread`), how many pulses may follow, and how all that is read.
    """

    upper: np.float32
    lower: np.float32
    target: np.float32
    spread: np.float32
    most: int
    read: DeviceRead


class Verify(NamedTuple):
    """Writing with verify: standard deviation of a cycle and half width of the window in weight
    units, the most cycles, and the read that follows each.
    """

    error: np.float32
    window: np.float32
    cycles: int
    read: DeviceRead
