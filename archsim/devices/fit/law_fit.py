"""One law fitted to measured curves: its mean device, and the gains of every device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.devices import load_law
from archsim.devices.fit.mean_device import MOST_STEPS, Curves, simulate
from archsim.devices.fit.measured import Measured, Run
from archsim.devices.presets import load_presets
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.devices.device import Device
    from hwlib.part import Parameter

ROUNDS = 3  # of mean device and gains, in turn
_MOST_CALLS = 40  # of the least-squares search of one start
_WIDE = 1e5  # a positive parameter whose range spans more is searched by its logarithm
_RIDGE = 1e-4  # keeps a gain that moves nothing at 1
_DAMPED = 15  # steps of the search for the gains
# Data of a window of 2 do not tell a bound that lies far outside it from none.
_TRIAL = {"pulse_step": (1e-7, 2.0), "upper_bound": (0.1, 5.0), "lower_bound": (-5.0, 0.0)}


@dataclass(frozen=True)
class LawFit:
    """A law with the parameters of its mean device.

    Attributes:
        law: name of the law.
        parameters: the fitted parameters of the mean device, in weight units.
        gains: up step, down step, lower and upper bound of every device, relative to the mean;
            (4, devices).
        gain_errors: standard errors of the gains; (4, devices).
        residual: root mean square of measured minus fitted weight, as a share of the window.
        held_out: the same on the half of the cycles (else devices) that a second fit did not see;
            NaN where there is only one run of each direction.
        up_only: whether the law takes up pulses only.
    """

    law: str
    parameters: dict[str, float]
    gains: np.ndarray
    gain_errors: np.ndarray
    residual: float
    held_out: float
    up_only: bool

    def device(self, **changes: Any) -> Device:
        """The mean device, with `changes`."""
        return load_law(self.law)(**{**quiet(self.law), **self.parameters, **changes})


def quiet(law: str) -> dict[str, float]:
    """Every spread and noise of a law set to 0."""
    names = [p.name for p in load_law(law).parameters]
    silent = [
        name
        for name in names
        if name.endswith("_spread") or name in ("pulse_noise", "write_noise", "program_error")
    ]
    return dict.fromkeys(silent, 0.0)


def takes_up_only(law: str) -> bool:
    """Whether a device of this law is reset instead of pulsed down."""
    return any(p.name == "refresh_pulses" for p in load_law(law).parameters)


def to_weights(measured: Measured, paired: bool) -> tuple[float, float]:
    """Conductance of weight 0 and of one unit of weight, µS: the window is -1 to 1; for one device
    of a pair 0 to 1.
    """
    low, high = measured.window_us()
    if not high > low:
        raise InputError("the conductance never changes", where=measured.name, got=low)
    return (low, high - low) if paired else ((low + high) / 2, (high - low) / 2)


def curves_of(measured: Measured, paired: bool, up_only: bool) -> Curves:
    """The runs side by side in weight units."""
    zero, unit = to_weights(measured, paired)
    runs = [run for run in measured.runs if run.up or not up_only]
    longest = max(int(run.pulses[-1]) for run in runs)
    stride = max(1, -(-longest // MOST_STEPS))
    readings = max(len(run.pulses) for run in runs)
    at = np.full((len(runs), readings), -1, np.int64)
    weights = np.zeros((len(runs), readings))
    for index, run in enumerate(runs):
        at[index, : len(run.pulses)] = np.rint(run.pulses / stride)
        weights[index, : len(run.pulses)] = (run.conductance_us - zero) / unit
    names = {name: index for index, name in enumerate(measured.devices)}
    device = np.array([names[run.device] for run in runs])
    return Curves(
        np.array([run.up for run in runs]),
        weights[:, 0].copy(),
        at,
        weights,
        stride,
        device,
        _halves(runs, device),
    )


def _halves(runs: list[Run], device: np.ndarray) -> np.ndarray:
    """Even and odd cycles of every device; devices where there is one cycle."""
    cycles = sorted({run.cycle for run in runs})
    if len(cycles) > 1:
        order = {cycle: index for index, cycle in enumerate(cycles)}
        return np.array([order[run.cycle] % 2 for run in runs])
    return device % 2


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
        other = value * 1.3 if value else 0.1
        other = min(max(other, p.low), p.high)
        if other == value:
            other = min(max(value * 0.7 - 0.1 * (value == 0), p.low), p.high)
        if other == value:
            continue
        changed = simulate(kind(**{**quiet(law), p.name: other}), trial)
        # a bound that the trial does not reach still is one
        if p.name in _TRIAL or np.abs(changed - before).max() > 1e-9:
            moving.append(p)
    return moving


class _Search:
    """The least-squares search of one law over its free parameters."""

    def __init__(self, law: str, curves: Curves, fixed: dict[str, float]):
        self.law = load_law(law)
        self.curves = curves
        self.fixed = {**quiet(law), **fixed}
        self.names = [p.name for p in free_parameters(law) if p.name not in fixed]
        self.ranges = {p.name: (p.low, p.high) for p in self.law.parameters}
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
        margin = 1e-9 * (high - low)
        first = np.clip(self.encode(start), low + margin, high - margin)
        found = least_squares(
            lambda coded: self.residuals(self.decode(coded), gains),
            first,
            bounds=(low, high),
            x_scale=np.maximum(np.abs(first), 0.05),
            max_nfev=_MOST_CALLS,
        )
        return self.decode(found.x), float(2 * found.cost / max(1, len(found.fun)))

    def drop_idle(self, values: dict[str, float], gains: np.ndarray) -> None:
        """Leave out what the data cannot tell from the others, so that it keeps its value.

        A column of the Jacobian that lies in the span of those before it is one.
        """
        base = self.residuals(values, gains)
        kept: list[np.ndarray] = []
        names = []
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


def fit_law(measured: Measured, law: str, fixed: dict[str, float] | None = None) -> LawFit:
    """Fit one law to measured curves.

    Args:
        measured: the curves.
        law: name of a law.
        fixed: parameters that are known, and keep their values.

    Returns:
        The mean device, the gains of every device and the residuals.

    Raises:
        InputError: for an unknown law, and curves that never change.
    """
    kind = load_law(law)
    up_only = takes_up_only(law)
    curves = curves_of(measured, kind.paired, up_only)
    values, gains, errors = _fit(law, curves, fixed or {}, len(measured.devices))
    residual = _spread_of(law, curves, values, gains)
    held_out = float("nan")
    if set(curves.half) == {0, 1} and set(curves.up[curves.half == 0]) == set(
        curves.up[curves.half == 1]
    ):
        seen = curves.part(curves.half == 0)
        other, those, _ = _fit(law, seen, fixed or {}, len(measured.devices))
        held_out = _spread_of(law, curves.part(curves.half == 1), other, those)
    window = 1.0 if kind.paired else 2.0
    return LawFit(law, values, gains, errors, residual / window, held_out / window, up_only)


def _spread_of(law: str, curves: Curves, values: dict[str, float], gains: np.ndarray) -> float:
    device = load_law(law)(**{**quiet(law), **values})
    off = (simulate(device, curves, gains[:, curves.device]) - curves.weights)[curves.read]
    return float(np.sqrt(np.mean(off**2)))


def _fit(
    law: str, curves: Curves, fixed: dict[str, float], devices: int
) -> tuple[dict[str, float], np.ndarray, np.ndarray]:
    search = _Search(law, curves, fixed)
    gains = np.ones((4, devices))
    best: dict[str, float] = {}
    least = np.inf
    for start in _starts(law, curves):
        values, square = search.run({**start, **fixed}, gains)
        if square < least:
            best, least = values, square
    everything = {**{n: float(search.law(**search.fixed).values[n]) for n in search.names}, **best}
    search.drop_idle(everything, gains)
    values = {name: everything[name] for name in search.names}
    errors = np.zeros_like(gains)
    if devices > 1:
        gains = _first_gains(curves, devices)
    for _ in range(ROUNDS if devices > 1 else 1):
        values, _ = search.run(values, gains)
        if devices > 1:
            gains, errors = _fit_gains(search, values, gains)
            gains = gains / gains.mean(axis=1, keepdims=True)
    if devices > 1:
        values, _ = search.run(values, gains)
    kept = {n: v for n, v in search.fixed.items() if n in everything or n in fixed}
    return {**kept, **values}, gains, errors


def _starts(law: str, curves: Curves) -> list[dict[str, float]]:
    """The law's defaults and its presets, with the step and the window of the data."""
    kind = load_law(law)
    first = np.abs(curves.weights[:, 1] - curves.weights[:, 0]) / np.maximum(curves.at[:, 1], 1)
    step = float(np.clip(np.mean(first) / curves.stride, 1e-6, 1.0))
    shared = {"pulse_step": step, "upper_bound": 1.1, "lower_bound": 0.0 if kind.paired else -1.1}
    names = {p.name for p in free_parameters(law)}
    starts = []
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


def _fit_gains(
    search: _Search, values: dict[str, float], gains: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Levenberg-Marquardt steps of all devices at once: a device's gains move its own runs alone.

    Returns the gains (4, devices) and their standard errors.
    """
    curves = search.curves
    devices = gains.shape[1]
    owner = np.broadcast_to(curves.device[:, None], curves.read.shape)[curves.read]
    # a device without a reading keeps the mean's gains
    counts = np.maximum(np.bincount(owner, minlength=devices), 1)

    def squares(trial: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        off = search.residuals(values, trial)
        # the ridge pulls towards 1, so that what the data do not tell stays the mean
        pull = _RIDGE * counts * np.sum((trial - 1.0) ** 2, axis=0)
        return off, np.bincount(owner, off**2, minlength=devices) + pull

    off, square = squares(gains)
    damping = np.full(devices, 1e-2)
    for _ in range(_DAMPED):
        matrix, vector = _normal_equations(search, values, gains, off, owner)
        matrix += (_RIDGE * counts)[:, None, None] * np.eye(4)
        vector += (_RIDGE * counts)[:, None] * (gains.T - 1.0)
        diagonal = np.einsum("dii->di", matrix)
        damped = matrix + np.eye(4) * (damping[:, None] * diagonal)[:, :, None]
        move = np.linalg.solve(damped, vector[..., None])[..., 0].T
        trial = np.clip(gains - move, 0.02, 20.0)
        trial_off, trial_square = squares(trial)
        better = trial_square < square
        gains = np.where(better, trial, gains)
        off = np.where(better[owner], trial_off, off)
        square = np.where(better, trial_square, square)
        damping = np.clip(np.where(better, damping / 5, damping * 4), 1e-9, 1e6)
    matrix, _ = _normal_equations(search, values, gains, off, owner)
    matrix += (1e-9 + _RIDGE * 1e-3 * counts)[:, None, None] * np.eye(4)
    variance = np.bincount(owner, off**2, minlength=devices) / np.maximum(counts - 4, 1)
    spread = np.einsum("dii->di", np.linalg.inv(matrix)) * variance[:, None]
    return gains, np.sqrt(spread).T


def _normal_equations(
    search: _Search, values: dict[str, float], gains: np.ndarray, off: np.ndarray, owner: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """J^T J (devices, 4, 4) and J^T r (devices, 4) of the gains, by differences."""
    columns = []
    for index in range(4):
        moved = gains.copy()
        moved[index] += 1e-3
        columns.append((search.residuals(values, moved) - off) / 1e-3)
    slopes = np.stack(columns, axis=1)
    matrix = np.zeros((gains.shape[1], 4, 4))
    vector = np.zeros((gains.shape[1], 4))
    np.add.at(matrix, owner, slopes[:, :, None] * slopes[:, None, :])
    np.add.at(vector, owner, slopes * off[:, None])
    return matrix, vector


def _first_gains(curves: Curves, devices: int) -> np.ndarray:
    """Every device's extremes and first steps beside their means, (4, devices)."""
    gains = np.ones((4, devices))
    last = np.where(curves.at >= 0, curves.weights, np.nan)
    first = np.abs(curves.weights[:, 1] - curves.weights[:, 0]) / np.maximum(curves.at[:, 1], 1)
    for device in range(devices):
        own = curves.device == device
        for row, direction in enumerate((True, False)):
            runs = own & (curves.up == direction)
            if runs.any():
                gains[row, device] = np.mean(first[runs])
        if own.any():
            gains[2, device] = np.nanmin(last[own])
            gains[3, device] = np.nanmax(last[own])
    means = gains.mean(axis=1, keepdims=True)
    ratio = np.divide(gains, means, out=np.ones_like(gains), where=np.abs(means) > 1e-9)
    return np.clip(ratio, 0.2, 5.0)
