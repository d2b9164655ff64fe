"""Base of all device laws: declared parameters, the draw of every device of an array, and what the
kernels need of a law.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from archsim.devices.array import DeviceArray
from archsim.devices.parameters import AGEING, BOUNDS, STEP
from archsim.kernels.device_read import EXACT
from archsim.kernels.random import DEVICE, as_word, fill_normals, row_key, stream_key
from archsim.kernels.records import DeviceRead, Refresh
from archsim.kernels.update import LawKernels, specialise
from archsim.kernels.update_reference import LawReference
from hwlib.errors import InputError, unknown
from hwlib.part import Parameter

WEIGHT_UNITS = (
    "pulse_step",
    "upper_bound",
    "lower_bound",
    "corrupt_range",
    "rest_weight",
    "diffusion",
    "reference_mean",
    "reference_spread",
    "reset_weight",
    "reset_spread",
    "noise_floor",
    "program_error",
    "verify_window",
    "read_noise",
)
"""Parameters that are weights: where a layer's weights are so many times a device's, these are."""


class Device:
    """A device law with its parameter values. A subclass sets the class variables and writes
    `step`, `step_reference`, `scalars` and, where it needs more than steps and bounds, `planes`.

    step(weight, up, count, noise, planes, j, law): the compiled law, see `kernels.update`;
    step_reference(weight, up, count, noise, planes, law): the same in NumPy on whole arrays. All
    weights are in the normalised unit of the crossbar.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]] = STEP + BOUNDS + AGEING
    aggregated: ClassVar[bool] = False
    paired: ClassVar[bool] = False
    even_noise: ClassVar[bool] = False
    exact_twin: ClassVar[bool] = (
        True  # False where the compiled law uses polynomials for exp and log
    )
    ignored: ClassVar[
        Mapping[str, str]
    ] = {}  # parameters that this law takes over from another one and does not read, and why
    step: ClassVar[Callable]
    step_reference: ClassVar[Callable]

    def __init__(self, **values: object):
        known = {parameter.name: parameter for parameter in self.parameters}
        for key in values:
            if key not in known:
                raise unknown(f"parameter of device law '{self.name}'", key, known)
        self.values = {
            key: parameter.check(values.get(key, parameter.default), f"{self.name}.{key}")
            for key, parameter in known.items()
        }

    def number(self, name: str, default: float = 0.0) -> float:
        """A parameter that is a number.

        Args:
            name: of the parameter.
            default: what is given where the law has none of this name.

        Returns:
            the value.

        Raises:
            TypeError: for a parameter that is a word.
        """
        value = self.values.get(name, default)
        if isinstance(value, str):
            raise TypeError(f"parameter '{name}' of device law '{self.name}' is a word")
        return value

    def scaled(self, factor: float) -> Device:
        """The device of a layer whose weights are `factor` times those of the device's file: every
        parameter that is a weight is so many times as large, shares and shapes stay.

        Args:
            factor: what weight 1 of the file stands for in the layer.

        Returns:
            a device of the same law; this one for a factor of 1.
        """
        if factor == 1.0:
            return self
        device = copy.copy(self)
        device.values = {
            name: value * factor if name in WEIGHT_UNITS and not isinstance(value, str) else value
            for name, value in self.values.items()
        }
        return device

    @property
    def range(self) -> float:
        """The largest weight that the mean device holds in both signs."""
        upper = self.number("upper_bound")
        return upper if self.paired else min(upper, -self.number("lower_bound") or upper)

    @property
    def weight_noise(self) -> float:
        """Standard deviation of a weight in a read: that of its device, or of a pair together."""
        return self.number("read_noise") * (2.0 if self.paired else 1.0) ** 0.5

    def __getattr__(self, key: str) -> Any:
        # Declared parameters read like attributes in the laws: self.pulse_step
        try:
            return self.__dict__["values"][key]
        except KeyError:
            raise AttributeError(key) from None

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
        spread, v = self.step_spread * draw(), self.asymmetry
        gain = np.exp(spread) if self.step_spread_law == "lognormal" else 1.0 + spread
        tilt = self.asymmetry_spread * draw()
        up, down = (
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
        upper = np.abs(self.upper_bound * (1.0 + self.upper_spread * draw()))
        return [-np.abs(self.lower_bound * (1.0 + self.lower_spread * draw())), upper]

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
        key = stream_key(as_word(seed), as_word(0), as_word(tile), DEVICE)
        number = iter(range(1 << 16))

        def draw() -> np.ndarray:
            values = np.empty((rows, columns), np.float32)
            fill_normals(np.uint64(row_key(np.uint64(key), np.uint64(next(number)))), values)
            return values.astype(np.float64)

        parts = []
        for _ in range(2 if self.paired else 1):
            planes = self.planes(draw)
            self._corrupt(planes, draw)
            if perfect_bias:
                step = self.values.get("pulse_step", 0.0)
                for plane, value in zip(
                    planes, (step, step, 100 * self.lower_bound, 100 * self.upper_bound)
                ):
                    plane[:, -1] = value
            parts.append(np.stack([*planes, *self.own_planes(planes, draw)], axis=1))
        return DeviceArray(
            self, np.ascontiguousarray(np.stack(parts, axis=1), np.float32), draw, seed, tile
        )

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

    def _corrupt(self, planes: list[np.ndarray], draw: Callable[[], np.ndarray]) -> None:
        if self.corrupt_probability > 0:
            stuck = normal_to_uniform(draw()) < self.corrupt_probability
            stuck_at = np.clip(
                (2 * normal_to_uniform(draw()) - 1) * self.corrupt_range, planes[2], planes[3]
            )
            for plane, value in zip(planes, (0.0, 0.0, stuck_at, stuck_at)):
                plane[...] = np.where(stuck, value, plane)


def normal_to_uniform(normals: np.ndarray) -> np.ndarray:
    """The normal distribution function by a table of 4096 intervals: uniform numbers in (0, 1), to
    1e-4.
    """
    grid = np.linspace(-8.5, 8.5, 4097)
    density = np.exp(-(grid**2) / 2)
    area = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return np.interp(normals, grid, area / area[-1])


@functools.cache
def _kernels(step: Callable, aggregated: bool, paired: bool, even_noise: bool) -> LawKernels:
    return specialise(step, aggregated=aggregated, paired=paired, even_noise=even_noise)
