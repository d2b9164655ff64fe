"""What a fit writes: a device file in TOML, and all its numbers as JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from archsim.basics.version import VERSION
from archsim.devices import load_law
from archsim.devices.electrical import check_electrical
from archsim.devices.fit.curves import curves_of
from archsim.devices.fit.fit import DeviceFit, score
from archsim.devices.fit.mean_device import simulate

MOST_POINTS = 64  # of the measurement that a device file keeps
SCHEMA = "archsim/device-fit/1"
MeasuredCurves = dict[str, dict[str, list[float]]]
"""By direction: pulses, and at each the low, median and high of all runs and the fit."""


def electrical_of(fit: DeviceFit) -> dict[str, float]:
    """The electrical values that the file of the measurement states, and the measured window."""
    low, high = fit.measured.window_us()
    # Facts in words go to the head of the device's table.
    facts = {k: v for k, v in fit.measured.facts.items() if k not in ("title", "source")}
    values = {"lowest_conductance_us": low, "highest_conductance_us": high, **facts}
    return check_electrical(values, fit.measured.name)


def measured_curves(fit: DeviceFit) -> MeasuredCurves:
    """The measurement in weight units, thinned: by direction, pulses and the 5, 50 and 95 % of all
    runs, with the mean of the fitted devices beside it.
    """
    law = load_law(fit.chosen.law)
    curves = curves_of(fit.measured, law.paired, fit.chosen.up_only)
    fitted = simulate(fit.chosen.device(), curves, fit.chosen.gains[:, curves.device])
    table = {}
    for direction, up in (("up", True), ("down", False)):
        runs = curves.up == up
        if not runs.any():
            continue
        points = np.unique(curves.at[runs][curves.at[runs] >= 0])
        if len(points) > MOST_POINTS:
            # First and last stay: they are the ends of the window.
            points = points[np.unique(np.linspace(0, len(points) - 1, MOST_POINTS).astype(int))]
        rows: dict[str, list[float]] = {
            key: [] for key in ("pulses", "low", "median", "high", "fitted")
        }
        for at in points:
            here = runs[:, None] & (curves.at == at)
            low, median, high = np.quantile(curves.weights[here], (0.05, 0.5, 0.95))
            rows["pulses"].append(int(at * curves.stride))
            rows["low"].append(round(float(low), 6))
            rows["median"].append(round(float(median), 6))
            rows["high"].append(round(float(high), 6))
            rows["fitted"].append(round(float(np.median(fitted[here])), 6))
        table[direction] = rows
    return table


def fit_document(fit: DeviceFit, curves: MeasuredCurves) -> dict[str, object]:
    """All numbers of a fit, as plain data; `curves` are those of `measured_curves`."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "measured": {
            "file": Path(fit.measured.name).name,
            "sha256": fit.measured.digest.removeprefix("sha256:"),
            "devices": len(fit.measured.devices),
            "runs": len(fit.measured.runs),
            "holds": len(fit.measured.holds),
            "facts": dict(fit.measured.facts),
            "window_us": list(fit.measured.window_us()),
        },
        "law": fit.chosen.law,
        "suggested": fit.suggested,
        "zero_us": fit.zero_us,
        "unit_us": fit.unit_us,
        "parameters": dict(fit.parameters),
        "electrical": electrical_of(fit),
        "reading_noise": fit.noise.reading,
        "ageing": None
        if fit.ageing is None
        else {
            key: value if math.isfinite(value) else None for key, value in vars(fit.ageing).items()
        },
        "laws": [
            {
                "law": each.law,
                "residual": each.residual,
                "held_out": None if math.isnan(each.held_out) else each.held_out,
                "score": score(each),
                "parameters": dict(each.parameters),
                "up_only": each.up_only,
            }
            for each in fit.fits
        ],
        "curves": curves,
        "notes": list(fit.notes),
    }


def device_file(fit: DeviceFit, name: str, curves: MeasuredCurves) -> str:
    """The device as a TOML file of one table `[name]`, which every command takes as `--device`;
    `curves` are those of `measured_curves`.
    """
    facts = fit.measured.facts
    source = str(facts.get("source") or Path(fit.measured.name).name)
    rest = (
        f"fitted to {Path(fit.measured.name).name} ({fit.measured.digest[:23]}): "
        f"{len(fit.measured.devices)} devices, {len(fit.measured.runs)} runs, residual "
        f"{100 * fit.chosen.residual:.2f} % of the window"
    )
    lines = [
        f"[{name}]",
        f"law = {_toml(fit.chosen.law)}",
        f"title = {_toml(str(facts.get('title') or name))}",
        f"source = {_toml(source)}",
        f"place = {_toml(rest)}",
        'confidence = "measured"',
        f"note = {_toml('; '.join(fit.notes))}",
        f"[{name}.parameters]",
        *(f"{key} = {_toml(value)}" for key, value in fit.parameters.items()),
        f"[{name}.electrical]",
        *(f"{key} = {_toml(value)}" for key, value in electrical_of(fit).items()),
    ]
    for direction, rows in curves.items():
        lines.append(f"[{name}.measured.{direction}]")
        lines += [f"{key} = {_toml(rows[key])}" for key in ("pulses", "low", "median", "high")]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, float):
        # Six digits are more than any fit knows, and a file that people read.
        return repr(float(f"{value:.6g}"))
    return json.dumps(value, ensure_ascii=False)
