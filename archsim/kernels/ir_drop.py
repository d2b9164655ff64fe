"""Voltage drop along the lines of a crossbar.

Driven lines have their source at one end, sensed lines a virtual ground at their far end; every
cell adds one wire segment to both of its lines. `line_currents` iterates Kirchhoff's laws from the
currents without drop: voltages from the currents, currents from the voltages. Each sweep adds one
order in (segment resistance x conductance x cells^2); it converges where that is well below one,
and the last change says how far. `ir_drop_weights` is coarser: it takes the drop of all lines
driven alike for every input, so that a read costs nothing more. Both are checked against the full
nodal solution in the tests.
"""

from __future__ import annotations

import math

import numpy as np

from archsim.kernels.compiled import kernel
from hwlib.errors import InputError


@kernel
def sweep(conductances, sources, currents, row_drop, column_drop):
    """One sweep in place on currents (lines, sensed); returns the largest change. Resistances times
    1e-6 for uS and uA.
    """
    lines, sensed = conductances.shape
    ground, head = np.zeros((lines, sensed)), np.zeros(sensed)
    # Sensed lines: the segment after cell i carries all currents of cells 0..i.
    for i in range(lines):
        for j in range(sensed):
            head[j] += currents[i, j]
            ground[i, j] = head[j]
    for j in range(sensed):
        head[j] = 0.0
    for i in range(lines - 1, -1, -1):
        for j in range(sensed):
            head[j] += column_drop * ground[i, j]
            ground[i, j] = head[j]
    change = 0.0
    for i in range(lines):
        carried = 0.0
        for j in range(sensed):
            carried += currents[i, j]
        drop = 0.0
        for j in range(sensed):
            drop += row_drop * carried
            carried -= currents[i, j]
            new = conductances[i, j] * (sources[i] - drop - ground[i, j])
            change = max(change, abs(new - currents[i, j]))
            currents[i, j] = new
    return change


def line_currents(conductances_us, voltages_v, *, row_ohm, column_ohm, sweeps=4, tolerance=0.01):
    """Currents of every cell in uA, (lines, sensed) float64, and the last relative change.

    `conductances_us` (lines, sensed) in uS; `voltages_v` (lines,) sources in V; `row_ohm`,
    `column_ohm` resistance of one segment of a driven and a sensed line. Raises InputError where
    the last change exceeds `tolerance` of the largest current: the array is too large or its wires
    too thin for this approximation.
    """
    conductances = np.ascontiguousarray(conductances_us, np.float64)
    sources = np.ascontiguousarray(voltages_v, np.float64)
    if (
        conductances.ndim != 2
        or sources.shape != conductances.shape[:1]
        or not (conductances >= 0).all()
    ):
        raise InputError(
            "conductances (lines, sensed) >= 0 and voltages (lines,) do not fit",
            got=(conductances.shape, sources.shape),
        )
    for name, value in (("row_ohm", row_ohm), ("column_ohm", column_ohm)):
        if not (math.isfinite(value) and value >= 0):
            raise InputError("not a finite number >= 0", where=name, got=value)
    currents = conductances * sources[:, None]
    largest, change = np.abs(currents).max(initial=0.0), 0.0
    for _ in range(sweeps):
        change = sweep(conductances, sources, currents, row_ohm * 1e-6, column_ohm * 1e-6)
    relative = change / largest if largest > 0 else 0.0
    if not relative <= tolerance:
        raise InputError(
            "the line-drop approximation does not converge on this array",
            got=f"last change {relative:.3g} of the current",
            allowed=f"<= {tolerance:g}",
            hint="smaller arrays, smaller conductances, wider wires or more sweeps",
        )
    return currents, relative


def ir_drop_weights(
    weights,
    *,
    unit_us,
    offset_us=0.0,
    input_ohm,
    output_ohm,
    transposed=False,
    sweeps=4,
    tolerance=0.01,
):
    """Weights as a read sees them behind resistive lines: float32 (M, N).

    A weight is a pair of cells of conductance offset + unit max(+-w, 0) uS on two arrays. Each cell
    loses the share of its current that it loses when all lines are driven alike; `transposed`: the
    drop of a transposed read. `input_ohm` and `output_ohm` belong to the lines of the N inputs and
    of the M outputs, whichever is driven.
    """
    weights = np.asarray(weights, np.float64)
    if not unit_us > 0 or not offset_us >= 0:
        raise InputError("unit_us > 0 and offset_us >= 0 are needed", got=(unit_us, offset_us))
    total = np.zeros_like(weights)
    for sign in (1.0, -1.0):
        cells = offset_us + unit_us * np.maximum(sign * weights, 0.0)
        driven = cells if transposed else cells.T
        ohms = (output_ohm, input_ohm) if transposed else (input_ohm, output_ohm)
        currents, _ = line_currents(
            driven,
            np.ones(len(driven)),
            row_ohm=ohms[0],
            column_ohm=ohms[1],
            sweeps=sweeps,
            tolerance=tolerance,
        )
        total += sign * (currents if transposed else currents.T)
    return (total / unit_us).astype(np.float32)
