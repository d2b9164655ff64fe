"""One law fitted to measured curves: its mean device, and the gains of every device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.devices import load_law
from archsim.devices.fit.curves import curves_of
from archsim.devices.fit.gains import first_gains, fit_gains
from archsim.devices.fit.mean_device import Curves, simulate
from archsim.devices.fit.measurement import Measured
from archsim.devices.fit.search import Search, quiet, starts_of

if TYPE_CHECKING:
    from archsim.devices.device import Device

ROUNDS = 3  # of mean device and gains, in turn


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


def takes_up_only(law: str) -> bool:
    """Whether a device of this law is reset instead of pulsed down."""
    return any(p.name == "refresh_pulses" for p in load_law(law).parameters)


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
    # A half without down pulses would say nothing of the law's way down.
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
    search = Search(law, curves, fixed)
    gains = np.ones((4, devices))
    best: dict[str, float] = {}
    least = np.inf
    # Least squares finds the nearest valley: from several presets the deepest of them.
    for start in starts_of(law, curves):
        values, square = search.run({**start, **fixed}, gains)
        if square < least:
            best = values
            least = square
    everything = {**{n: float(search.law(**search.fixed).values[n]) for n in search.names}, **best}
    search.drop_idle(everything, gains)
    values = {name: everything[name] for name in search.names}
    errors = np.zeros_like(gains)
    if devices > 1:
        gains = first_gains(curves, devices)
    for _ in range(ROUNDS if devices > 1 else 1):
        values, _ = search.run(values, gains)
        if devices > 1:
            gains, errors = fit_gains(search, values, gains)
            # Means are the mean device's: otherwise both could drift apart and their product stay.
            gains = gains / gains.mean(axis=1, keepdims=True)
    if devices > 1:
        values, _ = search.run(values, gains)
    kept = {n: v for n, v in search.fixed.items() if n in everything or n in fixed}
    return {**kept, **values}, gains, errors
