"""The tables of a run in the terminal, as wide as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.report.drawing import format as fmt
from archsim.report.run.rows import ComponentRow, LayerRow
from archsim.report.run.tables import BOUNDARIES
from archsim.report.run.view import SHARED, View

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_MOST_LAYERS = 12
_MOST_COMPONENTS = 14
_BAR = 12


def boundary_rows(view: View) -> Table | None:
    """The boundaries, the headline's in bold."""
    boundaries = view.result.get("boundaries") or {}
    table = _table("Boundary", ("Area", "Energy", "Power"), "What it counts")
    for name, what in BOUNDARIES.items():
        entry = boundaries.get(name)
        if entry:
            cells = (
                fmt.area(entry.get("area_mm2")),
                fmt.si(entry.get("energy_j"), "J"),
                fmt.power(entry.get("power_uw")),
            )
            # the headline's boundary stands out
            table.add_row(name, *map(cell, cells), what, style="bold" if name == "chip" else None)
    return table if table.rows else None


def component_rows(view: View, width: int, full: bool) -> Table | None:
    """Components of the chip; where they are many and not `full`, those that matter most."""
    rows = view.chip_components
    if not rows:
        return None
    area = sum(row.area_mm2 for row in rows)
    energy = sum(row.energy_j for row in rows)
    wide = width >= 100
    leaks = wide and view.timed  # leakage takes energy over time
    headings = ("Area", "", "Energy", "", *(("Static", "Busy") if leaks else ("Busy",)))
    table = _table("Component", headings)
    shown, rest = (rows, []) if full else _pick_components(rows, area, energy)
    for row in shown:
        more = (fmt.si(row.static_energy_j, "J"),) if leaks else ()
        table.add_row(
            cell(fmt.shorten(row.label, 22)),
            fmt.area(row.area_mm2),
            _bar(row.area_mm2, area, wide),
            fmt.si(row.energy_j, "J"),
            _bar(row.energy_j, energy, wide),
            *more,
            fmt.percent(row.busy_fraction),
        )
    if rest:
        rest_area = sum(row.area_mm2 for row in rest)
        rest_energy = sum(row.energy_j for row in rest)
        static = (fmt.si(sum(row.static_energy_j for row in rest), "J"),) if leaks else ()
        table.add_row(
            f"{len(rest)} more",
            fmt.area(rest_area),
            _bar(rest_area, area, wide),
            fmt.si(rest_energy, "J"),
            _bar(rest_energy, energy, wide),
            *static,
            "",
            style="dim",
        )
    return table


def _pick_components(
    rows: Sequence[ComponentRow], area: float, energy: float
) -> tuple[list[ComponentRow], list[ComponentRow]]:
    """The components to print, in order, and the others: those stay that matter most in area or in
    energy.
    """
    if len(rows) <= _MOST_COMPONENTS + 1:
        return list(rows), []

    def weight(row: ComponentRow) -> float:
        return max(row.area_mm2 / area if area else 0.0, row.energy_j / energy if energy else 0.0)

    kept = {row.role for row in sorted(rows, key=weight, reverse=True)[:_MOST_COMPONENTS]}
    return [row for row in rows if row.role in kept], [row for row in rows if row.role not in kept]


def phase_rows(view: View) -> Table | None:
    """Phases, where there are several."""
    phases = view.result.get("by_phase") or {}
    if len([name for name in phases if name != SHARED]) < 2:
        return None
    total = sum(entry["energy_j"] or 0.0 for entry in phases.values())
    table = _table("Phase", ("Cycles", "Energy", ""))
    for name in sorted(phases, key=view.phases.index if set(phases) <= set(view.phases) else None):
        entry = phases[name]
        table.add_row(
            cell(name),
            fmt.count(entry.get("cycles")),
            fmt.si(entry["energy_j"], "J"),
            _bar(entry["energy_j"] or 0.0, total, True),
        )
    return table


def layer_rows(view: View, width: int, full: bool) -> Table | None:
    """Layers with their phases side by side where the terminal is wide."""
    if not view.layers:
        return None
    total = sum(row.total_energy_j for row in view.layers)
    phases = [phase for phase in view.phases if phase != SHARED]
    wide = width >= 100
    by_phase = phases if len(phases) > 1 and wide else []
    table = _table("Layer", ("Cycles", "Stalled", "Tile ops", "Energy", "", *by_phase))
    shown, rest = _pick_layers(view.layers, full)
    for row in shown:
        _add_layer(table, row.layer, [row], total, by_phase, wide, max(14, width // 4))
    if rest:
        _add_layer(table, f"{len(rest)} more", rest, total, by_phase, wide, 40, "dim")
    for row in view.layers:
        if row.layer == SHARED:
            _add_layer(table, SHARED, [row], total, by_phase, wide, 40)
    return table


def _pick_layers(rows: Sequence[LayerRow], full: bool) -> tuple[list[LayerRow], list[LayerRow]]:
    """The layers to print, in network order, and the others; of a long network those that take most
    energy.
    """
    layers = [row for row in rows if row.layer != SHARED]
    if full or len(layers) <= _MOST_LAYERS + 1:
        return layers, []
    # By identity: a row holds dicts, so it has no hash.
    kept = {id(row) for row in sorted(layers, key=lambda row: -row.total_energy_j)[:_MOST_LAYERS]}
    return [row for row in layers if id(row) in kept], [
        row for row in layers if id(row) not in kept
    ]


def _add_layer(
    table: Table,
    name: str,
    rows: Sequence[LayerRow],
    total: float,
    phases: Sequence[str],
    wide: bool,
    room: int,
    style: str = "",
) -> None:
    energy = sum(row.total_energy_j for row in rows)
    cells = [fmt.NONE, fmt.NONE]
    if any(row.cycles for row in rows):
        cells = [
            fmt.count(sum(row.total_cycles for row in rows)),
            fmt.count(sum(row.stall_cycles for row in rows)),
        ]
    priced = any(row.energy_j for row in rows)
    cells.append(fmt.count(sum(row.tile_operations for row in rows)))
    cells.append(fmt.si(energy if priced else None, "J"))
    sums = [sum(row.energy_j.get(phase, 0.0) for row in rows) for phase in phases]
    parts = [fmt.si(value, "J", 3) if any(sums) else "" for value in sums]
    table.add_row(
        cell(fmt.shorten(name, room)),
        *map(cell, cells),
        _bar(energy, total, wide),
        *map(cell, parts),
        style=style,
    )


def _table(first: str, numbers: Sequence[str], last: str = "") -> Table:
    from rich import box
    from rich.table import Table

    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1), header_style="bold"
    )
    table.add_column(first, no_wrap=True)
    for heading in numbers:
        table.add_column(heading, justify="left" if heading == "" else "right", no_wrap=True)
    if last:
        table.add_column(last, overflow="fold")
    return table


def _bar(value: float, total: float, wide: bool) -> Text:
    """A share as a bar and per cent; only per cent on a narrow terminal."""
    from rich.text import Text

    share = value / total if total > 0 else 0.0
    text = fmt.percent(share)
    if not wide:
        return Text(text.rjust(7), style="dim")
    # Blocks come in eighths of a letter's width.
    eighths = round(share * _BAR * 8)
    bar = "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else "")
    return Text.assemble((f"{text:>7} ", "dim"), (bar.ljust(_BAR), "cyan"))


def cell(text: str, style: str = "") -> Text:
    """A text that is read as it stands."""
    # names come from files: as Text they are never read as markup or emoji
    from rich.text import Text

    return Text("".join(c if c.isprintable() else "�" for c in text), style)
