"""The form of a result file, version 1, and the check of a file read from disk. Nothing read is trusted."""

from __future__ import annotations

import math

from hwlib.errors import InputError, shorten

VERSION = 1

# Leaves: text, flag, count (whole, >= 0), whole, number (finite); a trailing '?' allows null.
# {"*": spec} is a table with any names, [spec] a list, a tuple of specs a list of just that length.
_BOUNDARY = {
    "area_mm2": "number", "energy_j": "number", "power_uw": "number?", "area_mm2_range": ("number", "number"),
    "power_uw_range?": ("number", "number"),
}
_RESOURCE = {
    "name": "text", "kind": "text", "busy_cycles": "count", "stalled_cycles": "count", "idle_cycles": "count", "total_cycles": "count",
    "stalls": {"*": "count"}, "requests": "count", "queue_mean": "number", "queue_max": "count",
}
SCHEMA: dict[str, object] = {
    "schema": "count", "version": "text", "network": "text", "architecture": "text", "scheme": "text?", "phase": "text",
    "batch": "count", "images": "count", "node_nm": "number", "clock_mhz": "number", "timing": "flag", "activity": "text", "seed": "whole",
    "cycles": "count?", "latency_s": "number?", "latency_per_image_s": "number?", "interval_per_image_s": "number?",
    "tiles": "count", "operations": "count", "tile_operations": "number", "utilisation": "number?",
    "area_mm2": "number", "energy_j": "number", "energy_per_image_j": "number",
    "power_uw": "number?", "static_power_uw": "number", "dynamic_power_uw": "number?",
    "boundaries": {"macro": _BOUNDARY, "chip": _BOUNDARY, "system": _BOUNDARY},
    "area_mm2_range": ("number", "number"), "power_uw_range?": ("number", "number"),
    "by_component": {"*": {
        "area_mm2": "number", "energy_j": "number", "dynamic_energy_j": "number", "static_energy_j": "number", "static_power_uw": "number",
        "busy_fraction": "number?", "boundary": "text", "part": "text", "count": "count",
    }},
    "by_component_off_chip": {"*": {"area_mm2": "number", "energy_j": "number", "static_power_uw": "number"}},
    "by_layer": [{
        "layer": "text", "phase": "text", "cycles": "count?", "stall_cycles": "count?", "energy_j": "number", "off_chip_energy_j": "number",
        "tile_operations": "number",
    }],
    "by_phase": {"*": {"cycles": "count?", "energy_j": "number", "off_chip_energy_j": "number"}},
    "inventory": [{
        "component": "text", "part": "text", "parameters": {"*": "any"}, "count": "count", "boundary": "text", "area_mm2": "number",
        "static_power_uw": "number",
    }],
    "ledger": [{"component": "text", "action": "text", "layer": "text", "phase": "text", "count": "number"}],
    "resources": [_RESOURCE], "stalls": {"*": "count"},
    "timeline": [{"lane": "text", "layer": "text", "phase": "text", "image": "whole", "start": "count", "end": "count"}],
    "roofline": {"*": "any"}, "placement": [{"*": "any"}], "notes": ["text"], "settings": {"*": "any"},
    "figures": [{
        "name": "text", "value": "number", "unit": "text", "low": "number", "high": "number", "kind": "text", "source": "text",
    }],
}


def check_document(document: object, where: str) -> dict:
    """The document, if it is a result of the version this archsim reads. Raises InputError with the field path otherwise."""
    if not isinstance(document, dict):
        raise InputError("a result is a JSON object", where=where, got=document)
    if "schema" not in document:
        raise InputError("field 'schema' is missing: not a result of archsim run", where=where)
    if document["schema"] != VERSION or isinstance(document["schema"], bool):
        raise InputError("unknown version of the result file", where=f"{where}: schema", got=document["schema"], allowed=(VERSION,))
    _check(document, SCHEMA, where, "")
    return document


def _check(value: object, spec: object, where: str, path: str) -> None:
    if isinstance(spec, str):
        _check_leaf(value, spec, where, path)
    elif isinstance(spec, list | tuple):
        if not isinstance(value, list | tuple) or (isinstance(spec, tuple) and len(value) != len(spec)):
            raise InputError("not a list" if isinstance(spec, list) else f"not a list of {len(spec)}", where=f"{where}: {path}", got=value)
        for index, item in enumerate(value):
            _check(item, spec[index] if isinstance(spec, tuple) else spec[0], where, f"{path}[{index}]")
    else:
        _check_table(value, spec, where, path)


def _check_table(value: object, spec: dict, where: str, path: str) -> None:
    if not isinstance(value, dict):
        raise InputError("not a table", where=f"{where}: {path}", got=value)
    dot = f"{path}." if path else ""
    for key in () if "*" in spec else spec:
        name = key.rstrip("?")
        if name not in value:
            raise InputError(f"field '{dot}{name}' is missing", where=where)
        if not (key.endswith("?") and value[name] is None):
            _check(value[name], spec[key], where, dot + name)
    for key, item in value.items():
        if "*" in spec:
            _check(item, spec["*"], where, f"{dot}{shorten(key)[1:-1]}")
        elif key not in spec and f"{key}?" not in spec:
            _check(item, "any", where, f"{dot}{shorten(key)[1:-1]}")


def _check_leaf(value: object, spec: str, where: str, path: str) -> None:
    kind = spec.rstrip("?")
    if kind == "any":
        _check_finite(value, where, path)
        return
    if value is None and spec.endswith("?"):
        return
    number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = isinstance(value, int) and number
    good = {"text": isinstance(value, str), "flag": isinstance(value, bool), "whole": whole, "count": whole and value >= 0,
            "number": number and math.isfinite(value)}[kind]
    if not good:
        names = {"text": "a text", "flag": "true or false", "whole": "a whole number", "count": "a whole number of at least 0",
                 "number": "a finite number"}
        raise InputError(f"not {names[kind]}", where=f"{where}: {path}", got=value)


def _check_finite(value: object, where: str, path: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _check_finite(item, where, f"{path}.{shorten(key)[1:-1]}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check_finite(item, where, f"{path}[{index}]")
    elif isinstance(value, float) and not math.isfinite(value):
        raise InputError("not a finite number", where=f"{where}: {path}", got=value)
