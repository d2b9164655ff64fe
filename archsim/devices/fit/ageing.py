"""Drift and retention from devices that were left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from archsim.devices.fit.measured import Hold

FEW_READINGS = 4


@dataclass(frozen=True)
class Ageing:
    """What time does to a conductance.

    Attributes:
        drift_exponent: mean nu of G = G0 (t/t0)^-nu; 0 where it grows or stands.
        drift_spread: standard deviation of nu over the holds, less that of the estimates.
        drift_residual: root mean square of log G after that law.
        retention_s: time constant of G = G1 + (G0 - G1) exp(-t/tau), the median over the holds;
            infinite where nothing decays.
        retention_residual: root mean square of log G after that law.
        holds: how many holds it rests on.
    """

    drift_exponent: float
    drift_spread: float
    drift_residual: float
    retention_s: float
    retention_residual: float
    holds: int


def fit_ageing(holds: Sequence[Hold]) -> Ageing | None:
    """Both laws fitted to every hold of at least four readings; None where there is none."""
    exponents = []
    errors = []
    squares: list[float] = []
    times = []
    decayed: list[float] = []
    for hold in holds:
        use = hold.time_s > 0
        if use.sum() < FEW_READINGS:
            continue
        logs = np.log(hold.conductance_us[use])
        axis = np.log(hold.time_s[use])
        slope, offset = np.polyfit(axis, logs, 1)
        off = logs - (slope * axis + offset)
        exponents.append(-slope)
        spread = np.sum((axis - axis.mean()) ** 2)
        errors.append(np.sum(off**2) / max(1, len(off) - 2) / spread if spread > 0 else 0.0)
        squares.extend(off**2)
        time, residuals = _decay(hold.time_s[use], hold.conductance_us[use])
        times.append(time)
        decayed.extend(residuals**2)
    if not exponents:
        return None
    spread = np.var(exponents, ddof=1) - np.mean(errors) if len(exponents) > 1 else 0.0
    return Ageing(
        float(max(0.0, np.mean(exponents))),
        float(np.sqrt(max(0.0, spread))),
        float(np.sqrt(np.mean(squares))),
        float(np.median(times)),
        float(np.sqrt(np.mean(decayed))),
        len(exponents),
    )


def _decay(time: np.ndarray, conductance: np.ndarray) -> tuple[float, np.ndarray]:
    """The time constant whose exponential fits best (G0 and G1 follow by linear least squares)."""
    best_square = np.inf
    best = (np.inf, np.log(conductance / conductance.mean()))
    for constant in np.geomspace(time.min() / 3, time.max() * 10, 120):
        basis = np.stack([np.ones_like(time), np.exp(-time / constant)], axis=1)
        weights, *_ = np.linalg.lstsq(basis, conductance, rcond=None)
        fitted = basis @ weights
        if np.any(fitted <= 0) or weights[1] <= 0:
            continue
        off = np.log(conductance / fitted)
        square = float(np.sum(off**2))
        if square < best_square:
            best_square = square
            best = (float(constant), off)
    return best
