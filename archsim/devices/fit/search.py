"""The search for the parameters of a law's mean device, by least squares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archsim.devices import load_law
from archsim.devices.fit.mean_device import Curves, simulate
from archsim.devices.presets import load_presets

if TYPE_CHECKING:
    from hwlib.part import Parameter

_MOST_CALLS = 40  # of the least-squares search of one start
_WIDE = 1e5  # a positive parameter whose range spans more is searched by its logarithm
# Data of a window of 2 do not tell a bound that lies far outside it from none.
_TRIAL = {"pulse_step": (1e-7, 2.0), "upper_bound": (0.1, 5.0), "lower_bound": (-5.0, 0.0)}


def quiet(law: str) -> dict[str, float]:
    """Every spread and noise of a law set to 0."""
    names = [p.name for p in load_law(law).parameters]
    silent = [
        name
        for name in names
        if name.endswith("_spread") or name in ("pulse_noise", "write_noise", "program_error")
    ]
    return dict.fromkeys(silent, 0.0)


def range_of(parameter: Parameter) -> tuple[float, float]:
    """Lowest and highest value of a numeric parameter."""
    low = -np.inf if parameter.low is None else parameter.low
    high = np.inf if parameter.high is None else parameter.high
    return float(low), float(high)


def free_parameters(law: str) -> list[Parameter]:
    """The numbers of a law that move its mean device: found by moving each of them."""
    kind = load_law(law)
    base = kind(**quiet(law))
    pulses = np.array([[0, 30, 60]])
    trial = Curves(
        np.array([True, False]),
        np.array([0.1, 0.4]),
        np.repeat(pulses, 2, axis=0),
        np.zeros((2, 3)),
        1,
        np.zeros(2, int),
        np.zeros(2, int),
    )
    before = simulate(base, trial)
    moving = []
    for p in kind.parameters:
        if p.choices or p.integer or p.name in quiet(law):
            continue
        value = float(base.values[p.name])
        # Far enough to be seen over 60 pulses, near enough to stay inside most ranges.
        other = value * 1.3 if value else 0.1
        low, high = range_of(p)
        other = min(max(other, low), high)
        if other == value:
            other = min(max(value * 0.7 - 0.1 * (value == 0), low), high)
        if other == value:
            continue
        changed = simulate(kind(**{**quiet(law), p.name: other}), trial)
        # a bound that the trial does not reach still is one
        if p.name in _TRIAL or np.abs(changed - before).max() > 1e-9:
            moving.append(p)
    return moving


class Search:
    """The least-squares search of one law over its free parameters."""

    def __init__(self, law: str, curves: Curves, fixed: dict[str, float]):
        self.law = load_law(law)
        self.curves = curves
        self.fixed = {**quiet(law), **fixed}
        self.names = [p.name for p in free_parameters(law) if p.name not in fixed]
        self.ranges = {p.name: range_of(p) for p in self.law.parameters}
        for name, (low, high) in _TRIAL.items():
            if name in self.names:
                below, above = self.ranges[name]
                self.ranges[name] = (max(low, below), min(high, above))
        self.names = [n for n in self.names if self.ranges[n][0] < self.ranges[n][1]]
        self.logarithmic = [
            self.ranges[n][0] > 0 and self.ranges[n][1] > _WIDE * self.ranges[n][0]
            for n in self.names
        ]

    def encode(self, values: dict[str, float]) -> np.ndarray:
        coded = []
        for name, logarithmic in zip(self.names, self.logarithmic):
            low, high = self.ranges[name]
            value = min(max(values[name], low), high)
            coded.append(np.log(value) if logarithmic else value)
        return np.array(coded)

    def decode(self, coded: np.ndarray) -> dict[str, float]:
        values = {}
        for name, logarithmic, number in zip(self.names, self.logarithmic, coded):
            low, high = self.ranges[name]
            value = float(np.exp(number) if logarithmic else number)
            values[name] = min(max(value, low), high)
        return values

    def residuals(self, values: dict[str, float], gains: np.ndarray) -> np.ndarray:
        device = self.law(**{**self.fixed, **values})
        with np.errstate(all="ignore"):
            fitted = simulate(device, self.curves, gains[:, self.curves.device])
        off = (fitted - self.curves.weights)[self.curves.read]
        # A law may overflow far from its solution: large and finite, so that the search turns back.
        return np.nan_to_num(off, nan=1e3, posinf=1e3, neginf=-1e3)

    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        low = [self.ranges[n][0] for n in self.names]
        high = [self.ranges[n][1] for n in self.names]
        for index, logarithmic in enumerate(self.logarithmic):
            if logarithmic:
                low[index], high[index] = np.log(low[index]), np.log(high[index])
        return np.array(low), np.array(high)

    def run(self, start: dict[str, float], gains: np.ndarray) -> tuple[dict[str, float], float]:
        """The best parameters from one start, and their mean square."""
        from scipy.optimize import least_squares

        low, high = self.limits()
        # The method of trust regions begins strictly inside its bounds.
        margin = 1e-9 * (high - low)
        first = np.clip(self.encode(start), low + margin, high - margin)
        solution = least_squares(
            lambda coded: self.residuals(self.decode(coded), gains),
            first,
            bounds=(low, high),
            # Steps of 1e-7 and bounds of one in one search: each in units of itself.
            x_scale=np.maximum(np.abs(first), 0.05),
            max_nfev=_MOST_CALLS,
        )
        return self.decode(solution.x), float(2 * solution.cost / max(1, len(solution.fun)))

    def drop_idle(self, values: dict[str, float], gains: np.ndarray) -> None:
        """Leave out what the data cannot tell from the others, so that it keeps its value.

        A column of the Jacobian that lies in the span of those before it is one.
        """
        base = self.residuals(values, gains)
        kept: list[np.ndarray] = []
        names = []
        # Gram and Schmidt in the order of the law: of two that do the same the first one stays
        # free.
        for name in self.names:
            step = 1e-4 * max(abs(values[name]), 0.05)
            low, high = self.ranges[name]
            step = step if values[name] + step <= high else -step
            column = (self.residuals({**values, name: values[name] + step}, gains) - base) / step
            column = column * max(abs(values[name]), 0.05)
            size = float(np.linalg.norm(column))
            rest = column.copy()
            for direction in kept:
                rest -= direction * (direction @ rest)
            left = float(np.linalg.norm(rest))
            if size > 1e-9 and left > 1e-5 * size:
                kept.append(rest / left)
                names.append(name)
            else:
                self.fixed[name] = values[name]
        self.logarithmic = [self.logarithmic[self.names.index(n)] for n in names]
        self.names = names


def starts_of(law: str, curves: Curves) -> list[dict[str, float]]:
    """The law's defaults and its presets, with the step and the window of the data."""
    kind = load_law(law)
    first = np.abs(curves.weights[:, 1] - curves.weights[:, 0]) / np.maximum(curves.at[:, 1], 1)
    step = float(np.clip(np.mean(first) / curves.stride, 1e-6, 1.0))
    shared = {"pulse_step": step, "upper_bound": 1.1, "lower_bound": 0.0 if kind.paired else -1.1}
    names = {p.name for p in free_parameters(law)}
    starts = []
    # Published devices are likely to be near the next one of their kind.
    presets = [p.parameters for p in load_presets().values() if p.law == law]
    for parameters in [{}, *presets]:
        values = kind(**{**quiet(law), **parameters}).values
        start = {n: float(values[n]) for n in names}
        starts.append({**start, **{n: v for n, v in shared.items() if n in names}})
    unique = []
    for start in starts:
        if start not in unique:
            unique.append(start)
    return unique
