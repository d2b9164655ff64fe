"""Base of all device laws: declared parameters, the draw of every device of an array, and what the
kernels need of a law.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import numpy as np

from archsim.devices.array import DeviceArray
from archsim.devices.device_values import DeviceValues
from archsim.devices.drawing import normals_of, rows_alike, stick_some
from archsim.kernels.device_read import EXACT
from archsim.kernels.records import DeviceRead, Refresh
from archsim.kernels.update import LawKernels, specialise
from archsim.kernels.update_reference import LawReference
from hwlib.errors import InputError


class Device(DeviceValues):
    """A device law with its parameter values. A subclass sets the class variables and writes
    `step`, `step_reference`, `scalars` and, where it needs more than steps and bounds, `planes`.

    step(weight, up, count, noise, planes, j, law): the compiled law, see `kernels.update`;
    step_reference(weight, up, count, noise, planes, law): the same in NumPy on whole arrays. All
    weights are in the normalised unit of the crossbar.
    """

    title: ClassVar[str]
    source: ClassVar[str]
    aggregated: ClassVar[bool] = False
    even_noise: ClassVar[bool] = False
    # False where the compiled law uses polynomials for exp and log
    exact_twin: ClassVar[bool] = True
    # True where a scheme writes into the planes of an array (a reference): every row keeps its own
    planes_written: ClassVar[bool] = False
    # parameters that this law takes over from another one and does not read, and why
    ignored: ClassVar[Mapping[str, str]] = {}
    step: ClassVar[Callable]
    step_reference: ClassVar[Callable]

    @classmethod
    def kernels(cls) -> LawKernels:
        """The compiled kernels of the law, shared by all devices with the same step function."""
        return _kernels(cls.step, cls.aggregated, cls.paired, cls.even_noise)

    @classmethod
    def reference(cls) -> LawReference:
        """The law for the NumPy twin."""
        return LawReference(cls.step_reference, cls.aggregated, cls.paired, cls.even_noise)

    def expected_step(
        self,
        weight: np.ndarray,
        up: np.ndarray,
        planes: Sequence[np.ndarray],
        law: tuple[float, ...],
    ) -> np.ndarray:
        """The mean weight after one pulse, before the bounds: the step without noise where that is
        symmetric. A law of another noise says its own.

        Args:
            weight: weights, (M, N).
            up: whether the pulse goes up, (M, N).
            planes: per-device parameters, (M, N) each.
            law: numbers of the law, the same for all devices.

        Returns:
            weights, (M, N).
        """
        return self.step_reference(weight, up, 1.0, 0.0, planes, law)

    def refresh_limits(self, read: DeviceRead = EXACT) -> Refresh:
        """When a pair of these devices is refreshed and what it is reset to; for laws that declare it.

        Args:
            read: how its devices are read.

        Returns:
            a record that the kernels take.
        """
        return Refresh(
            np.float32(self.refresh_upper),
            np.float32(self.refresh_lower),
            np.float32(self.reset_weight),
            np.float32(self.reset_spread),
            int(self.refresh_pulses),
            read,
        )

    def scalars(self) -> tuple[float, ...]:
        """The law's scalars, in the order its step function reads them."""
        return (self.pulse_noise,)

    def granularity(self) -> float:
        """Mean step of one pulse at w = 0, which sets train lengths and probabilities (dw_min in
        rpu.md 2.4).
        """
        return self.pulse_step

    def planes(self, draw: Callable[[], np.ndarray]) -> list[np.ndarray]:
        """Per-device parameters.

        Args:
            draw: gives fresh normals, (M, N).

        Returns:
            up step, down step, lower and upper bound, then the law's own, (M, N) each.
        """
        return self.steps(draw) + self.bounds(draw)

    def steps(self, draw: Callable[[], np.ndarray]) -> list[np.ndarray]:
        """Up and down step of each device: a_up = |dw_min (g + r + u_up)|, a_dn = |dw_min (g - r + u_dn)|.

        Args:
            draw: gives fresh normals, (M, N).

        Returns:
            a_up and a_dn, (M, N) each, in weight units.

        Source:
            aihwkit; rpu.md 3.1.
        """
        spread = self.step_spread * draw()
        v = self.asymmetry
        # Steps are sizes: a normal spread may turn one around, which the absolute value below turns
        # back, as aihwkit does.
        gain = np.exp(spread) if self.step_spread_law == "lognormal" else 1.0 + spread
        tilt = self.asymmetry_spread * draw()
        up, down = (
            # aihwkit lowers one side alone, so its mean step is smaller than the pulse step that is
            # stated.
            (v / 2, -v / 2) if self.asymmetry_law == "symmetric" else (min(v, 0.0), -max(v, 0.0))
        )
        return [
            np.abs(self.pulse_step * (gain + tilt + up)),
            np.abs(self.pulse_step * (gain - tilt + down)),
        ]

    def bounds(self, draw: Callable[[], np.ndarray]) -> list[np.ndarray]:
        """Bounds of each device: b_min = -|w_min (1 + s N)|, b_max = |w_max (1 + s N)|, independent.

        Args:
            draw: gives fresh normals, (M, N).

        Returns:
            b_min and b_max, (M, N) each, in weight units.

        Source:
            aihwkit; rpu.md 3.1.
        """
        upper = _sizes(draw(), self.upper_bound, self.upper_spread)
        lower = _sizes(draw(), self.lower_bound, self.lower_spread)
        return [np.negative(lower, out=lower), upper]

    def build(
        self, rows: int, columns: int, *, seed: int = 0, tile: int = 0, perfect_bias: bool = False
    ) -> DeviceArray:
        """Draw an array of devices at weight 0 (clipped to each device's bounds).

        Args:
            rows: lines of the array.
            columns: lines across.
            seed: with `tile` and a device's own row and column all that the draw depends on.
            tile: number of the tile.
            perfect_bias: the last column gets the nominal step, up and down, and 100 times the nominal
                bounds.

        Returns:
            the `DeviceArray`, (rows, columns).

        Raises:
            InputError: for a size that is none.
        """
        if rows < 1 or columns < 1:
            raise InputError("an array has at least one row and one column", got=(rows, columns))
        draw = normals_of(rows, columns, seed, tile)
        parts = 2 if self.paired else 1
        held = np.empty(0, np.float32)
        # The devices of a pair are drawn one after the other, each with all its numbers.
        for part in range(parts):
            planes = self.planes(draw)
            if self.corrupt_probability > 0:
                stick_some(planes, draw, self.corrupt_probability, self.corrupt_range)
            if perfect_bias:
                # A law without steps (a switch) has none that a bias could get.
                step = self.values.get("pulse_step", 0.0)
                for plane, value in zip(
                    planes, (step, step, 100 * self.lower_bound, 100 * self.upper_bound)
                ):
                    plane[:, -1] = value
            every = [*planes, *self.own_planes(planes, draw)]
            if part == 0:
                held = np.empty((rows, parts, len(every), columns), np.float32)
            # Each in its place: stacks of stacks took most of the time of a large network's draw.
            for number, plane in enumerate(every):
                held[:, part, number] = plane
        if not self.planes_written and rows_alike(held):
            held = held[:1].copy()
        return DeviceArray(self, held, rows, draw, seed, tile)

    def own_planes(
        self, planes: list[np.ndarray], draw: Callable[[], np.ndarray]
    ) -> list[np.ndarray]:
        """The law's own per-device parameters.

        Args:
            planes: steps and bounds, (M, N) each, which may be changed in place.
            draw: gives fresh normals, (M, N).

        Returns:
            further planes, (M, N) each.
        """
        return []


def _sizes(normals: np.ndarray, mean: float, spread: float) -> np.ndarray:
    """|mean (1 + spread N)| in the place of the normals: large networks draw hundreds of megabytes."""
    normals *= spread
    normals += 1.0
    normals *= mean
    return np.abs(normals, out=normals)


@functools.cache
def _kernels(step: Callable, aggregated: bool, paired: bool, even_noise: bool) -> LawKernels:
    return specialise(step, aggregated=aggregated, paired=paired, even_noise=even_noise)
