"""Spread from device to device, out of the gains of the single devices."""

from __future__ import annotations

import numpy as np

from archsim.devices import load_law
from archsim.devices.fit.law_fit import LawFit

FEW = 10
"""Below this many devices the form of the spread is not told from the data."""


def fit_spread(fit: LawFit) -> dict[str, float | str]:
    """The spread parameters that the law declares and the data tell.

    The variance of the gains less that of their estimates: a gain that the data do not tell adds
    no spread.

    Args:
        fit: a fitted law with its gains, (4, devices).

    Returns:
        Parameter name to value; empty for a single device, whose spread nobody has measured.
    """
    names = {p.name for p in load_law(fit.law).parameters}
    if fit.gains.shape[1] < 2:
        return {}
    up, down = fit.gains[0], fit.gains[1]
    if fit.up_only:
        down = up
    errors = fit.gain_errors
    common = (up + down) / 2
    tilt = (up - down) / 2
    # Of the half sum and of the half difference alike, for independent errors.
    of_steps = (errors[0] ** 2 + errors[1] ** 2) / 4
    logarithmic = len(up) >= FEW and _is_lognormal(common)
    gains = np.log(common) if logarithmic else common
    values: dict[str, float | str] = {
        "step_spread": _less(gains, of_steps),
        "asymmetry_spread": _less(tilt, of_steps),
        "lower_spread": _less(fit.gains[2], errors[2] ** 2),
        "upper_spread": _less(fit.gains[3], errors[3] ** 2),
    }
    kept = {name: value for name, value in values.items() if name in names}
    if logarithmic and "step_spread_law" in names:
        kept["step_spread_law"] = "lognormal"
    return kept


def _less(values: np.ndarray, errors: np.ndarray) -> float:
    known = errors < 0.25  # a gain known to no better than half of itself tells nothing
    if known.sum() < 2:
        return 0.0
    return float(np.sqrt(max(0.0, np.var(values[known], ddof=1) - np.mean(errors[known]))))


def _is_lognormal(gains: np.ndarray) -> bool:
    """Whether a lognormal distribution gives the gains a higher likelihood than a normal one."""
    logs = np.log(gains)
    normal = -np.log(np.std(gains))
    # With the derivative of the logarithm, so that both are densities of the same numbers.
    lognormal = -np.log(np.std(logs)) - np.mean(logs)
    return bool(lognormal > normal)
