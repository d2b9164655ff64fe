"""Measured activity by layer, from a user's file: CSV with a row for each layer and phase, or JSON
of layers, phases and fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from archsim.readers import checks
from archsim.readers.csv_rows import csv_rows
from archsim.readers.documents import read_json
from archsim.readers.files import read_text
from archsim.readers.versions import migrated
from archsim.trace.measured import SHARES, with_activity
from archsim.trace.operation import PHASES, Activity, Trace
from hwlib.errors import InputError, nearest, unknown

MAX_FILE_BYTES = 16_000_000
MEASURED = tuple(field.name for field in dataclasses.fields(Activity) if field.name != "source")
_SUFFIXES = (".csv", ".json")
_Row = tuple[str, str, dict[str, Any], str]


def with_activity_file(trace: Trace, path: str | Path) -> Trace:
    """The trace with the activity of a file; fields that it leaves out keep their assumed values.

    CSV: columns layer, phase and any fields of an Activity. JSON: {"fc": {"forward":
    {"input_density": 0.3}}}. Raises InputError with the file and the row for a layer, phase or
    field that is not there, and for a value out of range.
    """
    path = Path(path)
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(
            "activity is read from .csv or .json",
            where=str(path),
            got=path.suffix or "no suffix",
            allowed=_SUFFIXES,
        )
    # By matrix, not layer: a scheme's further arrays have activities of their own. Several
    # operations of one matrix in a phase share one row.
    assumed = {
        (op.matrix_name, op.phase): op.activity
        for op in (*trace.image_operations, *trace.batch_operations)
        if op.kind != "digital"
    }
    measured: dict[tuple[str, str], Activity] = {}
    for layer, phase, values, where in (_csv_rows if path.suffix.lower() == ".csv" else _json_rows)(
        path
    ):
        if phase not in PHASES:
            raise unknown("phase", phase, PHASES, where)
        if (layer, phase) in measured:
            raise InputError(
                "a second row for this layer and phase", where=where, got=f"{layer}, {phase}"
            )
        if (layer, phase) not in assumed:
            layers = sorted({matrix for matrix, _ in assumed})
            # A known layer without this phase is no misspelling: the list of what there is says
            # more.
            near = nearest(layer, layers) if layer not in layers else ""
            raise InputError(
                "no operation on the arrays has this layer and phase",
                where=where,
                got=f"{layer}, {phase}",
                allowed=[f"{matrix}, {name}" for matrix, name in assumed],
                hint=near,
            )
        if not values:
            # Otherwise all that is assumed of it would from now on be called measured.
            raise InputError(
                "states nothing of this layer and phase",
                where=where,
                got=f"{layer}, {phase}",
                allowed=f"at least one of {', '.join(MEASURED)}",
            )
        for name in values:
            if name not in MEASURED:
                raise unknown("field of an activity", name, MEASURED, where)
        numbers: dict[str, Any] = {
            name: _number(value, f"{where}: {name}", name) for name, value in values.items()
        }
        measured[layer, phase] = dataclasses.replace(assumed[layer, phase], **numbers)
    if not measured:
        raise InputError("holds no activity", where=str(path))
    return with_activity(trace, measured)


def _csv_rows(path: Path) -> Iterator[_Row]:
    rows = list(csv_rows(read_text(path).splitlines(), str(path)))
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    for name in ("layer", "phase"):
        if header.count(name) != 1:
            raise InputError(
                f"needs one column '{name}'",
                where=f"{path}: line 1",
                got=", ".join(header)[:120],
                allowed=f"layer, phase, {', '.join(MEASURED)}",
            )
    if len(set(header)) != len(header):
        raise InputError(
            "a column stands there twice", where=f"{path}: line 1", got=", ".join(header)[:120]
        )
    for number, cells in rows[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        where = f"{path}: line {number}"
        if len(cells) != len(header):
            raise InputError(
                "not as many cells as columns",
                where=where,
                got=len(cells),
                allowed=str(len(header)),
            )
        row = {name: cell.strip() for name, cell in zip(header, cells)}
        layer = row.pop("layer")
        phase = row.pop("phase")
        # An empty cell says nothing of its field, which keeps its assumed value.
        yield layer, phase, {name: cell for name, cell in row.items() if cell}, where


def _json_rows(path: Path) -> Iterator[_Row]:
    document = read_json(path, MAX_FILE_BYTES)
    if not isinstance(document, dict):
        raise InputError("needs a table of layers", where=str(path), got=document)
    document = migrated("activity", document, f"{path}: ")
    del document["schema"]
    for layer, phases in document.items():
        if not isinstance(phases, dict):
            raise InputError("needs a table of phases", where=f"{path}: {layer}", got=phases)
        for phase, values in phases.items():
            if not isinstance(values, dict):
                raise InputError(
                    "needs a table of fields", where=f"{path}: {layer}.{phase}", got=values
                )
            yield layer, phase, values, f"{path}: {layer}.{phase}"


def _number(value: Any, where: str, name: str) -> float:
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        number = value
    # A share above one is most likely a percentage: refused, not divided by a hundred.
    check = checks.number(1) if name in SHARES else checks.number()
    return float(check(number, where))
