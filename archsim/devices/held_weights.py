"""Given weights on devices: programmed once, left alone, and read. What an inference meets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from archsim.devices.ageing import is_disturbed

if TYPE_CHECKING:
    from archsim.devices.array import DeviceArray
    from archsim.devices.device import Device
    from archsim.kernels.records import DeviceRead

F = np.float32
UPPER = 3  # of the planes of a device array
_ARRAYS = 1 << 20
"""Numbers of arrays that a layer leaves to the next one, in the keys of its devices."""


@dataclass(frozen=True)
class Holder:
    """Which device holds the weights of a run, and how long they have been there; `kinds` are those of
    kinds of cores that have a device of their own.
    """

    device: Device
    name: str
    at_s: float = 0.0
    kinds: Mapping[str, Holder] = field(default_factory=dict)

    def of_kind(self, kind: str) -> Holder:
        """What holds the weights on cores of a kind."""
        return self.kinds.get(kind, self)

    @property
    def all(self) -> list[Holder]:
        """All of them, the one of most cores first."""
        return [self, *self.kinds.values()]

    @property
    def note(self) -> str:
        """What a result says of it."""
        how = "with verify" if "verify_window" in self.device.values else "as near as bounds allow"
        later = f", read {self.at_s:.4g} s later" if self.at_s else ""
        own = "".join(f"; on cores of kind {kind}: {it.note}" for kind, it in self.kinds.items())
        return f"weights are on devices {self.name}, programmed {how}{later}{own}"


class HeldWeights:
    """The weights of one layer on devices, a weight once on each of its `copies`.

    The largest weight of the layer takes the whole range of the mean device. Devices that are
    programmed with verify end where their file says, others at the weight; both within their own
    bounds.

    Args:
        weights: (groups, outputs, rows).
        holder: the device.
        copies: devices a weight.
        seed: of the devices and their programming.
        number: of the layer.
        verify: how the chip reads a device of an array that it programs; None: exactly.
    """

    def __init__(
        self,
        weights: np.ndarray,
        holder: Holder,
        copies: int,
        seed: int,
        number: int,
        verify: Callable[[DeviceArray], DeviceRead] | None = None,
    ):
        device = holder.device
        upper = device.number("upper_bound")
        lower = -device.number("lower_bound")
        # A weight of either sign must fit: the shorter side of a lopsided device.
        span = upper if device.paired or not lower else min(upper, lower)
        self.share = device.number("read_disturb") if is_disturbed(device) else 0.0
        # A layer of zeros takes a scale of one: nothing to divide by.
        self.scale = F(float(np.abs(weights).max(initial=0.0)) / span or 1.0)
        # anew in each read: of one device, and of all that hold a weight, in units of the weights
        self.device_noise = float(device.number("read_noise") * self.scale)
        self.weight_noise = float(device.weight_noise * self.scale)
        self.copies = [
            [
                _programmed(
                    device,
                    block / self.scale,
                    seed,
                    # A number of its own for each array, so that no two share their devices.
                    (number * _ARRAYS) + copy * len(weights) + group,
                    verify,
                )
                for group, block in enumerate(weights)
            ]
            for copy in range(copies)
        ]

    def age(self, seconds: float) -> None:
        """Leave the devices alone for so many seconds."""
        for arrays in self.copies:
            for array in arrays:
                array.age(batches=0, seconds=seconds)

    def after(self, reads: int) -> list[np.ndarray]:
        """The weights of each copy after so many reads of every device, (groups, outputs, rows)."""
        kept = (1.0 - self.share) ** reads
        return [
            np.stack([self._seen(array, kept) for array in arrays]) * self.scale
            for arrays in self.copies
        ]

    def _seen(self, array: DeviceArray, kept: float) -> np.ndarray:
        if kept == 1.0:
            return array.weights
        upper = array.planes[:, :, UPPER].astype(float)
        # In float64: one minus a disturbance of 1e-9 a read is one in float32.
        state = (upper - (upper - array.state) * kept).astype(F)
        # What a read sees off its state stays: disturbance moves the device, not its noise.
        off = array.weights - array.shown()
        return array.shown(state) + off


class TurnedWeights:
    """The weights of a layer on its devices as another one reads them from their other side.

    Args:
        owner: the devices, which age by themselves.
        rows: of the owner's weights; what lies behind is a bias, which the other layer does not read.
    """

    def __init__(self, owner: HeldWeights, rows: int):
        self.owner = owner
        self.rows = rows
        self.share = owner.share
        self.device_noise = owner.device_noise
        self.weight_noise = owner.weight_noise

    def age(self, seconds: float) -> None:
        """Nothing: the owner has aged before."""

    def after(self, reads: int) -> list[np.ndarray]:
        """As `HeldWeights.after`, (groups, rows, outputs)."""
        return [copy[:, :, : self.rows].transpose(0, 2, 1) for copy in self.owner.after(reads)]


def _programmed(
    device: Device,
    targets: np.ndarray,
    seed: int,
    tile: int,
    verify: Callable[[DeviceArray], DeviceRead] | None,
) -> DeviceArray:
    array = device.build(*targets.shape, seed=seed, tile=tile)
    if verify is not None:
        array.device_read = verify(array)
    if "verify_window" in device.values:
        array.program(targets, np.ones(targets.shape, bool), seed=seed, tile=tile)
    else:
        array.set_weights(targets)
    return array
