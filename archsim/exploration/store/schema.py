"""The form of a sweep's document, with its ranges, and the sums that it obeys. Nothing read is
trusted.
"""

from __future__ import annotations

import math

from archsim.exploration.work.metrics import GROUPS, OTHER, PRICED, TIMED, TRAINED
from archsim.readers.form import Form, check_form
from hwlib.errors import InputError

# Numbers of a point by name; others (paths below GROUPS) are finite or null.
_RANGES = {
    "utilisation": "share?",
    "accuracy_percent": "percent?",
    "tiles": "count?",
    "cycles": "count?",
    "operations": "count?",
}
_METRICS = (*PRICED, *TIMED, *TRAINED, *OTHER)
_NUMBERS = {"*": "number?"}
_SHARE = {"share": "number", "low": "number", "high": "number"}
FORM: dict[str, Form] = {
    "schema": "count",
    "kind": "text",
    "name": "text",
    "title": "text",
    "version": "text",
    "code": "text",
    "figures_version": "text",
    "space": {"*": "any"},
    "fixed": {"*": "any"},
    "axes": [
        {
            "path": "text",
            "values": ["scalar"],
            "low": "number",
            "high": "number",
            "logarithmic": "flag",
        }
    ],
    "objectives": [{"path": "text", "direction": "text", "unit": "text"}],
    "conditions": ["text"],
    "constraints": ["text"],
    "rungs": [
        {
            "label": "text",
            "kind": "text",
            "points": "count",
            "done": "count",
            "refused": "count",
            "failed": "count",
            "outside": "count",
        }
    ],
    "rung": "text",
    "reasons": [{"rung": "text", "status": "text", "reason": "text", "points": "count"}],
    "points": [{"point": "count", "rung": "text", "status": "text", "reason": "text"}],
    "below": [_NUMBERS],
    "layers": ["count"],
    "front": ["count"],
    "knee?": "count",
    "components": ["text"],
    "figures": [
        {
            "name": "text",
            "value": "number",
            "unit": "text",
            "low": "number",
            "high": "number",
            "kind": "text",
            "source": "text",
        }
    ],
    "uncertainty": [
        {
            "point": "count",
            "on_front": "flag",
            "front_share": "share",
            "verdict": "text",
            "bands": {"*": ("number", "number", "number")},
            "constraints??": {"*": "share"},
        }
    ],
    "parts": [["any"]],
    "notes": ["text"],
    "guards??": [{"reason": "text", "points": "count"}],
    "analysis": [
        {
            "objective": "text",
            "rung": "text",
            "points": "count",
            "promoted": "flag",
            "logarithmic": "flag",
            "first": [{"axis": "text", **_SHARE}],
            "pairs": [{"axes": ("text", "text"), **_SHARE}],
            "left_out??": [{"axis": "text", "reason": "text"}],
            "effects": [
                {
                    "axis": "text",
                    "rows": [
                        {
                            "value": "scalar",
                            "mean": "number?",
                            "low": "number?",
                            "high": "number?",
                            "points": "count",
                        }
                    ],
                }
            ],
        }
    ],
}
_ROUNDED = 2e-3  # parts are written with four digits


def check_sweep(document: dict, where: str) -> None:
    """Raise InputError with the field path where the document is not one of a sweep, or does not
    agree with itself.
    """
    check_form(document, FORM, where, "")
    if not document["objectives"]:
        raise InputError("a sweep without an objective", where=f"{where}: objectives")
    points = document["points"]
    for name in ("parts", "layers"):
        if len(document[name]) != len(points):
            raise InputError(
                "not one entry a point",
                where=f"{where}: {name}",
                got=len(document[name]),
                allowed=str(len(points)),
            )
    for index, row in enumerate(document["rungs"]):
        if (
            row["done"] + row["refused"] + row["failed"] != row["points"]
            or row["outside"] > row["done"]
        ):
            raise InputError(
                "points are done, refused or failed", where=f"{where}: rungs[{index}]", got=row
            )
    paths = [axis["path"] for axis in document["axes"]]
    for index, (row, parts) in enumerate(zip(points, document["parts"])):
        _check_point(row, paths, f"{where}: points[{index}]")
        _check_parts(row, parts, len(document["components"]), f"{where}: parts[{index}]")
    numbers = {row["point"] for row in points}
    for name in ("front", "knee"):
        for value in document[name] if name == "front" else [document[name]]:
            if value is not None and value not in numbers:
                raise InputError("no such point", where=f"{where}: {name}", got=value)


def _check_point(row: dict, paths: list[str], where: str) -> None:
    for path in paths:
        if path not in row:
            raise InputError("the value of an axis is missing", where=f"{where}.{path}")
        check_form(row[path], "scalar", where, path)
    check_metrics(row, where)


def check_metrics(row: dict, where: str) -> None:
    """The numbers of one point within their ranges. Raises InputError with the name."""
    for name, value in row.items():
        if name in _METRICS:
            check_form(value, _RANGES.get(name, "amount?"), where, name)
        elif name.split(".")[0] in GROUPS:
            check_form(value, "number?", where, name)
    for name in (name for name in row if name in _METRICS and name.endswith("_low")):
        value = row[name]
        stem = name[:-4]
        if value is not None:
            middle = row.get(stem)
            high = row.get(f"{stem}_high")
            if (
                middle is None
                or high is None
                # sums of floats, each in an order of its own
                or not value * (1 - 1e-9) <= middle <= high * (1 + 1e-9)
            ):
                raise InputError(
                    "a number outside its own range",
                    where=f"{where}.{stem}",
                    got=(value, middle, high),
                )


def _check_parts(row: dict, parts: list, components: int, where: str) -> None:
    """The areas of a point's components are its area."""
    good = len(parts) <= components and all(
        part is None
        or (
            isinstance(part, list)
            and len(part) == 2
            and all(isinstance(number, int | float) and number >= 0 for number in part)
        )
        for part in parts
    )
    if not good:
        raise InputError("not [area, energy] of each component", where=where, got=parts)
    total = math.fsum(part[0] for part in parts if part)
    area = row.get("area_mm2")
    if area is not None and not math.isclose(total, area, rel_tol=_ROUNDED):
        raise InputError(
            "does not follow from its components",
            where=where.replace("parts", "points") + ".area_mm2",
            got=area,
            allowed=repr(total),
        )
