"""The form of a result file, version 1, with its ranges, and the check of a file read from disk.
Nothing read is trusted.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from archsim.ledger.component import BOUNDARIES
from archsim.ledger.ledger import Ledger
from archsim.readers.form import Form, check_form
from archsim.readers.versions import migrated
from archsim.run.run_facts import Row
from hwlib.errors import InputError, nearest

# Written as `archsim.readers.form` says.
_BOUNDARY: dict[str, Form] = {
    "area_mm2": "amount",
    "energy_j": "amount",
    "power_uw": "amount?",
    "area_mm2_range": ("amount", "amount"),
    "power_uw_range?": ("amount", "amount"),
    "energy_j_range??": ("amount", "amount"),
}
_PLACED: dict[str, Form] = {"layer": "text", "utilisation??": "share", "tile_count??": "count"}
_RESOURCE: dict[str, Form] = {
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
_UNIT_PRICES: dict[str, Form] = {
    "area_mm2": _SPREAD,
    "static_power_uw": _SPREAD,
    "energy_j": {"*": _SPREAD},
}
SCHEMA: dict[str, Form] = {
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
    "memory??": {
        "buffer_kib": "amount",
        "needed_kib": "amount",
        "state_kib": "amount",
        "state_off_chip": "share",
        "maps_off_chip": "share",
    },
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

# What makes a row of a table the only one of its name.
_NAMED_BY = {
    "by_layer": ("layer", "phase"),
    "placement": ("layer",),
    "resources": ("name",),
    "figures": ("name",),
}
LIMITED_BY: dict[str, Form] = {"resource": "text", "at_least_cycles": "count"}

# What is done once, before a training; checked where the field "setup" is there.
SETUP: dict[str, Form] = {
    "cycles": "count?",
    "seconds": "amount?",
    "energy_j": "amount",
    "energy_j_range": ("amount", "amount"),
    "off_chip_energy_j": "amount",
    "pulses": {"*": "amount"},
    "ledger": SCHEMA["ledger"],
}

# What `archsim train` adds; checked where the field "training" is there.
TRAINING: dict[str, Form] = {
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
        "test_set??": {"images": "some", "classes": "some", "largest_class_percent": "percent"},
        "later??": {"seconds": "amount", "test_error_percent": "percent", "test_loss": "amount"},
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
COMPARED: dict[str, Form] = {
    "label": "text?",
    "scheme_title": "text?",
    "extra_memory_bits": "amount?",
    "images_per_second": "amount?",
}

# What `archsim compare` says beside the results: the seeds, the tuning and the device of a scheme,
# and the differences of two schemes by seed.
_SEED: dict[str, Form] = {
    "seed": "whole",
    "images": "count",
    "accuracy_percent": "percent?",
    "area_mm2": "amount?",
    "power_uw": "amount?",
    "energy_per_image_j": "amount?",
    "latency_per_image_s": "amount?",
    "writes_per_device": "amount?",
    "images_per_second": "amount?",
    "boundaries": "any",
    "test_error_percent": ["percent"],
}
_TRIAL: dict[str, Form] = {
    "number": "count",
    "settings": {"*": "scalar"},
    "validation_accuracy_percent": "percent?",
    "reason": "text",
}
_VERDICT: dict[str, Form] = {
    "a": "text",
    "b": "text",
    "quantity": "text",
    "boundary": "text",
    "share_of_draws": "share",
    "decided_by": "text",
    "explained?": "share",
    "basis": "text",
    "difference": "number",
    "verdict": "text",
}
_WINNER: dict[str, Form] = {
    "quantity": "text",
    "boundary": "text",
    "label": "text",
    "equals": ["text"],
    "share_of_draws": "share",
    "runner_up": "text",
    "decided_by": "text",
}
COMPARED_ROWS: dict[str, Form] = {
    "verdicts": [_VERDICT],
    "best": [_WINNER],
    "provisional": [_VERDICT],
    "provisional_best": [_WINNER],
    "bands": [
        {
            "label": "text",
            "quantity": "text",
            "boundary": "text",
            "low": "amount",
            "median": "amount",
            "high": "amount",
        }
    ],
    "guards": {"*": ["text"]},
    "draws": "count",
    "terms": {"*": "any"},
    "rows": [
        {
            "label": "text",
            "scheme": "text",
            "device": "text",
            "accuracy_percent": "percent?",
            "accuracy_std": "amount?",
            "seeds": [_SEED],
            "tuning?": {"trials": [_TRIAL], "chosen_trial": "count", "chosen": {"*": "scalar"}},
            "flags": ["text"],
        }
    ],
    "paired": [
        {
            "a": "text",
            "b": "text",
            "quantity": "text",
            "seeds": "some",
            "mean": "number",
            "standard_error": "amount",
        }
    ],
}


def check_document(document: object, where: str) -> Row:
    """The document, if it is a result of the version this archsim reads.

    Raises:
        InputError: with the field path, for anything else.
    """
    if not isinstance(document, dict):
        raise InputError("a result is a JSON object", where=where, got=document)
    if "schema" not in document:
        raise InputError("field 'schema' is missing: not a result of archsim run", where=where)
    document = migrated("result", document, f"{where}: ")
    check_form(document, SCHEMA, where, "")
    _check_rows_once(document, where)
    if "training" in document:
        check_form(document, TRAINING, where, "")
    if "tiles_without" in document:
        check_form(document["tiles_without"], {"*": "count"}, where, "tiles_without")
    if document.get("limited_by") is not None:
        check_form(document["limited_by"], LIMITED_BY, where, "limited_by")
    if "setup" in document:
        check_form(document["setup"], SETUP, where, "setup")
    names = _checked_inventory(document["inventory"], where)
    _check_ledger(document["ledger"], names, where, "ledger")
    _check_ledger(document.get("setup", {}).get("ledger", []), names, where, "setup.ledger")
    return document


def _check_rows_once(document: Row, where: str) -> None:
    for name, keys in _NAMED_BY.items():
        rows = [tuple(row[key] for key in keys) for row in document[name]]
        if len(set(rows)) < len(rows):
            twice = next(row for row, count in Counter(rows).items() if count > 1)
            raise InputError("a row twice", where=f"{where}: {name}", got=", ".join(twice))


def _checked_inventory(inventory: list[Row], where: str) -> list[str]:
    """The names of the components, each there once and within a boundary."""
    names = [row["component"] for row in inventory]
    if len(set(names)) < len(names):
        twice = next(name for index, name in enumerate(names) if name in names[:index])
        raise InputError("a component twice", where=f"{where}: inventory", got=twice)
    for index, row in enumerate(inventory):
        if row["boundary"] not in BOUNDARIES:
            raise InputError(
                "unknown boundary",
                where=f"{where}: inventory[{index}].boundary",
                got=row["boundary"],
                allowed=BOUNDARIES,
            )
    return names


def _check_ledger(rows: list[Row], components: list[str], where: str, name: str) -> None:
    known = set(components)
    for index, row in enumerate(rows):
        if row["component"] not in known:
            raise InputError(
                "not a component of the inventory",
                where=f"{where}: {name}[{index}].component",
                got=row["component"],
                allowed=sorted(components),
                hint=nearest(row["component"], components),
            )
    Ledger.from_rows(rows, f"{where}: {name}")


def check_comparison(document: object, where: str) -> Row:
    """The form of a comparison: {"schemes": [result of a training], "refused": {name: reason},
    "terms", "rows", "paired"}.

    Raises:
        InputError: with the field path, for anything else.
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
    document = migrated("comparison", document, f"{where}: ")
    schemes: list[dict[str, Any]] = []
    for index, entry in enumerate(document["schemes"]):
        path = f"schemes[{index}]"
        schemes.append(check_document(entry, f"{where}: {path}"))
        if "training" not in entry:
            raise InputError(
                "field 'training' is missing: this scheme was not trained", where=f"{where}: {path}"
            )
        for name, form in COMPARED.items():
            check_form(entry.get(name), form, where, f"{path}.{name}")
    check_form(document["refused"], {"*": "text"}, where, "refused")
    check_form(document, COMPARED_ROWS, where)
    _check_rows_of(document["rows"], schemes, where)
    _check_verdicts(document, where)
    return document | {"schemes": schemes}


def _check_rows_of(rows: list[Row], schemes: list[Row], where: str) -> None:
    """Raises InputError where rows and results are not of the same schemes, or the first seed of a
    row is not its result.
    """
    labels = [entry.get("label") or entry["scheme"] for entry in schemes]
    if [row["label"] for row in rows] != labels:
        raise InputError(
            "rows and schemes are not the same",
            where=f"{where}: rows",
            got=[row["label"] for row in rows],
            allowed=labels,
        )
    for index, (row, entry) in enumerate(zip(rows, schemes)):
        first = row["seeds"][0]["accuracy_percent"] if row["seeds"] else None
        if first != entry.get("accuracy_percent"):
            raise InputError(
                "the first seed is not the result of the scheme",
                where=f"{where}: rows[{index}].seeds",
                got=first,
                allowed=entry.get("accuracy_percent"),
            )


def _check_verdicts(document: Row, where: str) -> None:
    """Raises InputError for a verdict on a scheme that is none of the rows, or that a guard holds
    back.
    """
    labels = {row["label"] for row in document["rows"]}
    judged = labels - set(document["guards"])
    for name in ("verdicts", "best", "provisional", "provisional_best", "bands"):
        known = judged if name in ("verdicts", "best") else labels
        for index, item in enumerate(document[name]):
            keys = ("a", "b") if "a" in item else ("label",)
            for key in keys:
                if item[key] not in known:
                    raise InputError(
                        "not a scheme that has a verdict",
                        where=f"{where}: {name}[{index}].{key}",
                        got=item[key],
                        allowed=sorted(known),
                        hint=nearest(item[key], known),
                    )
