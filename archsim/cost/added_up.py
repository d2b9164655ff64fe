"""A stored result held against itself: its own ledger times its own stored prices, and the sums
that every result obeys.

No figure of today takes part: a result of an earlier version is right when it agrees with itself.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from typing import Any

from archsim.cost.document import fill_prices
from archsim.cost.estimate import Spread, UnitPrice
from archsim.ledger.component import BOUNDARIES, Component
from archsim.ledger.ledger import Ledger
from hwlib.errors import InputError

_CLOSE = 1e-9
# What `fill_prices` makes, besides the figures, which are not numbers of the run.
_PRICED = (
    "area_mm2",
    "energy_j",
    "power_uw",
    "area_mm2_range",
    "power_uw_range",
    "energy_per_image_j",
    "static_power_uw",
    "dynamic_power_uw",
    "boundaries",
    "by_component",
    "by_component_off_chip",
    "by_layer",
    "by_phase",
    "inventory",
    "setup",
)


def check_sums(document: dict, where: str) -> bool:
    """Hold a checked result document against its own counts and prices. Raises InputError for the
    first number that does not follow.

    Returns False where the result is from before prices were stored: then its sums are held, but
    not the energy of its ledger.
    """
    _check_facts(document, where)
    _check_totals(document, where)
    if any("unit_prices" not in row for row in document["inventory"]):
        if any("unit_prices" in row for row in document["inventory"]):
            raise InputError(
                "some components have their prices, some have not", where=f"{where}: inventory"
            )
        return False
    again = copy.deepcopy(
        {
            key: value
            for key, value in document.items()
            if key not in ("timeline", "placement", "settings", "figures")
        }
    )
    inventory = [
        Component(row["component"], row["part"], row["parameters"], row["count"], row["boundary"])
        for row in document["inventory"]
    ]
    units = {row["component"]: _unit(row["unit_prices"]) for row in document["inventory"]}
    try:
        fill_prices(
            again, inventory, Ledger.from_rows(document["ledger"], f"{where}: ledger"), units
        )
    except (RuntimeError, OverflowError, KeyError) as fault:
        raise InputError(f"the ledger cannot be added up ({fault})", where=where) from None
    for key in _PRICED:
        if key in document or key in again:
            _same(document.get(key), again.get(key), where, key)
    return True


def _unit(prices: dict) -> UnitPrice:
    return UnitPrice(
        Spread(*prices["area_mm2"]),
        Spread(*prices["static_power_uw"]),
        {action: Spread(*spread) for action, spread in prices["energy_j"].items()},
    )


def _same(stored: Any, again: Any, where: str, path: str) -> None:
    """Equal but for the rounding of sums."""
    if isinstance(again, dict) and isinstance(stored, dict):
        for name in {**again, **stored}:
            _same(stored.get(name), again.get(name), where, f"{path}.{name}")
    elif isinstance(again, list) and isinstance(stored, list) and len(stored) == len(again):
        for index, (one, other) in enumerate(zip(stored, again)):
            _same(one, other, where, f"{path}[{index}]")
    elif _number(stored) and _number(again):
        if not math.isclose(stored, again, rel_tol=_CLOSE):
            raise _differs(where, path, stored, again, "its own ledger and prices")
    elif stored != again:
        raise _differs(where, path, stored, again, "its own ledger and prices")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _differs(where: str, path: str, stored: Any, again: Any, what: str) -> InputError:
    return InputError(
        f"does not follow from {what}",
        where=f"{where}: {path}",
        got=stored,
        allowed=repr(again),
        hint="the file was damaged or edited; make it again",
    )


def _follows(document: dict, path: str, terms: Iterable[float], where: str, what: str) -> None:
    """The number at a path is the sum of terms."""
    value: Any = document
    for key in path.split("."):
        value = value[key]
    known = list(terms)
    expected = math.fsum(known)
    if not math.isclose(
        value, expected, rel_tol=_CLOSE, abs_tol=_CLOSE * max(map(abs, known), default=0.0)
    ):
        raise _differs(where, path, value, expected, what)


def _check_totals(document: dict, where: str) -> None:
    """Sums over components, layers and phases are the totals, at every boundary."""
    rows = document["inventory"]
    components = {**document["by_component"], **document["by_component_off_chip"]}
    if set(components) != {row["component"] for row in rows}:
        raise InputError(
            "the components are not those of the inventory",
            where=f"{where}: by_component",
            got=sorted(components),
        )
    for row in rows:
        off = row["boundary"] == "system"
        table = "by_component_off_chip" if off else "by_component"
        if row["component"] not in document[table]:
            raise InputError(
                "a component on the wrong side of the chip's boundary",
                where=f"{where}: {table}",
                got=row["component"],
            )
        for name in ("area_mm2", "static_power_uw"):
            _follows(
                components[row["component"]],
                name,
                [row[name]],
                f"{where}: {table}.{row['component']}",
                "the inventory",
            )
    for depth, boundary in enumerate(BOUNDARIES):
        inside = [row["component"] for row in rows if BOUNDARIES.index(row["boundary"]) <= depth]
        for name in ("area_mm2", "energy_j"):
            _follows(
                document,
                f"boundaries.{boundary}.{name}",
                [components[each][name] for each in inside],
                where,
                "its components",
            )
    for name in ("area_mm2", "energy_j"):
        _follows(
            document, name, [document["boundaries"]["chip"][name]], where, "the chip's boundary"
        )
    on_chip = [row["component"] for row in rows if row["boundary"] != "system"]
    _follows(
        document,
        "static_power_uw",
        [components[each]["static_power_uw"] for each in on_chip],
        where,
        "its components",
    )
    off_chip = document["boundaries"]["system"]["energy_j"] - document["energy_j"]
    for name, parts in (
        ("by_layer", document["by_layer"]),
        ("by_phase", list(document["by_phase"].values())),
    ):
        _follows(
            document, "energy_j", [row["energy_j"] for row in parts], where, f"the rows of {name}"
        )
        total = math.fsum(row["off_chip_energy_j"] for row in parts)
        if not math.isclose(
            total,
            off_chip,
            rel_tol=1e-6,
            abs_tol=_CLOSE * document["boundaries"]["system"]["energy_j"],
        ):
            raise _differs(where, f"{name}: off_chip_energy_j", total, off_chip, "the boundaries")
    _follows(
        document,
        "energy_per_image_j",
        [document["energy_j"] / document["images"]],
        where,
        "its energy and images",
    )
    if (document["power_uw"] is None) != (document["dynamic_power_uw"] is None):
        raise InputError(
            "power is known and unknown at once",
            where=f"{where}: power_uw",
            got=document["power_uw"],
        )
    if document["power_uw"] is not None:
        _follows(
            document,
            "power_uw",
            [document["static_power_uw"], document["dynamic_power_uw"]],
            where,
            "static and dynamic power",
        )
    _check_ranges(document, where)


def _check_ranges(document: dict, where: str) -> None:
    pairs = [("area_mm2", document, "area_mm2"), ("power_uw", document, "power_uw")]
    pairs += [
        (f"boundaries.{name}.{key}", row, key)
        for name, row in document["boundaries"].items()
        for key in ("area_mm2", "energy_j", "power_uw")
    ]
    for path, table, key in pairs:
        spread, value = table.get(f"{key}_range"), table.get(key)
        if spread is not None and not (
            value is not None and spread[0] * (1 - _CLOSE) <= value <= spread[1] * (1 + _CLOSE)
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


def _check_facts(document: dict, where: str) -> None:
    """Time follows from cycles and clock, and every resource's cycles are busy, stalled or idle."""
    cycles = document["cycles"]
    if document["timing"] != (cycles is not None):
        raise InputError(
            "timed and not timed at once", where=f"{where}: timing", got=document["timing"]
        )
    for path, expected in (
        ("latency_s", None if cycles is None else cycles / (document["clock_mhz"] * 1e6)),
        (
            "latency_per_image_s",
            None if document["latency_s"] is None else document["latency_s"] / document["images"],
        ),
    ):
        if (document[path] is None) != (expected is None):
            raise _differs(where, path, document[path], expected, "its cycles and clock")
        if expected is not None:
            _follows(document, path, [expected], where, "its cycles and clock")
    for index, row in enumerate(document["resources"]):
        parts = row["busy_cycles"] + row["stalled_cycles"] + row["idle_cycles"]
        if parts != row["total_cycles"]:
            raise _differs(
                where,
                f"resources[{index}].total_cycles",
                row["total_cycles"],
                parts,
                "busy, stalled and idle cycles",
            )
    tiles = [row for row in document["resources"] if row["kind"] == "tile"]
    capacity = sum(row["total_cycles"] for row in tiles)
    if capacity and document["utilisation"] is not None:
        _follows(
            document,
            "utilisation",
            [sum(row["busy_cycles"] for row in tiles) / capacity],
            where,
            "the tiles' cycles",
        )
    _check_training(document, where)


def _check_training(document: dict, where: str) -> None:
    epochs = document.get("epochs")
    if "training" in document and epochs and document["accuracy_percent"] is not None:
        _follows(
            document,
            "accuracy_percent",
            [100.0, -epochs[-1]["test_error_percent"]],
            where,
            "the last epoch's test error",
        )
    for name, row in document.get("training", {}).get("writes", {}).items():
        if not row["mean"] <= row["maximum"] * (1 + _CLOSE):
            raise InputError(
                "a mean above the maximum",
                where=f"{where}: training.writes.{name}",
                got=row["mean"],
                allowed=f"up to {row['maximum']}",
            )
