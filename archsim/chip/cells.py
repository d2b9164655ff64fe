"""One truth about a cell: voltage and conductance of the data (`physics`) are those that a read is
priced with (`components.array`).

A chip file may state either. The other follows it; two that contradict each other are refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from hwlib import PARTS
from hwlib.errors import InputError

VOLTAGE = "physics.read_voltage_v"
RANGE = "physics.conductance_us"
ARRAY = "components.array.parameters"
_FOLLOWS = f"={VOLTAGE}"


def share_cell_values(content: dict[str, Any], named: Collection[str], where: str) -> None:
    """Make `content`, a chip as its file gives it, state one read voltage; `named` are the paths
    that were set on top, which win.

    Raises InputError for two voltages, and for a mean conductance of a driven cell outside the
    range that its data are mapped to. What is of the wrong type is left to the checks of types.
    """
    components = content.get("components")
    entry = components.get("array") if isinstance(components, Mapping) else None
    if not isinstance(entry, dict) or not isinstance(entry.get("parameters", {}), dict):
        return
    part = PARTS.get(str(entry.get("part")))
    if part is None or not isinstance(content.get("physics", {}), dict):
        return
    defaults = {
        parameter.name: float(parameter.default)
        for parameter in part.parameters
        if isinstance(parameter.default, int | float)
    }
    if "read_voltage_v" in defaults:
        _voltage(content, entry, defaults["read_voltage_v"], named, where)
    if "conductance_us" in defaults:
        _conductance(content, entry, defaults["conductance_us"], where)


def _voltage(
    content: dict[str, Any],
    entry: dict[str, Any],
    default: float,
    named: Collection[str],
    where: str,
) -> None:
    physics = content.get("physics", {})
    parameters = entry.get("parameters", {})
    of_data = VOLTAGE in named
    of_price = f"{ARRAY}.read_voltage_v" in named
    if of_data != of_price:
        (parameters if of_data else physics).pop("read_voltage_v", None)
    here = physics.get("read_voltage_v")
    there = parameters.get("read_voltage_v")
    if here is not None and there is None and here != default:
        entry["parameters"] = parameters | {"read_voltage_v": _FOLLOWS}
    elif here is None and (there is None or _number(there)):
        content["physics"] = physics | {
            "read_voltage_v": float(default if there is None else there)
        }
    elif _number(here) and _number(there) and float(here) != float(there):
        raise InputError(
            "two read voltages for one cell",
            where=f"{where}: {VOLTAGE}",
            got=here,
            allowed=f"{there:g} V, that of {ARRAY}.read_voltage_v",
            hint="state one of them; the other follows",
        )


def _conductance(
    content: dict[str, Any], entry: dict[str, Any], default: float, where: str
) -> None:
    from archsim.chip.tile_settings import PhysicsSettings

    physics = content.get("physics", {})
    mean = entry.get("parameters", {}).get("conductance_us", default)
    usual = PhysicsSettings.model_fields["conductance_us"].default
    span = physics.get("conductance_us", usual)
    mapped = physics.get("model") == "dual_column" or physics.get("line_ohm")
    if not mapped and span in (usual, list(usual)):
        return  # nothing maps weights to conductances, and nobody said how
    if not isinstance(span, list | tuple) or len(span) != 2 or not all(map(_number, (*span, mean))):
        return
    if span[0] < span[1] and not span[0] <= mean <= span[1]:
        raise InputError(
            "the mean conductance that a read is priced with lies outside the range of the cells",
            where=f"{where}: {RANGE}",
            got=list(span),
            allowed=f"a range around {mean:g} uS, that of {ARRAY}.conductance_us",
            hint="state both, so that they agree",
        )


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
