"""The devices of an array: what a read sees and what pulses act on, written exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from archsim.devices.ageing import Ageing
from archsim.kernels.device_read import EXACT
from archsim.kernels.generators import no_generators
from archsim.kernels.records import Cells
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a device makes its arrays, which keep the device.
    from archsim.devices.device import Device

F = np.float32


class HeldDevices:
    """M x N weights on devices.

    Attributes: `weights` (M, N) float32, what a read sees; `state` (M, S, N), what pulses act on (S
    = 2 for pairs; state[:, 0] shares the memory of weights where nothing is hidden); `planes` (M,
    S, P, N) per-device parameters, (1, S, P, N) where the devices of all rows are alike; `law`,
    `granularity`, `write_noise` (absolute), `kernels` for callers that call the compiled kernels
    themselves; `generators` of its pulse trains, independent random bits unless an owner gives it
    others; `device_read`, how a device is read to verify or refresh it, exactly unless an owner
    says otherwise. weights and state are never replaced, only written.
    """

    def __init__(
        self,
        device: Device,
        planes: np.ndarray,
        rows: int,
        draw: Callable[[], np.ndarray],
        seed: int,
        tile: int,
    ):
        self.device = device
        self.planes = planes
        self.seed = seed
        self.tile = tile
        # float32 here, once: a Python float in a compiled law would lift its arithmetic to float64.
        self.law = tuple(map(F, device.scalars()))
        self.granularity = float(device.granularity())
        self.write_noise = F(device.number("write_noise") * device.number("pulse_step"))
        self.kernels = device.kernels()
        self.generators = no_generators()
        self.device_read = EXACT
        _, parts, _, columns = planes.shape
        self.state = np.zeros((rows, parts, columns), F)
        self.weights = (
            # What a read sees is the state itself where nothing is hidden: one array less to keep,
            # and none to bring up to date.
            np.zeros((rows, columns), F) if parts == 2 or self.write_noise > 0 else self.state[:, 0]
        )
        self.grid = 0.0  # distance of the weights that can be written; 0: any
        self.programmed = False  # whether `program` has ever written it
        self.ageing = Ageing(device, (rows, parts, columns), draw)
        self.set_weights(np.zeros((rows, columns), F))

    @property
    def cells(self) -> Cells:
        """The array as the compiled kernels take it."""
        return Cells(self.weights, self.state, self.planes, self.law, self.write_noise)

    def every_plane(self) -> np.ndarray:
        """The planes with a row for every row of devices, (M, S, P, N): a copy where rows share one."""
        rows = len(self.weights)
        return self.planes if len(self.planes) == rows else np.repeat(self.planes, rows, axis=0)

    def set_weights(self, values: np.ndarray) -> None:
        """Write weights (M, N) exactly, clipped to each device's bounds; a pair takes a positive
        weight on its first device.
        """
        values = np.asarray(values, F)
        if values.shape != self.weights.shape or not np.isfinite(values).all():
            raise InputError(
                "weights must be finite and of the array's shape",
                got=values.shape,
                allowed=str(self.weights.shape),
            )
        values = self._on_grid(values)
        wanted = (
            np.stack([np.maximum(values, 0), np.maximum(-values, 0)], axis=1)
            if self.device.paired
            else values[:, None]
        )
        # In place: kernels and owners hold these arrays.
        self.state[...] = np.clip(wanted, self.planes[:, :, 2], self.planes[:, :, 3])
        self.show()

    def _on_grid(self, values: np.ndarray) -> np.ndarray:
        """The nearest weights that can be written."""
        if self.grid == 0:
            return values
        return np.asarray(np.rint(values / F(self.grid)) * F(self.grid), F)

    def show(self) -> None:
        """Make `weights` what the state says, without write noise."""
        self.weights[...] = self.shown()

    def shown(self, state: np.ndarray | None = None) -> np.ndarray:
        """The weights (M, N) that a state (M, S, N) says, this array's own or another one."""
        state = self.state if state is None else state
        return state[:, 0] - state[:, 1] if self.device.paired else state[:, 0]
