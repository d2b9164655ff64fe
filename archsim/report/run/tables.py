"""The tables of a run: one definition for the page (sortable, in words and prefixes) and for CSV
(plain numbers, units in the names).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archsim.report.drawing import format as fmt
from archsim.report.drawing.palette import label, resource_label, token
from archsim.report.run.view import View
from archsim.report.table import Column, Row, ShownTable

BOUNDARIES = {
    "macro": "array and converters",
    "chip": "+ buffers, interconnect, digital units, controller, clock",
    "system": "+ off-chip memory",
    "die": "the chip + white space, references, pump, regulator, pads",
}


def parameters_text(parameters: Row) -> str:
    """Parameters of a part in one line."""
    return ", ".join(f"{key} {fmt.plain(value)}" for key, value in parameters.items())


def _key(name: str) -> Callable[[Row], object]:
    return lambda row: row.get(name)


def _text(
    name: str, heading: str, write: Callable[[Any], str] = lambda v: "" if v is None else str(v)
) -> Column:
    return Column(name, heading, _key(name), write, numeric=False)


def _joules(value: object) -> str:
    return fmt.si(value, "J")


def component_table(view: View) -> ShownTable:
    # leakage takes energy over time: where none was simulated it is not nothing but not known
    rows = [
        {
            "component": r.role,
            "part": r.part,
            "count": r.count,
            "boundary": r.boundary,
            "area_mm2": r.area_mm2,
            "energy_j": r.energy_j,
            "dynamic_energy_j": r.dynamic_energy_j,
            "static_energy_j": r.static_energy_j if view.timed else None,
            "static_power_uw": r.static_power_uw,
            "busy_fraction": r.busy_fraction,
        }
        for r in view.components
    ]
    columns = (
        _text("component", "Component", label),
        _text("boundary", "Boundary"),
        Column("count", "Instances", _key("count"), fmt.count),
        Column("area_mm2", "Area", _key("area_mm2"), fmt.area, share=True),
        Column("energy_j", "Energy", _key("energy_j"), _joules, share=True),
        Column("dynamic_energy_j", "Dynamic", _key("dynamic_energy_j"), _joules),
        Column("static_energy_j", "Static", _key("static_energy_j"), _joules),
        Column("static_power_uw", "Leakage", _key("static_power_uw"), fmt.power),
        Column("busy_fraction", "Busy", _key("busy_fraction"), fmt.percent),
    )
    return ShownTable(
        "components", "Components", columns, rows, lambda row: token("role", row["component"])
    )


def boundary_table(view: View) -> ShownTable:
    boundaries = view.result.get("boundaries") or {}
    rows = [
        {"boundary": name, "counts": BOUNDARIES.get(name, ""), **entry}
        for name, entry in boundaries.items()
        if entry
    ]
    columns = (
        _text("boundary", "Boundary"),
        _text("counts", "What it counts"),
        Column("area_mm2", "Area", _key("area_mm2"), fmt.area),
        Column("energy_j", "Energy", _key("energy_j"), _joules),
        Column("power_uw", "Power", _key("power_uw"), fmt.power),
    )
    return ShownTable("boundaries", "The boundaries", columns, rows)


def layer_table(view: View) -> ShownTable:
    columns = (
        _text("layer", "Layer"),
        _text("phase", "Phase"),
        Column("cycles", "Cycles", _key("cycles"), fmt.count, share=True),
        Column("stall_cycles", "Stalled", _key("stall_cycles"), fmt.count),
        Column("energy_j", "Energy", _key("energy_j"), _joules, share=True),
        Column("tile_operations", "Tile operations", _key("tile_operations"), fmt.count),
    )
    return ShownTable(
        "layers",
        "Layers by phase",
        columns,
        view.rows("by_layer"),
        lambda row: token("phase", str(row.get("phase"))),
    )


def resource_table(view: View) -> ShownTable:
    def cause(name: str) -> Column:
        return Column(
            f"stall_{name}_cycles",
            f"on {name}",
            lambda row: (row.get("stalls") or {}).get(name),
            fmt.count,
        )

    columns = (
        _text("name", "Resource", lambda v: resource_label(str(v))),
        _text("kind", "Kind", lambda v: label(str(v))),
        Column("busy_cycles", "Busy", _key("busy_cycles"), fmt.count, share=True),
        Column("stalled_cycles", "Stalled", _key("stalled_cycles"), fmt.count),
        Column("idle_cycles", "Idle", _key("idle_cycles"), fmt.count),
        *(cause(name) for name, cycles in view.stalls.items() if cycles),
        Column("requests", "Requests", _key("requests"), fmt.count),
        Column("queue_mean", "Queue, mean", _key("queue_mean"), lambda v: fmt.significant(v, 3)),
        Column("queue_max", "Queue, most", _key("queue_max"), fmt.count),
    )
    return ShownTable("resources", "Resources, cycles", columns, view.rows("resources"))


def placement_table(view: View) -> ShownTable:
    def span(value: object) -> str:
        if not isinstance(value, list | tuple) or not value:
            return fmt.NONE
        return str(value[0]) if value[0] == value[-1] else f"{value[0]} to {value[-1]}"

    columns = (
        _text("layer", "Layer"),
        Column("tiles", "Tiles", lambda row: span(row.get("tiles")), numeric=False),
        Column("tile_count", "Number", _key("tile_count"), fmt.count, share=True),
        Column("row_splits", "Row splits", _key("row_splits"), fmt.count),
        Column("column_splits", "Column splits", _key("column_splits"), fmt.count),
        Column("copies", "Copies", _key("copies"), fmt.count),
        Column("rows", "Rows", _key("rows"), fmt.count),
        Column("columns", "Columns", _key("columns"), fmt.count),
        Column("utilisation", "Cells used", _key("utilisation"), fmt.percent),
    )
    return ShownTable("placement", "Placement", columns, view.rows("placement"))


def inventory_table(view: View) -> ShownTable:
    columns = (
        _text("component", "Component", lambda v: label(str(v))),
        _text("part", "Part"),
        Column(
            "parameters",
            "Parameters",
            lambda row: parameters_text(row.get("parameters") or {}),
            numeric=False,
        ),
        Column("count", "Instances", _key("count"), fmt.count),
        _text("boundary", "Boundary"),
        Column("area_mm2", "Area", _key("area_mm2"), fmt.area),
        Column("static_power_uw", "Leakage", _key("static_power_uw"), fmt.power),
    )
    return ShownTable(
        "inventory",
        "Inventory",
        columns,
        view.rows("inventory"),
        lambda row: token("role", str(row.get("component"))),
    )


def action_table(view: View) -> ShownTable:
    """The ledger summed over layers."""
    # The ledger has a line a layer; what was counted is first wanted by component.
    counts: dict[tuple[str, str, str], float] = {}
    for row in view.rows("ledger"):
        key = (str(row.get("component")), str(row.get("action")), row.get("phase") or "shared")
        counts[key] = counts.get(key, 0) + (row.get("count") or 0)
    rows = [
        {"component": c, "action": a, "phase": p, "count": count}
        for (c, a, p), count in counts.items()
    ]
    columns = (
        _text("component", "Component", lambda v: label(str(v))),
        _text("action", "Action"),
        _text("phase", "Phase"),
        Column("count", "Count", _key("count"), fmt.count),
    )
    return ShownTable(
        "actions", "Counted actions", columns, rows, lambda row: token("role", row["component"])
    )


def figure_table(view: View) -> ShownTable:
    def spread(row: Row) -> str:
        low = row.get("low")
        high = row.get("high")
        return (
            f"{fmt.significant(low)} to {fmt.significant(high)}"
            if fmt.is_number(low) and fmt.is_number(high)
            else ""
        )

    columns = (
        _text("name", "Figure"),
        Column("value", "Value", _key("value"), fmt.significant),
        _text("unit", "Unit", lambda v: fmt.unit(str(v))),
        Column("range", "Range", spread, numeric=False),
        _text("kind", "Kind"),
        _text("source", "Source"),
        Column("node_nm", "Node, nm", _key("node_nm"), fmt.plain),
        Column(
            "place",
            "Place in the source",
            lambda row: row.get("place") or "",
            numeric=False,
            below="note",
        ),
        Column("note", "Note", lambda row: row.get("note") or "", numeric=False, hidden=True),
    )
    return ShownTable(
        "figures",
        "Figures used",
        columns,
        view.rows("figures"),
        lambda row: token("kind", str(row.get("kind"))),
    )


def page_tables(view: View) -> dict[str, ShownTable]:
    """Every table of the page by name; empty ones too."""
    makers = (
        boundary_table,
        component_table,
        layer_table,
        resource_table,
        placement_table,
        inventory_table,
        action_table,
        figure_table,
    )
    return {table.name: table for table in (make(view) for make in makers)}
