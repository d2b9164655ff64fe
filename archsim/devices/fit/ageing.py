"""Drift and retention from devices that were left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from archsim.devices.fit.measurement import Hold

FEW_READINGS = 4


@dataclass(frozen=True)
class MeasuredAgeing:
    """What time does to a conductance.

    Attributes:
        drift_exponent: mean nu of G = G0 (t/t0)^-nu; 0 where it grows or stands.
        drift_spread: standard deviation of nu over the holds, less that of the estimates.
        drift_residual: root mean square of log G after that law.
        drift_reference_s: t0, time of the first reading, the median over the holds.
        retention_s: time constant of G = G1 + (G0 - G1) exp(-t/tau), the median over the holds;
            infinite where nothing decays.
        retention_spread: standard deviation of tau over the holds, relative to its mean.
        rest_us: G1, the conductance that it decays to, the median over the holds.
        retention_residual: root mean square of log G after that law.
        holds: how many holds it rests on.
    """

    drift_exponent: float
    drift_spread: float
    drift_residual: float
    drift_reference_s: float
    retention_s: float
    retention_spread: float
    rest_us: float
    retention_residual: float
    holds: int


def fit_ageing(holds: Sequence[Hold]) -> MeasuredAgeing | None:
    """Both laws fitted to every hold of at least four readings; None where there is none."""
    exponents = []
    errors = []
    squares: list[float] = []
    first = []
    decays = []
    decayed: list[float] = []
    for hold in holds:
        # A power law has no value at time zero, and its logarithm none.
        use = hold.time_s > 0
        if use.sum() < FEW_READINGS:
            continue
        logs = np.log(hold.conductance_us[use])
        axis = np.log(hold.time_s[use])
        slope, offset = np.polyfit(axis, logs, 1)
        off = logs - (slope * axis + offset)
        exponents.append(-slope)
        spread = np.sum((axis - axis.mean()) ** 2)
        # Variance of a slope: it is taken off that over the holds, or few readings would look like
        # unlike devices.
        errors.append(np.sum(off**2) / max(1, len(off) - 2) / spread if spread > 0 else 0.0)
        squares.extend(off**2)
        first.append(hold.time_s[use][0])
        decay = _decay(hold.time_s[use], hold.conductance_us[use])
        decays.append(decay)
        decayed.extend(decay.residuals**2)
    if not exponents:
        return None
    spread = np.var(exponents, ddof=1) - np.mean(errors) if len(exponents) > 1 else 0.0
    times = np.array([decay.time_s for decay in decays])
    known = times[np.isfinite(times)]
    return MeasuredAgeing(
        # A conductance that grows is no drift of this law: none rather than a negative one.
        float(max(0.0, np.mean(exponents))),
        float(np.sqrt(max(0.0, spread))),
        float(np.sqrt(np.mean(squares))),
        float(np.median(first)),
        float(np.median(times)),
        float(known.std(ddof=1) / known.mean()) if len(known) > 1 else 0.0,
        float(np.median([decay.rest_us for decay in decays])),
        float(np.sqrt(np.mean(decayed))),
        len(exponents),
    )


class _Decay(NamedTuple):
    """The time constant in s (infinite where nothing decays), the conductance at its end and log G
    less the law, (readings,).
    """

    time_s: float
    rest_us: float
    residuals: np.ndarray


def _decay(time: np.ndarray, conductance: np.ndarray) -> _Decay:
    """The time constant whose exponential fits best (G0 and G1 follow by linear least squares)."""
    still = _Decay(np.inf, float(conductance.mean()), np.log(conductance / conductance.mean()))
    coarse = np.geomspace(time.min() / 3, time.max() * 10, 120)
    best = _best_decay(coarse, time, conductance)
    if best is None:
        return still
    # neighbours on the coarse grid are some per cent apart
    step = coarse[1] / coarse[0]
    fine = np.geomspace(best.time_s / step, best.time_s * step, 60)
    return _best_decay(fine, time, conductance) or best


def _best_decay(constants: np.ndarray, time: np.ndarray, conductance: np.ndarray) -> _Decay | None:
    best_square = np.inf
    best = None
    for constant in constants:
        basis = np.stack([np.ones_like(time), np.exp(-time / constant)], axis=1)
        weights, *_ = np.linalg.lstsq(basis, conductance, rcond=None)
        fitted = basis @ weights
        # A conductance is positive, and a decay goes down.
        if np.any(fitted <= 0) or weights[1] <= 0:
            continue
        off = np.log(conductance / fitted)
        square = float(np.sum(off**2))
        if square < best_square:
            best_square = square
            best = _Decay(float(constant), float(weights[0]), off)
    return best
