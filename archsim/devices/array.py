"""An array of devices: what a read sees, what pulses act on, and the operations that change them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from archsim.devices.ageing import Ageing
from archsim.kernels.generators import no_generators
from archsim.kernels.program import program
from archsim.kernels.random import as_word
from archsim.kernels.records import Cells, Draws, Refresh, Tally, Trains, Verify
from archsim.kernels.update import COUNTS
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a device makes its arrays, which keep the device.
    from archsim.devices.device import Device

F = np.float32
_UNCOUNTED = np.zeros((0, 0), np.int32)


def new_counts() -> np.ndarray:
    """An int64 array of zeros in the order of `COUNTS`."""
    return np.zeros(len(COUNTS), np.int64)


def draws(seed: int, step: int, tile: int, first: int = 0) -> Draws:
    """Keys of random numbers from whole numbers of any size."""
    return Draws(as_word(seed), as_word(step), as_word(tile), as_word(first))


class DeviceArray:
    """M x N weights on devices.

    Attributes: `weights` (M, N) float32, what a read sees; `state` (M, S, N), what pulses act on (S
    = 2 for pairs; state[:, 0] shares the memory of weights where nothing is hidden); `planes` (M,
    S, P, N) per-device parameters; `law`, `granularity`, `write_noise` (absolute), `kernels` for
    callers that call the compiled kernels themselves; `generators` of its pulse trains, independent
    random bits unless an owner gives it others. weights and state are never replaced, only
    written.
    """

    def __init__(
        self,
        device: Device,
        planes: np.ndarray,
        draw: Callable[[], np.ndarray],
        seed: int,
        tile: int,
    ):
        self.device = device
        self.planes = planes
        self.seed = seed
        self.tile = tile
        self.law = tuple(map(F, device.scalars()))
        self.granularity = float(device.granularity())
        self.write_noise = F(device.number("write_noise") * device.number("pulse_step"))
        self.kernels = device.kernels()
        self.generators = no_generators()
        rows, parts, _, columns = planes.shape
        self.state = np.zeros((rows, parts, columns), F)
        self.weights = (
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

    def update(
        self,
        inputs,
        errors,
        *,
        rate,
        longest=31,
        manage_update=True,
        manage_length=True,
        deterministic=False,
        seed=0,
        step=0,
        tile=0,
        first=0,
        counts=None,
        writes=None,
    ) -> np.ndarray:
        """Pulsed update W += rate d x^T for inputs x (V, N) and errors d (V, M) = minus the
        gradient, one vector after the other.

        `longest` 1-64 slots; managements as `kernels.trains.plan_train`. Returns counts (int64,
        order of `kernels.update.COUNTS`), added to
        `counts` where given; `writes` (M, N) int32 is added to where given.
        """
        inputs = np.ascontiguousarray(np.atleast_2d(inputs), F)
        errors = np.ascontiguousarray(np.atleast_2d(errors), F)
        if (
            inputs.shape[1:] != self.weights.shape[1:]
            or errors.shape[1:] != self.weights.shape[:1]
            or len(inputs) != len(errors)
        ):
            raise InputError(
                "inputs (V, N) and errors (V, M) do not fit the array",
                got=(inputs.shape, errors.shape),
            )
        if not 1 <= longest <= 64 or not rate >= 0:
            raise InputError(
                "rate or train length out of range",
                got=(rate, longest),
                allowed="rate >= 0, length 1-64",
            )
        counts = new_counts() if counts is None else counts
        self.kernels.update(
            self.cells,
            inputs,
            errors,
            Trains(
                float(rate),
                self.granularity,
                int(longest),
                bool(manage_update),
                bool(manage_length),
                bool(deterministic),
                self.generators,
            ),
            draws(seed, step, tile, first),
            Tally(counts, _UNCOUNTED if writes is None else writes),
        )
        return counts

    def pulse(self, signed, *, seed=0, step=0, tile=0, counts=None, writes=None) -> np.ndarray:
        """`signed` (M, N) integer pulses to each device, positive up. Returns counts as `update`."""
        signed = np.ascontiguousarray(
            np.broadcast_to(np.asarray(signed, np.int32), self.weights.shape)
        )
        counts = new_counts() if counts is None else counts
        self.kernels.pulse(
            self.cells,
            signed,
            draws(seed, step, tile),
            Tally(counts, _UNCOUNTED if writes is None else writes),
        )
        return counts

    def refresh(self, *, seed=0, step=0, tile=0, counts=None, writes=None) -> np.ndarray:
        """Refresh the pairs that are both high, each against its own bounds; nothing for other
        devices. See `kernels.refresh`.

        Returns counts as `update`, the last being refreshed pairs, their pulses, and pairs left
        further off than their devices' resolution.
        """
        counts = new_counts() if counts is None else counts
        if self.device.paired and "refresh_upper" in self.device.values:
            d = self.device
            self.kernels.refresh(
                self.cells,
                Refresh(
                    F(d.refresh_upper),
                    F(d.refresh_lower),
                    F(d.reset_weight),
                    F(d.reset_spread),
                    int(d.refresh_pulses),
                ),
                draws(seed, step, tile),
                Tally(counts, _UNCOUNTED if writes is None else writes),
            )
        return counts

    def program(self, targets, selected, *, seed=0, step=0, tile=0, writes=None) -> np.ndarray:
        """Write-verify to `targets` (M, N) where `selected` (M, N, bool).

        Returns int64 totals: devices written, SET-RESET cycles, devices left outside the window.
        """
        d = self.device
        if "verify_window" not in d.values:
            raise InputError(
                "this device is not programmed by write-verify",
                got=d.name,
                hint="use a write_verify_pair device",
            )
        targets = np.ascontiguousarray(self._on_grid(np.asarray(targets, F)))
        selected = np.ascontiguousarray(selected, bool)
        totals = np.zeros(3, np.int64)
        self.programmed = True
        program(
            self.cells,
            targets,
            selected,
            Verify(
                F(d.program_error), F(d.verify_window), int(d.cycles), F(d.number("read_noise"))
            ),
            draws(seed, step, tile),
            Tally(totals, _UNCOUNTED if writes is None else writes),
        )
        return totals

    def age(
        self,
        *,
        batches: int = 1,
        seconds: float = 0.0,
        reads: int = 0,
        seed: int = 0,
        step: int = 0,
        tile: int = 0,
    ) -> None:
        """Age the devices; nothing where they do not.

        Args:
            batches: mini-batches since the last call, for decay and diffusion (rpu.md 3.2).
            seconds: simulated time since then, for drift and retention.
            reads: of the array since then, for read disturb.
            seed: with `step` and `tile` the key of the diffusion.
            step: number of the image in the run.
            tile: number of the tile.
        """
        noise = self.weights - self.shown() if self.write_noise > 0 else None
        if self.ageing.act(
            self.state,
            self.planes,
            batches=batches,
            seconds=seconds,
            reads=reads,
            key=(seed, step, tile),
        ):
            self.show()
            if noise is not None:
                # what a read sees off its state was drawn at the last pulse and stays until the next
                self.weights += noise
