"""The form of a result file, version 1, with its ranges."""

from __future__ import annotations

from archsim.readers.form import Form, nullable

# Written as `archsim.readers.form` says.
_BOUNDARY: dict[str, Form] = {
    "area_mm2": "amount",
    "energy_j": "amount",
    "power_uw": "amount?",
    "assumed_share??": {"area": "amount", "energy": "amount"},
    "area_mm2_range": ("amount", "amount"),
    "power_uw_range?": ("amount", "amount"),
    "energy_j_range??": ("amount", "amount"),
}
_PLACED: dict[str, Form] = {
    "layer": "text",
    "utilisation??": "share",
    "tile_count??": "count",
    "kind??": "text",
}
# Kinds of cores; checked where the field "kinds" is there.
KINDS: dict[str, Form] = {
    "*": {"cores": ["count"], "tiles": "count", "tiles_without": {"*": "count"}}
}
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
_LAYER_ROW: dict[str, Form] = {
    "layer": "text",
    "phase": "text",
    "cycles": "count?",
    "stall_cycles": "count?",
    "energy_j": "amount",
    "off_chip_energy_j": "amount",
    "tile_operations": "amount",
}
_PHASE_ROW: dict[str, Form] = {
    "cycles": "count?",
    "energy_j": "amount",
    "off_chip_energy_j": "amount",
}
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
    "boundaries": {
        "macro": _BOUNDARY,
        "chip": _BOUNDARY,
        "system": _BOUNDARY,
        # the chip on its die, with what lies beside the parts; results of before have none
        "die??": _BOUNDARY | {"shares??": {"*": "amount"}},
    },
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
    "by_layer": [_LAYER_ROW],
    "by_phase": {"*": _PHASE_ROW},
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
        "cache_kib??": "amount",
        "cache_off_chip??": "share",
    },
    "notes": ["text"],
    "unused??": ["text"],
    "engine??": "text?",
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


_UNPRICED_BOUNDARY = nullable(_BOUNDARY, "area_mm2", "energy_j", "area_mm2_range") | {
    "energy_j_range?": ("amount", "amount")
}
_UNPRICED_BOUNDARY.pop("energy_j_range??")
# A reference run has no price: these are null there, which `archsim.cost.unpriced` holds.
UNPRICED: dict[str, Form] = nullable(
    SCHEMA, "area_mm2", "energy_j", "energy_per_image_j", "static_power_uw", "area_mm2_range"
) | {
    "boundaries": dict.fromkeys(("macro", "chip", "system"), _UNPRICED_BOUNDARY),
    "by_layer": [nullable(_LAYER_ROW, "energy_j", "off_chip_energy_j")],
    "by_phase": {"*": nullable(_PHASE_ROW, "energy_j", "off_chip_energy_j")},
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
