"""Measured curves of devices: a CSV of conductances over pulses and over time, checked.

The format: lines `# key = value` with the facts of FACTS, then a head and a row a reading.

    device      a name or number; a device is one that was measured
    cycle       number of the up-and-down cycle of that device
    direction   up, down, or hold (no pulses: a row of `time_s`)
    pulse       pulses that this run of one direction has had (0: before the first one)
    time_s      seconds since the hold began, in rows of `hold`
    conductance_us   (or conductance_s, conductance_ms, conductance_ns, resistance_ohm)
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from archsim.devices.fit.measurement import Hold, Measured, Run
from archsim.devices.fit.table import table_text
from archsim.readers.csv_rows import csv_rows
from archsim.readers.files import decoded, read_bytes
from hwlib.errors import InputError, nearest, unknown

LARGEST_FILE = 100_000_000  # bytes
MOST_ROWS = 2_000_000
MOST_PULSES = 100_000  # of one run: a longer one is thinned by whoever measured it
# fact -> unit and what it is; a number where there is a unit
FACTS = {
    "title": ("", "what was measured, in a few words"),
    "source": ("", "laboratory, paper or notebook"),
    "pulse_width_ns": ("ns", "length of one pulse"),
    "set_voltage_v": ("V", "amplitude of an up pulse"),
    "reset_voltage_v": ("V", "amplitude of a down pulse"),
    "read_voltage_v": ("V", "voltage of the readings"),
    "endurance_pulses": ("", "pulses after which the devices wear out"),
}
UNITS_US = {
    "conductance_s": 1e6,
    "conductance_ms": 1e3,
    "conductance_us": 1.0,
    "conductance_ns": 1e-3,
    "resistance_ohm": math.nan,
}
DIRECTIONS = ("up", "down", "hold")


def read_measured(path: str | Path) -> Measured:
    """Read and check a file of measured curves.

    Args:
        path: a CSV in the format above, at most 100 MB and 2 million rows.

    Returns:
        Its runs, holds and facts.

    Raises:
        InputError: with the line, for anything that is not in the format.
    """
    return _measured(read_bytes(path, LARGEST_FILE), str(path))


def read_table(table: Any, where: str = "table") -> Measured:
    """Check measured curves that are in memory: the columns of the format above.

    Args:
        table: columns by name, as a mapping or a pandas DataFrame, whose `attrs` are the facts.
        where: what messages call it.

    Returns:
        Its runs, holds and facts; the digest is that of the file that holds the same.

    Raises:
        InputError: with the line of that file, for anything that is not in the format.
    """
    return _measured(table_text(table, where).encode(), where)


def _measured(content: bytes, where: str) -> Measured:
    lines = decoded(content, where).splitlines()
    facts: dict[str, float | str] = {}
    start = 0
    while start < len(lines) and (not lines[start].strip() or lines[start].startswith("#")):
        _fact(lines[start], f"{where}: line {start + 1}", facts)
        start += 1
    if start == len(lines):
        raise InputError("no head and no readings", where=where, allowed=_format())
    _, names = next(csv_rows([lines[start]], where, start + 1))
    head = _head(names, f"{where}: line {start + 1}")
    rows = lines[start + 1 :]
    if len(rows) > MOST_ROWS:
        raise InputError(
            "too many readings", where=where, got=len(rows), allowed=f"up to {MOST_ROWS}"
        )
    groups: dict[tuple[str, int, str], list[tuple[float, float]]] = {}
    for number, cells in csv_rows(rows, where, start + 2):
        if cells and any(cell.strip() for cell in cells):
            key, reading = _row(head, cells, f"{where}: line {number}")
            groups.setdefault(key, []).append(reading)
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    return _grouped(where, groups, facts, digest)


def _format() -> str:
    return "lines `# key = value`, then device,cycle,direction,pulse,conductance_us"


def _fact(line: str, where: str, facts: dict[str, float | str]) -> None:
    key, sign, text = line.lstrip("#").partition("=")
    key = key.strip()
    text = text.strip().strip('"')
    if not sign:
        return  # a remark
    if key not in FACTS:
        raise unknown("fact of a measurement", key, FACTS, where)
    if key in facts:
        raise InputError("a fact stands twice", where=where, got=key)
    if key in ("title", "source"):
        facts[key] = text
        return
    value = _number(text, where, key)
    # Some laboratories state the reset as a negative voltage; here the sign is in the direction.
    if not value > 0 and not (key == "reset_voltage_v" and value < 0):
        raise InputError(f"{key} is above 0", where=where, got=text)
    facts[key] = abs(value)


def _number(text: str, where: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{what} is a finite number", where=where, got=text)
    return value


def _head(cells: list[str], where: str) -> dict[str, int]:
    names = [cell.strip() for cell in cells]
    known = ("device", "cycle", "direction", "pulse", "time_s", *UNITS_US)
    for name in names:
        if name not in known:
            raise InputError(
                f"unknown column '{name}'", where=where, allowed=known, hint=nearest(name, known)
            )
    if len(set(names)) < len(names):
        raise InputError("a column stands twice", where=where, got=",".join(names))
    conductances = [name for name in names if name in UNITS_US]
    if len(conductances) != 1:
        raise InputError(
            "one column holds the conductance", where=where, got=conductances, allowed=UNITS_US
        )
    for name in ("direction",):
        if name not in names:
            raise InputError(f"the column '{name}' is missing", where=where, got=",".join(names))
    if "pulse" not in names and "time_s" not in names:
        raise InputError("neither a column 'pulse' nor 'time_s'", where=where, got=",".join(names))
    return {name: index for index, name in enumerate(names)}


def _row(
    head: Mapping[str, int], cells: list[str], where: str
) -> tuple[tuple[str, int, str], tuple[float, float]]:
    if len(cells) != len(head):
        raise InputError(
            "wrong number of cells", where=where, got=len(cells), allowed=str(len(head))
        )
    text = {name: cells[index].strip() for name, index in head.items()}
    direction = text["direction"]
    if direction not in DIRECTIONS:
        raise unknown("direction", direction, DIRECTIONS, where)
    axis = "time_s" if direction == "hold" else "pulse"
    if not text.get(axis):
        raise InputError(f"a row of '{direction}' needs {axis}", where=where)
    position = _number(text[axis], where, axis)
    if position < 0 or (axis == "pulse" and position != int(position)):
        raise InputError(f"{axis} is not negative, a pulse is whole", where=where, got=text[axis])
    # A fit steps through every pulse: a number with a digit too many would never end.
    if axis == "pulse" and position > MOST_PULSES:
        raise InputError(
            "too many pulses in one run", where=where, got=text[axis], allowed=f"to {MOST_PULSES}"
        )
    unit = next(name for name in head if name in UNITS_US)
    value = _number(text[unit], where, unit)
    if not value > 0:
        raise InputError("a conductance is above 0", where=where, got=text[unit])
    conductance = 1e6 / value if unit == "resistance_ohm" else value * UNITS_US[unit]
    cycle = _number(text.get("cycle") or "0", where, "cycle")
    if cycle != int(cycle):
        raise InputError("a cycle is a whole number", where=where, got=text["cycle"])
    key = (text.get("device") or "0", int(cycle), direction)
    return key, (position, conductance)


def _grouped(
    where: str,
    groups: Mapping[tuple[str, int, str], list[tuple[float, float]]],
    facts: Mapping[str, float | str],
    digest: str,
) -> Measured:
    runs = []
    holds = []
    last: dict[str, float] = {}
    for (device, cycle, direction), readings in groups.items():
        names = f"{where}: device {device}, cycle {cycle}, {direction}"
        positions, values = (np.array(column) for column in zip(*readings))
        # Within a run; runs follow each other in the order of the file.
        if np.any(np.diff(positions) <= 0):
            raise InputError("pulses or times do not rise from row to row", where=names)
        if direction == "hold":
            holds.append(Hold(device, cycle, positions, values))
            continue
        if positions[0] > 0:
            positions, values = _begun(positions, values, last.get(device), names)
        if len(positions) < 2:
            raise InputError("a run has at least two readings", where=names)
        last[device] = float(values[-1])
        runs.append(Run(device, cycle, direction == "up", positions.astype(np.int64), values))
    if not any(run.up for run in runs):
        raise InputError("no run of up pulses", where=where)
    return Measured(where, tuple(runs), tuple(holds), dict(facts), digest)


def _begun(
    pulses: np.ndarray, values: np.ndarray, before: float | None, where: str
) -> tuple[np.ndarray, np.ndarray]:
    """A run with its state before the first pulse: the last reading of the run before."""
    if before is None:
        raise InputError(
            "no reading before the first pulse", where=where, hint="add a row of pulse 0"
        )
    return np.concatenate([[0.0], pulses]), np.concatenate([[before], values])
