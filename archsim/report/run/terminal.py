"""A run in the terminal: a headline, then tables that fit the width, then what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archsim.report.drawing import format as fmt
from archsim.report.run.headline import headline, subtitle
from archsim.report.run.tables import BOUNDARIES
from archsim.report.run.view import SHARED, ComponentRow, LayerRow, View

_MOST_LAYERS = 12
_MOST_COMPONENTS = 14
_BAR = 12


def print_result(result: Mapping, console, full: bool = False) -> None:
    """Print a run (JSON form, or an object with `to_dict()`) on a rich console of any width, in
    colour or plain.

    `full` prints every layer and component, otherwise long tables end with a row for the rest.
    """
    view = View(result)
    _print_headline(view, console)
    tables = (
        _boundaries(view),
        _components(view, console.width, full),
        _phases(view),
        _layers(view, console.width, full),
    )
    for table in tables:
        if table is not None:
            console.print()
            console.print(table)
    console.print()
    _print_stalls(view, console)
    _print_notes(view, console)
    _print_next(view, console)


def _print_headline(view: View, console) -> None:
    from rich.table import Table

    console.print(
        _cell(view.text("network"), "bold"),
        "on",
        _cell(view.text("architecture"), "bold"),
        _cell(f" {subtitle(view)}"),
    )
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(style="bold cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    for item in headline(view):
        grid.add_row(
            item.name, _cell(item.text), _cell("; ".join(filter(None, (item.spread, item.detail))))
        )
    console.print(grid)


def _boundaries(view: View):
    found = view.result.get("boundaries") or {}
    table = _table("Boundary", ("Area", "Energy", "Power"), "What it counts")
    for name, what in BOUNDARIES.items():
        entry = found.get(name)
        if entry:
            cells = (
                fmt.area(entry.get("area_mm2")),
                fmt.si(entry.get("energy_j"), "J"),
                fmt.power(entry.get("power_uw")),
            )
            # the headline's boundary stands out
            table.add_row(name, *map(_cell, cells), what, style="bold" if name == "chip" else None)
    return table if table.rows else None


def _components(view: View, width: int, full: bool):
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
            _cell(fmt.shorten(row.label, 22)),
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


def _phases(view: View):
    found = view.result.get("by_phase") or {}
    if len([name for name in found if name != SHARED]) < 2:
        return None
    total = sum(entry["energy_j"] for entry in found.values())
    table = _table("Phase", ("Cycles", "Energy", ""))
    for name in sorted(found, key=view.phases.index if set(found) <= set(view.phases) else None):
        entry = found[name]
        table.add_row(
            _cell(name),
            fmt.whole(entry.get("cycles")),
            fmt.si(entry["energy_j"], "J"),
            _bar(entry["energy_j"], total, True),
        )
    return table


def _layers(view: View, width: int, full: bool):
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
    kept = {id(row) for row in sorted(layers, key=lambda row: -row.total_energy_j)[:_MOST_LAYERS]}
    return [row for row in layers if id(row) in kept], [
        row for row in layers if id(row) not in kept
    ]


def _add_layer(
    table,
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
            fmt.whole(sum(row.total_cycles for row in rows)),
            fmt.whole(sum(row.stall_cycles for row in rows)),
        ]
    cells += [fmt.whole(sum(row.tile_operations for row in rows)), fmt.si(energy, "J")]
    sums = [sum(row.energy_j.get(phase, 0.0) for row in rows) for phase in phases]
    parts = [fmt.si(value, "J", 3) if any(sums) else "" for value in sums]
    table.add_row(
        _cell(fmt.shorten(name, room)),
        *map(_cell, cells),
        _bar(energy, total, wide),
        *map(_cell, parts),
        style=style,
    )


def _print_stalls(view: View, console) -> None:
    from rich.text import Text

    if view.bound:
        console.print(Text("Busiest resource", style="bold"), _cell(view.bound))
    total = sum(view.stalls.values())
    if total:
        causes = ", ".join(
            f"{cause} {fmt.whole(n)} ({fmt.percent(n / total)})"
            for cause, n in view.stalls.items()
            if n
        )
        console.print(Text("Stalls", style="bold"), _cell(f"waiting for {causes} cycles"))


def _print_notes(view: View, console) -> None:
    from rich.padding import Padding
    from rich.text import Text

    if view.kinds:
        kinds = ", ".join(f"{count} {kind}" for kind, count in view.kinds.items() if count)
        console.print(
            Text("Figures", style="bold"),
            _cell(f"{len(view.rows('figures'))} used: {kinds}; activity {view.text('activity')}"),
        )
    if view.rows("notes"):
        console.print(Text("Notes", style="bold"))
        for note in view.rows("notes"):
            console.print(Padding(_cell(f"• {note}"), (0, 0, 0, 1)))


def _print_next(view: View, console) -> None:
    from rich.text import Text

    console.print()
    console.print(Text("Next: --out DIR writes the HTML report, JSON and CSV", style="dim"))
    console.print(
        Text(
            "      archsim explain DIR energy_j.by_component.adc traces a number back", style="dim"
        )
    )


def _table(first: str, numbers: Sequence[str], last: str = ""):
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


def _bar(value: float, total: float, wide: bool):
    """A share as a bar and per cent; only per cent on a narrow terminal."""
    from rich.text import Text

    share = value / total if total > 0 else 0.0
    text = fmt.percent(share)
    if not wide:
        return Text(text.rjust(7), style="dim")
    eighths = round(share * _BAR * 8)
    bar = "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else "")
    return Text.assemble((f"{text:>7} ", "dim"), (bar.ljust(_BAR), "cyan"))


def _cell(text: str, style: str = ""):
    # names come from files: as Text they are never read as markup or emoji
    from rich.text import Text

    return Text("".join(c if c.isprintable() else "�" for c in text), style)
