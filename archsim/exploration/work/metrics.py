"""Numbers of a result that a sweep keeps: the standard ones of each rung, and any other numeric
path of the JSON document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hwlib.errors import InputError, nearest

PRICED = (
    "area_mm2",
    "area_mm2_low",
    "area_mm2_high",
    "energy_per_image_j",
    "energy_per_image_j_low",
    "energy_per_image_j_high",
    "static_power_uw",
    "tiles",
)
TIMED = (
    "power_uw",
    "power_uw_low",
    "power_uw_high",
    "latency_per_image_s",
    "interval_per_image_s",
    "cycles",
    "utilisation",
)
TRAINED = ("accuracy_percent", "writes_per_device")
# Also known, kept where a space names them.
OTHER = ("energy_j", "dynamic_power_uw", "latency_s", "operations", "tile_operations")
GROUPS = ("boundaries", "by_component", "by_component_off_chip", "by_layer", "by_phase", "stalls")
UNITS = {
    "area_mm2": "mm²",
    "energy_j": "J",
    "energy_per_image_j": "J",
    "static_power_uw": "µW",
    "power_uw": "µW",
    "dynamic_power_uw": "µW",
    "latency_s": "s",
    "latency_per_image_s": "s",
    "interval_per_image_s": "s",
    "cycles": "cycles",
    "accuracy_percent": "%",
}
_IN_TIME = ("cycles", "stall_cycles", "busy_fraction", "power_uw")
STANDARD = {"price": PRICED, "timing": PRICED + TIMED, "training": PRICED + TIMED + TRAINED}


def known_metrics() -> list[str]:
    """Names of single numbers an objective may have; paths below GROUPS come on top."""
    return [
        name for name in (*PRICED, *TIMED, *TRAINED, *OTHER) if not name.endswith(("_low", "_high"))
    ]


def check_metric(path: str, where: str, got: str) -> None:
    """Raises InputError with the nearest name where `path` cannot be a number of a result."""
    known = {*PRICED, *TIMED, *TRAINED, *OTHER}
    head = path.split(".")[0]
    if path in known or (head in GROUPS and "." in path):
        return
    listed = [*known_metrics(), *(f"{group}.…" for group in GROUPS)]
    raise InputError(
        f"'{path}' is no number of a result",
        where=where,
        got=got,
        allowed=listed,
        hint=nearest(path, known),
    )


def wanted_metrics(kind: str, extra: tuple[str, ...]) -> tuple[str, ...]:
    """The names a rung of that kind keeps: its standard ones, then what the space names."""
    return tuple(dict.fromkeys((*STANDARD[kind], *extra)))


def known_on(kind: str, path: str) -> bool:
    """Whether a rung of that kind may know the number at `path`: what takes time is not known
    before the timing, accuracy not before a training."""
    if path in TRAINED:
        return kind == "training"
    timed = (
        path in (*TIMED, "dynamic_power_uw", "latency_s")
        or path.split(".")[0] == "stalls"
        or path.split(".")[-1] in _IN_TIME
    )
    return kind != "price" or not timed


def read_metric(document: Mapping, path: str) -> float | int | None:
    """The number at a path of a result document; None where there is none (yet). `NAME_low` and
    `NAME_high` read its range.
    """
    for ending, index in (("_low", 0), ("_high", 1)):
        if path.endswith(ending):
            return _ranged(document, path[: -len(ending)], index)
    if path.startswith("by_layer."):
        return _of_layer(document, path)
    value: Any = document
    for key in path.split("."):  # names of components and phases hold no dots
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _ranged(document: Mapping, name: str, index: int) -> float | None:
    if name == "energy_per_image_j":
        spread = document["boundaries"]["chip"]["energy_j_range"]
        return spread[index] / document["images"] if spread else None
    spread = document.get(f"{name}_range")
    return spread[index] if spread else None


def _of_layer(document: Mapping, path: str) -> float | None:
    """`by_layer.NAME.PHASE.FIELD`; a name may hold dots."""
    name, phase, field = (path[len("by_layer.") :].rsplit(".", 2) + ["", ""])[:3]
    for row in document["by_layer"]:
        if row["layer"] == name and row["phase"] == phase:
            return row.get(field)
    return None
