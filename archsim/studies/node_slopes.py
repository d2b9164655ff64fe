"""How area and energy of a chip change with the node, part by part, and why.

python -m archsim.studies.node_slopes docs      # the tables of docs/nodes.md, and its plot
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import archsim
from archsim.basics.files import write_files
from hwlib.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NODES = (130.0, 65.0, 40.0, 28.0, 22.0, 14.0, 7.0)
NETWORK = "vgg8"
CHIP = "cim40"
COLUMN_SAR: Mapping[str, Any] = {
    "components.adc.part": "adc_column_sar",
    "components.adc.parameters": {"bits": "=read.adc_bits"},
}
BEGIN, END = "<!-- begin: {}, written by archsim.studies.node_slopes -->", "<!-- end: {} -->"


class Group(NamedTuple):
    """Parts that follow the node for one reason.

    Args:
        title: in tables and legends.
        roles: of the chip.
        colour: of its line.
        area: reason of its slope in area.
        energy: reason of its slope in energy.
    """

    title: str
    roles: tuple[str, ...]
    colour: str
    area: str
    energy: str


_LOGIC = "logic (Stillmaker & Baas 2017)"
_LEAKS = "logic; its leakage stays"

GROUPS = (
    Group(
        "cells",
        ("array",),
        "#d55e00",
        "an access transistor carries the write: published 1T1R cells",
        "voltage, conductance and pulse are the cell's own",
    ),
    Group(
        "converters",
        ("adc",),
        "#0072b2",
        "matched devices: one macro in two nodes",
        "one processor in two nodes; leakage stays",
    ),
    Group(
        "amplifiers, row converters",
        ("front_end", "dac", "column_mux"),
        "#4a9fd4",
        "matched devices; capacitors keep their area",
        "one processor in two nodes; capacitors by V²",
    ),
    Group(
        "line drivers",
        ("word_line_driver", "bit_line_driver"),
        "#e69f00",
        "gate pitch × metal pitch",
        "length of a line × V²; leakage stays",
    ),
    Group(
        "write drivers, level shifters",
        ("write_driver", "level_shifter"),
        "#8a5f06",
        "thick oxide: the write voltage does not fall",
        "an inference does not write: leakage alone, which stays",
    ),
    Group(
        "logic of the tiles",
        ("shift_add", "input_register", "output_register", "tile_control", "tile_clock"),
        "#009e73",
        _LOGIC,
        _LEAKS,
    ),
    Group("memories", ("buffer", "instruction_memory"), "#c0629a", "published 6T cells", _LOGIC),
    Group(
        "wires",
        ("interconnect",),
        "#a796dd",
        "repeaters as logic, length by the chip's side",
        "length by the chip's side × V²",
    ),
    Group(
        "digital units, clock",
        ("vector_unit", "controller", "clock_tree"),
        "#5d6673",
        _LOGIC,
        "logic, and the clock's wires by V² over the node",
    ),
)


class AtNode(NamedTuple):
    """A chip at one node: mm2 and uJ by the title of a group, "all" for the chip."""

    node_nm: float
    area: dict[str, float]
    energy: dict[str, float]


def at_nodes(settings: Mapping[str, Any] | None = None) -> list[AtNode]:
    """One inference of the network on the chip, priced at each node.

    Args:
        settings: changes of the chip, by field path.

    Returns:
        one row a node, in the order of NODES.
    """
    chip = archsim.load_architecture(CHIP, settings)
    rows = []
    for node in NODES:
        document = archsim.simulate(NETWORK, chip, node_nm=node).document
        parts = document["by_component"]
        area = {"all": document["area_mm2"]}
        energy = {"all": document["energy_j"] * 1e6}
        for group in GROUPS:
            # with the clock of a block beside its role
            names = [name for role in group.roles for name in (role, f"{role}_clock")]
            there = [parts[name] for name in names if name in parts]
            area[group.title] = sum(part["area_mm2"] for part in there)
            energy[group.title] = sum(part["energy_j"] for part in there) * 1e6
        rows.append(AtNode(node, area, energy))
    return rows


def slope(rows: Sequence[AtNode], title: str, what: str) -> float:
    """Exponent of the node between 40 and 7 nm: 2 shrinks as F², 0 stays."""
    first = next(row for row in rows if row.node_nm == 40.0)
    ends = [getattr(row, what)[title] for row in (first, rows[-1])]
    # One slope for the whole way: the steps between nodes are not even.
    return math.log(ends[0] / ends[1]) / math.log(first.node_nm / rows[-1].node_nm)


def table(rows: Sequence[AtNode], what: str) -> str:
    """Markdown: a line a group, its number at each node, its exponent and the reason."""
    unit = {"area": "mm²", "energy": "µJ"}[what]
    head = [unit, *(f"{row.node_nm:g} nm" for row in rows), "exponent", "why"]
    lines = [head, ["---"] * len(head)]
    reasons = {group.title: getattr(group, what) for group in GROUPS}
    for title, reason in (*reasons.items(), ("all", "")):
        numbers = [_number(getattr(row, what)[title]) for row in rows]
        lines.append([title, *numbers, f"{slope(rows, title, what):.2f}", reason])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def between_marks(text: str, name: str, new: str) -> str:
    """A page with a table of today between its marks.

    Args:
        text: the page.
        name: of the marks.
        new: what stands between them from now on.

    Raises:
        InputError: where the page has no such marks.
    """
    begin, end = BEGIN.format(name), END.format(name)
    before, opened, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not opened or not closed:
        raise InputError("no marks to write the table between", allowed=f"{begin} … {end}")
    return f"{before}{begin}\n{new}\n{end}{after}"


def draw(rows: Sequence[AtNode], path: Path) -> None:
    """The plot: area and energy by group over the node, both axes in the logarithm."""
    import matplotlib
    from matplotlib.figure import Figure

    plot = Figure(figsize=(10, 4.6), layout="constrained")
    panels = plot.subplots(1, 2)
    for panel, what, label in zip(panels, ("area", "energy"), ("area (mm²)", "energy (µJ)")):
        _draw_panel(panel, rows, what, label)
    handles, labels = panels[0].get_legend_handles_labels()
    plot.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    with matplotlib.rc_context({"svg.hashsalt": "archsim"}):  # the same file for the same numbers
        plot.savefig(path, metadata={"Date": None})


def _draw_panel(panel: Axes, rows: Sequence[AtNode], what: str, label: str) -> None:
    nodes = [row.node_nm for row in rows]
    for title, colour in (*((g.title, g.colour) for g in GROUPS), ("all", "#000000")):
        numbers = [getattr(row, what)[title] for row in rows]
        wide = 2.4 if title == "all" else 1.4
        panel.plot(nodes, numbers, marker="o", markersize=3, color=colour, lw=wide, label=title)
    panel.set_xscale("log")
    panel.set_yscale("log")
    # Time runs to the right, nodes shrink.
    panel.invert_xaxis()
    panel.set_xticks(nodes, [f"{node:g}" for node in nodes])
    panel.minorticks_off()
    panel.set_xlabel("node (nm)")
    panel.set_ylabel(label)
    panel.grid(True, color="#dddddd", linewidth=0.6)


def main(arguments: Sequence[str]) -> None:
    """Write the tables and the plot into the folder of the manual's sources."""
    folder = Path(arguments[0]) if arguments else Path("docs")
    page = folder / "nodes.md"
    rows = at_nodes()
    column = at_nodes(COLUMN_SAR)
    text = page.read_text(encoding="utf-8")
    for name, of, what in (
        ("area", rows, "area"),
        ("energy", rows, "energy"),
        ("area with column converters", column, "area"),
    ):
        text = between_marks(text, name, table(of, what))
    write_files(folder, {page.name: text})
    draw(rows, folder / "static" / "nodes.svg")


if __name__ == "__main__":
    main(sys.argv[1:])
