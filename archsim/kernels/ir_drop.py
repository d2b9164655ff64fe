"""Voltage drop along the lines of a crossbar.

Driven lines have their source at one end, sensed lines a virtual ground at their far end; every
cell adds one wire segment to both of its lines. `line_currents` solves Kirchhoff's laws by turns:
the voltages of each driven line from those of the sensed ones, a system of three diagonals, then
the other way round. The turns converge for any array, by (1 + 2.5 / (segment resistance x
conductance x cells^2)) a turn or faster. `ir_drop_weights` is coarser: it takes the drop of all lines
driven alike for every input, so that a read costs nothing more. Both are checked against the full
nodal solution in the tests.
"""

from __future__ import annotations

import math

import numpy as np

from archsim.kernels.compiled import kernel
from hwlib.errors import InputError

MOST_TURNS = 1000


@kernel
def turn(conductances, sources, driven, sensed, row_drop, column_drop):
    """One turn in place on the voltages of driven and sensed lines (lines, columns); returns the
    largest change of a current. Resistances times 1e-6 for uS and uA.
    """
    lines, columns = conductances.shape
    change = 0.0
    ratio = np.empty(columns)
    known = np.empty(columns)
    for i in range(lines):
        before = 0.0
        for j in range(columns):
            pull = row_drop * conductances[i, j]
            diagonal = 1.0 + pull + (1.0 if j < columns - 1 else 0.0) - before
            above = known[j - 1] if j else sources[i]
            known[j] = (above + pull * sensed[i, j]) / diagonal
            # Thomas' algorithm: forward here, back substitution below; the diagonal dominates.
            before = ratio[j] = 1.0 / diagonal
        for j in range(columns - 1, -1, -1):
            new = known[j] + (ratio[j] * driven[i, j + 1] if j < columns - 1 else 0.0)
            change = max(change, abs(conductances[i, j] * (new - driven[i, j])))
            driven[i, j] = new
    factors = np.zeros((lines, columns))
    for i in range(lines):
        for j in range(columns):
            pull = column_drop * conductances[i, j]
            above = factors[i - 1, j] if i else 0.0
            factors[i, j] = 1.0 / (1.0 + pull + (1.0 if i else 0.0) - above)
            over = sensed[i - 1, j] if i else 0.0
            sensed[i, j] = (over + pull * driven[i, j]) * factors[i, j]
    # The sensed lines of all columns at once, row by row, as they lie in memory.
    for i in range(lines - 2, -1, -1):
        for j in range(columns):
            sensed[i, j] += factors[i, j] * sensed[i + 1, j]
    return change


def line_currents(
    conductances_us, voltages_v, *, row_ohm, column_ohm, sweeps=MOST_TURNS, tolerance=1e-3
):
    """Currents of every cell in uA, (lines, sensed) float64, and the error that is left of them.

    `conductances_us` (lines, sensed) in uS; `voltages_v` (lines,) sources in V; `row_ohm`,
    `column_ohm` resistance of one segment of a driven and a sensed line. It ends where what further
    turns would still change is below `tolerance` of the largest current without drop; raises
    InputError where `sweeps` turns do not come to that.
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
    driven = np.repeat(sources[:, None], conductances.shape[1], axis=1)
    sensed = np.zeros_like(driven)
    largest = float(np.abs(conductances * driven).max(initial=0.0))
    last = math.inf
    left = 0.0
    for _ in range(sweeps if largest > 0 else 0):
        change = turn(conductances, sources, driven, sensed, row_ohm * 1e-6, column_ohm * 1e-6)
        # changes fall as powers: what is left is the sum of those to come
        # Held below one: two turns alike would promise an infinite rest.
        rate = min(change / last, 1 - 1e-9) if last > 0 else 0.0
        left = change / (1 - rate) / largest if last < math.inf or change == 0 else math.inf
        last = change
        if left <= tolerance:
            break
    if not left <= tolerance:
        raise InputError(
            "the currents of this array are not found in so many turns",
            got=f"{left:.3g} of the largest current is left after {sweeps}",
            allowed=f"<= {tolerance:g}",
            hint="smaller arrays, smaller conductances, wider wires or more turns",
        )
    return conductances * (driven - sensed), left


def ir_drop_weights(
    weights,
    *,
    unit_us,
    offset_us=0.0,
    input_ohm,
    output_ohm,
    transposed=False,
    sweeps=MOST_TURNS,
    tolerance=1e-3,
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
    # Positive and negative cells lie on arrays of their own, so neither loads the other's lines.
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
