"""The form of a result file, version 1, with its ranges, and the check of a file read from disk.
Nothing read is trusted.
"""

from __future__ import annotations

from collections import Counter

from archsim.ledger.component import BOUNDARIES
from archsim.ledger.ledger import Ledger
from hwlib.errors import InputError, nearest, shorten

VERSION = 1
_ROUNDING = 1e-9

# Leaves: text, flag, count (whole, >= 0), some (whole, > 0), whole, number (finite), amount
# (finite, >= 0), positive (finite, > 0), share (0 to 1), percent (0 to 100), node (0.5 to 10,000
# nm), scalar, any; a trailing '?' allows null.
# The name of a field takes one '?' where it may be null, two where it may be missing (results of
# earlier versions).
# {"*": spec} is a table with any names, [spec] a list, a tuple of specs a list of just that length.
_BOUNDARY = {
    "area_mm2": "amount",
    "energy_j": "amount",
    "power_uw": "amount?",
    "area_mm2_range": ("amount", "amount"),
    "power_uw_range?": ("amount", "amount"),
    "energy_j_range??": ("amount", "amount"),
}
_PLACED = {"layer": "text", "utilisation??": "share", "tile_count??": "count"}
_RESOURCE = {
    "name": "text",
    "kind": "text",
    "busy_cycles": "count",
    "stalled_cycles": "count",
    "idle_cycles": "count",
    "total_cycles": "count",
    "stalls": {"*": "count"},
    "requests": "count",
    "queue_mean": "amount",
    "queue_max": "count",
}
_SPREAD = ("amount", "amount", "amount")
_UNIT_PRICES = {"area_mm2": _SPREAD, "static_power_uw": _SPREAD, "energy_j": {"*": _SPREAD}}
SCHEMA: dict[str, object] = {
    "schema": "count",
    "version": "text",
    "network": "text",
    "architecture": "text",
    "scheme": "text?",
    "phase": "text",
    "batch": "some",
    "images": "some",
    "node_nm": "node",
    "clock_mhz": "positive",
    "timing": "flag",
    "activity": "text",
    "seed": "whole",
    "cycles": "count?",
    "latency_s": "amount?",
    "latency_per_image_s": "amount?",
    "interval_per_image_s": "amount?",
    "tiles": "count",
    "operations": "count",
    "tile_operations": "amount",
    "utilisation": "share?",
    "area_mm2": "amount",
    "energy_j": "amount",
    "energy_per_image_j": "amount",
    "power_uw": "amount?",
    "static_power_uw": "amount",
    "dynamic_power_uw": "amount?",
    "boundaries": {"macro": _BOUNDARY, "chip": _BOUNDARY, "system": _BOUNDARY},
    "area_mm2_range": ("amount", "amount"),
    "power_uw_range?": ("amount", "amount"),
    "by_component": {
        "*": {
            "area_mm2": "amount",
            "energy_j": "amount",
            "dynamic_energy_j": "amount",
            "static_energy_j": "amount",
            "static_power_uw": "amount",
            "busy_fraction": "share?",
            "boundary": "text",
            "part": "text",
            "count": "count",
        }
    },
    "by_component_off_chip": {
        "*": {"area_mm2": "amount", "energy_j": "amount", "static_power_uw": "amount"}
    },
    "by_layer": [
        {
            "layer": "text",
            "phase": "text",
            "cycles": "count?",
            "stall_cycles": "count?",
            "energy_j": "amount",
            "off_chip_energy_j": "amount",
            "tile_operations": "amount",
        }
    ],
    "by_phase": {"*": {"cycles": "count?", "energy_j": "amount", "off_chip_energy_j": "amount"}},
    "inventory": [
        {
            "component": "text",
            "part": "text",
            "parameters": {"*": "scalar"},
            "count": "count",
            "boundary": "text",
            "area_mm2": "amount",
            "static_power_uw": "amount",
            "unit_prices??": _UNIT_PRICES,
        }
    ],
    "ledger": [
        {"component": "text", "action": "text", "layer": "text", "phase": "text", "count": "amount"}
    ],
    "resources": [_RESOURCE],
    "stalls": {"*": "count"},
    "timeline": [
        {
            "lane": "text",
            "layer": "text",
            "phase": "text",
            "image": "whole",
            "start": "count",
            "end": "count",
        }
    ],
    "roofline": {"*": "any"},
    "placement": [_PLACED],
    "notes": ["text"],
    "unused??": ["text"],
    "settings": {"*": "any"},
    "figures": [
        {
            "name": "text",
            "value": "number",
            "unit": "text",
            "low": "number",
            "high": "number",
            "kind": "text",
            "source": "text",
            "title": "text",
            "place": "text",
            "note": "text",
        }
    ],
}

# What is done once, before a training; checked where the field "setup" is there.
SETUP: dict[str, object] = {
    "cycles": "count?",
    "seconds": "amount?",
    "energy_j": "amount",
    "energy_j_range": ("amount", "amount"),
    "off_chip_energy_j": "amount",
    "pulses": {"*": "amount"},
    "ledger": SCHEMA["ledger"],
}

# What `archsim train` adds; checked where the field "training" is there.
TRAINING: dict[str, object] = {
    "dataset": "text",
    "device": "text?",
    "accuracy_percent": "percent?",
    "writes_per_device": "amount",
    "activity_file": "text?",
    "epochs": [
        {
            "epoch": "some",
            "train_error_percent": "percent",
            "test_error_percent": "percent",
            "images_per_second": "amount",
        }
    ],
    "training": {
        "finished": "flag",
        "reason": "text",
        "images": "count",
        "energy_j": "amount",
        "seconds": "amount",
        "settings": {"*": "any"},
        "writes": {
            "*": {
                "mean": "amount",
                "maximum": "amount",
                "histogram": {"edges": ["number"], "counts": ["count"]},
            }
        },
    },
}

# What `archsim compare` may add to a scheme.
COMPARED = {
    "label": "text?",
    "scheme_title": "text?",
    "extra_memory_bits": "amount?",
    "images_per_second": "amount?",
}


def check_document(document: object, where: str) -> dict:
    """The document, if it is a result of the version this archsim reads. Raises InputError with the
    field path otherwise.
    """
    if not isinstance(document, dict):
        raise InputError("a result is a JSON object", where=where, got=document)
    if "schema" not in document:
        raise InputError("field 'schema' is missing: not a result of archsim run", where=where)
    if document["schema"] != VERSION or isinstance(document["schema"], bool):
        raise InputError(
            "unknown version of the result file",
            where=f"{where}: schema",
            got=document["schema"],
            allowed=(VERSION,),
        )
    check_form(document, SCHEMA, where, "")
    for name, keys in (
        ("by_layer", ("layer", "phase")),
        ("placement", ("layer",)),
        ("resources", ("name",)),
        ("figures", ("name",)),
    ):
        rows = [tuple(row[key] for key in keys) for row in document[name]]
        if len(set(rows)) < len(rows):
            twice = next(row for row, count in Counter(rows).items() if count > 1)
            raise InputError("a row twice", where=f"{where}: {name}", got=", ".join(twice))
    if "training" in document:
        check_form(document, TRAINING, where, "")
    if "tiles_without" in document:
        check_form(document["tiles_without"], {"*": "count"}, where, "tiles_without")
    if document.get("limited_by") is not None:
        check_form(
            document["limited_by"],
            {"resource": "text", "at_least_cycles": "count"},
            where,
            "limited_by",
        )
    if "setup" in document:
        check_form(document["setup"], SETUP, where, "setup")
    names = [row["component"] for row in document["inventory"]]
    if len(set(names)) < len(names):
        twice = next(name for index, name in enumerate(names) if name in names[:index])
        raise InputError("a component twice", where=f"{where}: inventory", got=twice)
    known = set(names)
    for index, row in enumerate(document["inventory"]):
        if row["boundary"] not in BOUNDARIES:
            raise InputError(
                "unknown boundary",
                where=f"{where}: inventory[{index}].boundary",
                got=row["boundary"],
                allowed=BOUNDARIES,
            )
    for name, rows in (
        ("ledger", document["ledger"]),
        ("setup.ledger", document.get("setup", {}).get("ledger", [])),
    ):
        for index, row in enumerate(rows):
            if row["component"] not in known:
                raise InputError(
                    "not a component of the inventory",
                    where=f"{where}: {name}[{index}].component",
                    got=row["component"],
                    allowed=sorted(names),
                    hint=nearest(row["component"], names),
                )
        Ledger.from_rows(rows, f"{where}: {name}")
    return document


def check_comparison(document: object, where: str) -> dict:
    """The form of a comparison: {"schemes": [result of a training], "refused": {name: reason}}.
    Raises InputError otherwise.
    """
    if not isinstance(document, dict):
        raise InputError("a comparison is a JSON object", where=where, got=document)
    for name, kind in (("schemes", list), ("refused", dict)):
        if not isinstance(document.get(name), kind):
            raise InputError(
                f"field '{name}' is missing or of another kind: not a comparison of archsim compare",
                where=where,
            )
    if not document["schemes"]:
        raise InputError("a comparison without a scheme", where=f"{where}: schemes")
    for index, entry in enumerate(document["schemes"]):
        place = f"schemes[{index}]"
        check_document(entry, f"{where}: {place}")
        if "training" not in entry:
            raise InputError(
                "field 'training' is missing: this scheme was not trained",
                where=f"{where}: {place}",
            )
        for name, spec in COMPARED.items():
            check_form(entry.get(name), spec, where, f"{place}.{name}")
    check_form(document["refused"], {"*": "text"}, where, "refused")
    return document


def check_form(value: object, spec: object, where: str, path: str) -> None:
    """Raise InputError with the field path where a value is not of a form, written as SCHEMA is."""
    if isinstance(spec, str):
        _check_leaf(value, spec, where, path)
    elif isinstance(spec, list | tuple):
        if not isinstance(value, list | tuple) or (
            isinstance(spec, tuple) and len(value) != len(spec)
        ):
            raise InputError(
                "not a list" if isinstance(spec, list) else f"not a list of {len(spec)}",
                where=f"{where}: {path}",
                got=value,
            )
        for index, item in enumerate(value):
            check_form(
                item, spec[index] if isinstance(spec, tuple) else spec[0], where, f"{path}[{index}]"
            )
    else:
        _check_table(value, spec, where, path)


def _check_table(value: object, spec: dict, where: str, path: str) -> None:
    if not isinstance(value, dict):
        raise InputError("not a table", where=f"{where}: {path}", got=value)
    dot = f"{path}." if path else ""
    for key in () if "*" in spec else spec:
        name = key.rstrip("?")
        if name not in value and key.endswith("??"):
            continue
        if name not in value:
            raise InputError(f"field '{dot}{name}' is missing", where=where)
        if value[name] is not None or not key.endswith("?") or key.endswith("??"):
            check_form(value[name], spec[key], where, dot + name)
    for key, item in value.items():
        if "*" in spec:
            check_form(item, spec["*"], where, f"{dot}{shorten(key)[1:-1]}")
        elif not {key, f"{key}?", f"{key}??"} & set(spec):
            check_form(item, "any", where, f"{dot}{shorten(key)[1:-1]}")


def _check_leaf(value: object, spec: str, where: str, path: str) -> None:
    kind = spec.rstrip("?")
    if kind == "any":
        _check_finite(value, where, path)
        return
    if value is None and spec.endswith("?"):
        return
    number = isinstance(value, int | float) and not isinstance(value, bool) and _finite(value)
    whole = isinstance(value, int) and number
    good, name = {
        "text": (isinstance(value, str), "a text"),
        "flag": (isinstance(value, bool), "true or false"),
        "whole": (whole, "a whole number"),
        "count": (whole and value >= 0, "a whole number of at least 0"),
        "some": (whole and value > 0, "a whole number of at least 1"),
        "number": (number, "a finite number"),
        "positive": (number and value > 0, "a finite number above zero"),
        "amount": (number and value >= 0, "a finite number of at least 0"),
        "share": (number and 0 <= value <= 1 + _ROUNDING, "a share from 0 to 1"),
        "percent": (
            number and -_ROUNDING <= value <= 100 + _ROUNDING,
            "a percentage from 0 to 100",
        ),
        "node": (number and 0.5 <= value <= 10_000, "a technology node from 0.5 to 10,000 nm"),
        "scalar": (number or isinstance(value, str | bool), "a finite number or a word"),
    }[kind]
    if not good:
        raise InputError(f"not {name}", where=f"{where}: {path}", got=value)


def _finite(value: float) -> bool:
    # a whole number of JSON may be too large for a float
    return abs(value) < 1e300


def _check_finite(value: object, where: str, path: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _check_finite(item, where, f"{path}.{shorten(key)[1:-1]}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check_finite(item, where, f"{path}[{index}]")
    elif isinstance(value, int | float) and not _finite(value):
        raise InputError("not a finite number", where=f"{where}: {path}", got=value)
