"""An array of devices and the operations that change it: pulses, programming, refresh, age."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from archsim.devices.held_devices import HeldDevices
from archsim.kernels.cache_lines import zeros_apart
from archsim.kernels.program import program
from archsim.kernels.random import as_word
from archsim.kernels.records import DeviceRead, Draws, Tally, Trains, Verify
from archsim.kernels.update import COUNTS
from hwlib.errors import InputError

F = np.float32
_UNCOUNTED = np.zeros((0, 0), np.int32)


def new_counts() -> np.ndarray:
    """An int64 array of zeros in the order of `COUNTS`."""
    return zeros_apart(len(COUNTS), np.int64)


def new_tally(writes: np.ndarray | None = None) -> Tally:
    """Counters from zero, of an update, of pulses or of a refresh; without `writes` those of single
    devices are not kept.
    """
    return Tally(new_counts(), _UNCOUNTED if writes is None else writes)


def draws(seed: int, step: int, tile: int, first: int = 0) -> Draws:
    """Keys of random numbers from whole numbers of any size."""
    return Draws(as_word(seed), as_word(step), as_word(tile), as_word(first))


class DeviceArray(HeldDevices):
    """M x N weights on devices, and what changes them; see `HeldDevices` for what they are."""

    def trains(
        self,
        *,
        rate: float,
        longest: int = 31,
        manage_update: bool = True,
        manage_length: bool = True,
        deterministic: bool = False,
    ) -> Trains:
        """How an update of this array makes its pulse trains, from the array's own generators.

        Args:
            rate: learning rate.
            longest: slots of a train at most, 1-64.
            manage_update: the probabilities of both sides meet halfway (see `trains.plan_train`).
            manage_length: a train is as long as its update needs.
            deterministic: pulses are spread evenly instead of drawn.

        Returns:
            a record, the same for every vector.

        Raises:
            InputError: for a rate or a length out of range.
        """
        # A train is the bits of one 64-bit word. `not rate >=` refuses NaN too.
        if not 1 <= longest <= 64 or not rate >= 0:
            raise InputError(
                "rate or train length out of range",
                got=(rate, longest),
                allowed="rate >= 0, length 1-64",
            )
        return Trains(
            float(rate),
            self.granularity,
            int(longest),
            bool(manage_update),
            bool(manage_length),
            bool(deterministic),
            self.generators,
        )

    def update(
        self,
        inputs: ArrayLike,
        errors: ArrayLike,
        trains: Trains,
        *,
        seed: int = 0,
        step: int = 0,
        tile: int = 0,
        first: int = 0,
        writes: np.ndarray | None = None,
    ) -> np.ndarray:
        """Pulsed update W += rate d x^T, one vector after the other.

        Args:
            inputs: x (V, N), or (N,) for one.
            errors: d (V, M) = minus the gradient, or (M,).
            trains: as `trains` makes them.
            seed: with `step`, `tile` and `first` the key of the random numbers.
            step: number of the image in the run.
            tile: number of the tile.
            first: number of the first vector.
            writes: int32 (M, N), added to: pulses of every device.

        Returns:
            counts, int64 in the order of `kernels.update.COUNTS`.

        Raises:
            InputError: for vectors that do not fit the array.
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
        tally = new_tally(writes)
        keys = draws(seed, step, tile, first)
        self.kernels.update(self.cells, inputs, errors, trains, keys, tally)
        return tally.counts

    def pulse(
        self,
        signed: ArrayLike,
        *,
        seed: int = 0,
        step: int = 0,
        tile: int = 0,
        writes: np.ndarray | None = None,
    ) -> np.ndarray:
        """`signed` (M, N) integer pulses to each device, positive up. Returns counts as `update`."""
        signed = np.ascontiguousarray(
            np.broadcast_to(np.asarray(signed, np.int32), self.weights.shape)
        )
        tally = new_tally(writes)
        self.kernels.pulse(self.cells, signed, draws(seed, step, tile), tally)
        return tally.counts

    def refresh(
        self, *, seed: int = 0, step: int = 0, tile: int = 0, writes: np.ndarray | None = None
    ) -> np.ndarray:
        """Refresh the pairs that are both high, each against its own bounds; nothing for other
        devices. See `kernels.refresh`.

        Returns counts as `update`, the last being refreshed pairs, their pulses, and pairs left
        further off than their devices' resolution.
        """
        tally = new_tally(writes)
        if self.device.paired and "refresh_upper" in self.device.values:
            limits = self.device.refresh_limits(self.device_read)
            self.kernels.refresh(self.cells, limits, draws(seed, step, tile), tally)
        return tally.counts

    def program(
        self,
        targets: ArrayLike,
        selected: ArrayLike,
        *,
        seed: int = 0,
        step: int = 0,
        tile: int = 0,
        writes: np.ndarray | None = None,
    ) -> np.ndarray:
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
        # The writer has so many levels: what lies between them is asked of no device.
        targets = np.ascontiguousarray(self._on_grid(np.asarray(targets, F)))
        selected = np.ascontiguousarray(selected, bool)
        self.programmed = True
        tally = Tally(np.zeros(3, np.int64), new_tally(writes).writes)
        program(
            self.cells,
            targets,
            selected,
            Verify(F(d.program_error), F(d.verify_window), int(d.cycles), self._verify_read()),
            draws(seed, step, tile),
            tally,
        )
        return tally.counts

    def _verify_read(self) -> DeviceRead:
        """A read of one device: the noise of the converter, and that of the device itself."""
        own = self.device.number("read_noise")
        # Two independent noises add as squares.
        noise = np.hypot(self.device_read.noise, own) if self.device_read.noise else own
        return self.device_read._replace(noise=F(noise))

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
        # Taken off first: `show` writes the weights anew from the state.
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
