"""The sums of a stored result: components, layers and phases add up to the totals at every boundary."""

from __future__ import annotations

import math

from archsim.cost.agreement import CLOSE, differs, follows
from archsim.cost.paths import Document
from archsim.ledger.component import BOUNDARIES
from hwlib.errors import InputError


def check_totals(document: Document, where: str) -> None:
    """Hold every total against its parts. Raises InputError for the first that is not their sum."""
    _check_components(document, where)
    _check_boundaries(document, where)
    _check_rows(document, where)
    _check_power(document, where)
    _check_ranges(document, where)


def _components(document: Document) -> Document:
    return {**document["by_component"], **document["by_component_off_chip"]}


def _check_components(document: Document, where: str) -> None:
    """The components are those of the inventory, each on its side of the chip's boundary."""
    rows = document["inventory"]
    components = _components(document)
    if set(components) != {row["component"] for row in rows}:
        raise InputError(
            "the components are not those of the inventory",
            where=f"{where}: by_component",
            got=sorted(components),
        )
    for row in rows:
        name = row["component"]
        table = "by_component_off_chip" if row["boundary"] == "system" else "by_component"
        if name not in document[table]:
            raise InputError(
                "a component on the wrong side of the chip's boundary",
                where=f"{where}: {table}",
                got=name,
            )
        # Stored twice, by row and by name: an edit of one alone is seen.
        for metric in ("area_mm2", "static_power_uw"):
            terms = [row[metric]]
            follows(components[name], metric, terms, f"{where}: {table}.{name}", "the inventory")


def _check_boundaries(document: Document, where: str) -> None:
    rows = document["inventory"]
    components = _components(document)
    for depth, boundary in enumerate(BOUNDARIES):
        inside = [row["component"] for row in rows if BOUNDARIES.index(row["boundary"]) <= depth]
        for metric in ("area_mm2", "energy_j"):
            terms = [components[each][metric] for each in inside]
            follows(document, f"boundaries.{boundary}.{metric}", terms, where, "its components")
    die = document["boundaries"].get("die")
    if die and "shares" in die:  # results of before have none
        where_die = f"{where}: boundaries.die"
        follows(die, "area_mm2", list(die["shares"].values()), where_die, "its shares")
        chip = [document["boundaries"]["chip"]["area_mm2"]]
        # The shares beside the parts rest on figures of that day, which are not stored by instance;
        # the parts do follow.
        follows(die["shares"], "parts", chip, f"{where_die}.shares", "the chip's boundary")
    for metric in ("area_mm2", "energy_j"):
        terms = [document["boundaries"]["chip"][metric]]
        follows(document, metric, terms, where, "the chip's boundary")


def _check_rows(document: Document, where: str) -> None:
    """Layers and phases add up to the energy on and off the chip."""
    system = document["boundaries"]["system"]["energy_j"]
    off_chip = system - document["energy_j"]
    by_phase = list(document["by_phase"].values())
    for name, parts in (("by_layer", document["by_layer"]), ("by_phase", by_phase)):
        energies = [row["energy_j"] for row in parts]
        follows(document, "energy_j", energies, where, f"the rows of {name}")
        total = math.fsum(row["off_chip_energy_j"] for row in parts)
        # a difference of two large numbers: its rounding is that of the whole
        if not math.isclose(total, off_chip, rel_tol=1e-6, abs_tol=CLOSE * system):
            raise differs(where, f"{name}: off_chip_energy_j", total, off_chip, "the boundaries")
    per_image = [document["energy_j"] / document["images"]]
    follows(document, "energy_per_image_j", per_image, where, "its energy and images")


def _check_power(document: Document, where: str) -> None:
    components = _components(document)
    on_chip = [row["component"] for row in document["inventory"] if row["boundary"] != "system"]
    # The headline leaves off-chip memory out, and so must its terms.
    terms = [components[each]["static_power_uw"] for each in on_chip]
    follows(document, "static_power_uw", terms, where, "its components")
    power = document["power_uw"]
    dynamic = document["dynamic_power_uw"]
    if (power is None) != (dynamic is None):
        raise InputError(
            "power is known and unknown at once", where=f"{where}: power_uw", got=power
        )
    if power is not None:
        terms = [document["static_power_uw"], dynamic]
        follows(document, "power_uw", terms, where, "static and dynamic power")


def _check_ranges(document: Document, where: str) -> None:
    """Every number lies inside its own range."""
    pairs = [("area_mm2", document, "area_mm2"), ("power_uw", document, "power_uw")]
    pairs += [
        (f"boundaries.{name}.{key}", row, key)
        for name, row in document["boundaries"].items()
        for key in ("area_mm2", "energy_j", "power_uw")
    ]
    for path, table, key in pairs:
        spread = table.get(f"{key}_range")
        value = table.get(key)
        if spread is not None and not (
            # A figure without a range has low = value = high: the sums of the three may round
            # apart.
            value is not None and spread[0] * (1 - CLOSE) <= value <= spread[1] * (1 + CLOSE)
        ):
            raise InputError(
                "a number outside its own range",
                where=f"{where}: {path}_range",
                got=spread,
                allowed=f"around {value}",
            )
    for index, row in enumerate(document["figures"]):
        if not row["low"] <= row["value"] <= row["high"]:
            raise InputError(
                "low <= value <= high does not hold",
                where=f"{where}: figures[{index}]",
                got=(row["low"], row["value"], row["high"]),
            )
