"""Time at the devices of an array: each one's own lifetime, drift exponent and retention, and what it
must remember for them.

Mini-batches count for `lifetime` and `diffusion`, seconds of the simulated chip for `drift_exponent`
and `retention_s`, reads for `read_disturb`. Nothing is kept for a device that knows none of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from archsim.kernels.ageing import Laws, Past, Spell, decay_and_diffuse, pass_time
from archsim.kernels.random import as_word

if TYPE_CHECKING:
    # For types only: a device says how it ages, and its ageing looks at its numbers.
    from archsim.devices.device import Device

F = np.float32
NONE = np.zeros((0, 0, 0), F)
SHORTEST_S = 1e-12
"""No device forgets faster, however wide its spread."""


def drifts(device: Device) -> bool:
    """Whether a device of this law drifts or forgets with the seconds that pass."""
    names = ("drift_exponent", "drift_spread", "retention_s")
    return any(device.number(name) > 0 for name in names)


def is_disturbed(device: Device) -> bool:
    """Whether reads move a device of this law."""
    return device.number("read_disturb") > 0


def counts_batches(device: Device) -> bool:
    """Whether a device of this law decays or diffuses with every mini-batch."""
    return device.number("lifetime") > 0 or device.number("diffusion") > 0


class Ageing:
    """What age does to one array.

    Attributes: `lifetimes` in mini-batches, `exponents`, `retentions` in s: float32 (M, S, N),
    (0, 0, 0) where the device has none; `past`, what a checkpoint must carry.
    """

    def __init__(self, device: Device, shape: tuple[int, int, int], draw: Callable[[], np.ndarray]):
        self.device = device
        # The order of draws is part of a seed's result: lifetime, exponent, retention.
        self.lifetimes = self._relative("lifetime", "lifetime_spread", 1.0, shape, draw)
        self.exponents = self._exponents(shape, draw)
        self.retentions = self._relative("retention_s", "retention_spread", SHORTEST_S, shape, draw)
        self.timed = drifts(device) or is_disturbed(device)
        held = shape if self.timed else (0, 0, 0)
        # no state equals NaN: every device counts as just written
        self.past = Past(np.full(held, np.nan, F), np.zeros(held), np.zeros(held, F))

    def act(
        self,
        state: np.ndarray,
        planes: np.ndarray,
        *,
        batches: int,
        seconds: float,
        reads: int,
        key: tuple[int, int, int],
    ) -> bool:
        """Age the states (M, S, N) in place; `key` is seed, step and tile. False: nothing acts."""
        number = self.device.number
        if self.timed:
            laws = Laws(
                self.exponents, self.retentions, number("drift_reference_s"), number("rest_weight")
            )
            # Each read moves a device by a share of what is left to its bound, so the shares of
            # many multiply.
            kept = (1.0 - number("read_disturb")) ** reads
            pass_time(state, planes, self.past, laws, Spell(float(seconds), kept))
        decays = batches > 0 and counts_batches(self.device)
        if decays:
            decay_and_diffuse(
                state,
                planes,
                self.lifetimes,
                batches,
                F(number("rest_weight")),
                # Steps of a random walk add as squares.
                F(number("diffusion") * batches**0.5),
                *map(as_word, key),
            )
        if self.timed:
            self.past.seen[...] = state  # decay and diffusion are no writes
        return self.timed or decays

    def _relative(
        self,
        name: str,
        spread: str,
        least: float,
        shape: tuple[int, int, int],
        draw: Callable[[], np.ndarray],
    ) -> np.ndarray:
        mean = self.device.number(name)
        if mean <= 0:
            self._pass_by(shape, draw)
            return NONE
        width = self.device.number(spread)
        # A normal spread has a tail below zero: no device lives shorter than `least`.
        parts = [np.maximum(mean * (1 + width * draw()), least) for _ in range(shape[1])]
        return np.stack(parts, axis=1).astype(F)

    def _pass_by(self, shape: tuple[int, int, int], draw: Callable[[], np.ndarray]) -> None:
        """Leave out the numbers of what a device has not: a device that drifts has the same
        exponents with a lifetime and without.
        """
        if drifts(self.device):
            for _ in range(shape[1]):
                draw()

    def _exponents(self, shape: tuple[int, int, int], draw: Callable[[], np.ndarray]) -> np.ndarray:
        mean = self.device.number("drift_exponent")
        spread = self.device.number("drift_spread")
        if mean <= 0 and spread <= 0:
            self._pass_by(shape, draw)
            return NONE
        parts = [np.maximum(mean + spread * draw(), 0.0) for _ in range(shape[1])]
        return np.stack(parts, axis=1).astype(F)
