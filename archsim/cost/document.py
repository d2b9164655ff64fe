"""The priced fields of a result document, from an estimate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archsim.cost.component_cost import SHARED
from archsim.cost.deciding import assumed_share
from archsim.cost.die import die_of
from archsim.cost.estimate import Estimate, price_run
from archsim.cost.figures_used import figures_used
from archsim.cost.spread import Spread, UnitPrice
from archsim.ledger.component import BOUNDARIES, Component
from archsim.ledger.ledger import Ledger


def _range(spread: Spread | None) -> list[float] | None:
    return None if spread is None else [spread.low, spread.high]


def fill_prices(
    document: dict[str, Any],
    inventory: Sequence[Component],
    ledger: Ledger,
    units: dict[str, UnitPrice] | None = None,
) -> dict[str, Any]:
    """Fill (or refill) every priced field of a document, in place.

    Args:
        document: has node_nm, clock_mhz, cycles, images, timing and, to be kept, what was measured:
            cycles in `by_layer` and `by_phase`, busy fractions in `by_component`.
        inventory: the components.
        ledger: what they did.
        units: prices of an earlier run, by component, in place of those of today; the rows of the
            figures behind the prices are then left as they are.

    Returns:
        the document.

    Raises:
        what `price_run` raises.
    """
    estimate = price_run(
        inventory,
        ledger,
        node_nm=document["node_nm"],
        clock_mhz=document["clock_mhz"],
        cycles=document["cycles"],
        images=document["images"],
        units=units,
    )
    boundaries = {name: _boundary(estimate, name) for name in BOUNDARIES}
    boundaries["die"] = _die(estimate)
    chip = boundaries["chip"]
    dynamic = estimate.dynamic_power_uw()
    document |= {
        key: chip[key]
        for key in ("area_mm2", "energy_j", "power_uw", "area_mm2_range", "power_uw_range")
    }
    # The headline is the chip boundary everywhere; `system` and `die` stand in `boundaries`.
    document["energy_per_image_j"] = chip["energy_j"] / document["images"]
    document["static_power_uw"] = estimate.static_power_uw().value
    document["dynamic_power_uw"] = None if dynamic is None else dynamic.value
    document["boundaries"] = boundaries
    _fill_components(document, estimate)
    _fill_rows(document, estimate)
    # With prices of an earlier day, the figures of today did not make these numbers: their rows
    # would lie.
    if units is None:
        document["figures"] = figures_used(estimate)
        document["assumed_share"] = assumed_share(estimate)
    if "setup" in document:
        _fill_setup(document, inventory, units)
    _keep_unit_prices(document, estimate)
    return document


def _boundary(estimate: Estimate, name: str) -> dict[str, Any]:
    """What lies inside one boundary, with its ranges; power is None where nothing was timed."""
    area = estimate.area_mm2(name)
    power = estimate.power_uw(name)
    energy = estimate.energy_j(name)
    return {
        "area_mm2": area.value,
        "energy_j": energy.value,
        "power_uw": None if power is None else power.value,
        "area_mm2_range": _range(area),
        "energy_j_range": _range(energy),
        "power_uw_range": _range(power),
    }


def _die(estimate: Estimate) -> dict[str, Any]:
    """The chip on its die, with the shares that lie beside its parts."""
    die = die_of(estimate)
    return {
        "area_mm2": die.area_mm2.value,
        "energy_j": die.energy_j.value,
        "power_uw": None if die.power_uw is None else die.power_uw.value,
        "area_mm2_range": _range(die.area_mm2),
        "energy_j_range": _range(die.energy_j),
        "power_uw_range": _range(die.power_uw),
        "shares": {share.name: share.area_mm2.value for share in die.shares},
    }


def _keep_unit_prices(document: dict[str, Any], estimate: Estimate) -> None:
    """What one instance and one action cost, so that the result can be added up again whatever the
    figures of that day are.
    """
    # Only what was counted: a part may declare dozens of actions that this run never asked for.
    used: dict[str, set[str]] = {}
    for row in (*document["ledger"], *document.get("setup", {}).get("ledger", ())):
        used.setdefault(row["component"], set()).add(row["action"])
    for row in document["inventory"]:
        unit = estimate.units[row["component"]]
        actions = sorted(used.get(row["component"], ()))
        row["unit_prices"] = {
            "area_mm2": list(unit.area_mm2),
            "static_power_uw": list(unit.static_power_uw),
            "energy_j": {action: list(unit.energy_j[action]) for action in actions},
        }


def _fill_setup(
    document: dict[str, Any], inventory: Sequence[Component], units: dict[str, UnitPrice] | None
) -> None:
    """The one-time part: energy and time of its own, none of it in the totals of the images."""
    setup = document["setup"]
    estimate = price_run(
        inventory,
        Ledger.from_rows(setup["ledger"], "setup.ledger"),
        node_nm=document["node_nm"],
        clock_mhz=document["clock_mhz"],
        cycles=setup["cycles"],
        # Paid once, before the first image: there is nothing to divide by.
        images=1,
        units=units,
    )
    energy = estimate.energy_j()
    system = estimate.energy_j("system")
    setup |= {
        "energy_j": energy.value,
        "energy_j_range": _range(energy),
        # The boundaries are nested, so what is off the chip is the difference of two of them.
        "off_chip_energy_j": system.value - energy.value,
        "seconds": estimate.seconds,
    }


def _fill_components(document: dict[str, Any], estimate: Estimate) -> None:
    # Busy fractions were measured by the event model; re-pricing makes the tables anew and must
    # carry them over.
    old = {**document.get("by_component", {}), **document.get("by_component_off_chip", {})}
    tables: dict[bool, dict[str, Any]] = {True: {}, False: {}}
    document["inventory"] = []
    for cost in estimate.components:
        component = cost.component
        prices = {"area_mm2": cost.area_mm2.value, "static_power_uw": cost.static_power_uw.value}
        document["inventory"].append({**component.to_row(), **prices})
        tables[component.boundary == "system"][component.name] = {
            "area_mm2": cost.area_mm2.value,
            "energy_j": cost.energy_j.value,
            "dynamic_energy_j": cost.dynamic_energy_j.value,
            "static_energy_j": cost.static_energy_j.value,
            "static_power_uw": cost.static_power_uw.value,
            "busy_fraction": old.get(component.name, {}).get("busy_fraction"),
            "boundary": component.boundary,
            "part": component.part,
            "count": component.count,
        }
    # A measured resource that no component stands for would be work without a price.
    strangers = set(old) - {cost.component.name for cost in estimate.components}
    if strangers:
        raise RuntimeError(
            f"busy fractions of components that are not in the inventory: {sorted(strangers)}"
        )
    document["by_component"], document["by_component_off_chip"] = tables[False], tables[True]


def _fill_rows(document: dict[str, Any], estimate: Estimate) -> None:
    energies = estimate.energy_by_row()
    rows = {(row["layer"], row["phase"]): row for row in document["by_layer"]}
    # Layers stay in the order of the network, rows that only the ledger knows come after, shared
    # ones last: files of two runs can be compared line by line.
    keys = [key for key in rows if SHARED not in key] + [
        key for key in energies if key not in rows and SHARED not in key
    ]
    keys += sorted(key for key in {*rows, *energies} if SHARED in key)
    untimed = (
        # A timed run has zero cycles where a row only costs energy; where nothing was timed, zero
        # would be a claim.
        {"cycles": 0, "stall_cycles": 0}
        if document["timing"]
        else {"cycles": None, "stall_cycles": None}
    )
    document["by_layer"] = []
    for key in keys:
        on, off = energies.get(key, (0.0, 0.0))
        facts = {"tile_operations": 0, **untimed, **rows.get(key, {})}
        document["by_layer"].append(
            {
                "layer": key[0],
                "phase": key[1],
                "cycles": facts["cycles"],
                "stall_cycles": facts["stall_cycles"],
                "energy_j": on,
                "off_chip_energy_j": off,
                "tile_operations": facts["tile_operations"],
            }
        )
    phases = estimate.energy_by_phase()
    old = document["by_phase"]
    names = (
        [name for name in old if name != SHARED]
        + [name for name in phases if name not in old and name != SHARED]
        + [SHARED]
    )
    document["by_phase"] = {}
    for name in names:
        on, off = phases.get(name, (0.0, 0.0))
        cycles = old.get(name, {}).get("cycles", untimed["cycles"])
        document["by_phase"][name] = {"cycles": cycles, "energy_j": on, "off_chip_energy_j": off}
