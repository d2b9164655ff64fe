"""Numbers that are not priced: what the simulator counted, what the user gave, and what follows
from both.
"""

from __future__ import annotations

from typing import NamedTuple

from archsim.cost.paths import Document
from archsim.cost.trail import Node, Value

_TIME_SETTINGS = (
    "clock_mhz",
    "execution.mode",
    "controller.prefetch",
    "controller.issue_cycles",
    "controller.in_flight",
)
_READ_SETTINGS = (
    "tile.rows",
    "tile.columns",
    "read.input",
    "read.input_bits",
    "read.bits_per_slot",
    "read.slot_cycles",
    "read.front_end",
    "read.columns_per_adc",
    "read.conversion_cycles",
    "read.overlap",
)
_TILE_SETTINGS = ("weights.mapping", "tile.rows", "tile.columns")
_MODE = ("execution.mode",)


class Fact(NamedTuple):
    """What is known of a counted number.

    Args:
        unit: its unit; empty where it has none.
        how: how it was counted, in words.
        settings: settings of the chip that shape it.
    """

    unit: str
    how: str
    settings: tuple[str, ...] = ()


# by the first key, and by the last where the first is a table
_COUNTED: dict[tuple[str, str], Fact] = {
    ("tiles", ""): Fact(
        "",
        "crossbar tiles that hold weights, counted by the placement",
        _TILE_SETTINGS + ("tile.count", "placement.pack"),
    ),
    ("operations", ""): Fact(
        "", "vector operations of the trace: every vector of every layer in every phase"
    ),
    ("tile_operations", ""): Fact(
        "", "vectors applied to tiles, counted when the tile finished each one", _TILE_SETTINGS
    ),
    ("utilisation", ""): Fact(
        "", "busy cycles of all tiles over their total cycles", _MODE + ("placement.pack",)
    ),
    ("by_layer", "cycles"): Fact(
        "cycle",
        "cycles in which an operation of this layer and phase ran; layers may overlap",
        _READ_SETTINGS + _MODE,
    ),
    ("by_layer", "stall_cycles"): Fact(
        "cycle",
        "cycles in which tiles of this layer held work and waited",
        _MODE + ("buffer.ports", "interconnect.kind", "interconnect.width_bits"),
    ),
    ("by_layer", "tile_operations"): Fact(
        "", "vectors applied to tiles for this layer and phase", _TILE_SETTINGS
    ),
    ("by_phase", "cycles"): Fact(
        "cycle", "cycles in which an operation of this phase ran; phases may overlap", _MODE
    ),
    ("by_component", "busy_fraction"): Fact(
        "", "busy cycles of its resources over the cycles of the run", _MODE
    ),
    ("resources", "busy_cycles"): Fact(
        "cycle", "cycles in which the resource worked, counted by the event simulation"
    ),
    ("resources", "stalled_cycles"): Fact(
        "cycle", "cycles in which it held work and waited for another resource"
    ),
    ("resources", "idle_cycles"): Fact("cycle", "cycles without work: total - busy - stalled"),
    ("resources", "total_cycles"): Fact(
        "cycle", "cycles of the run times its instances (tiles, ports)"
    ),
    ("resources", "requests"): Fact("", "requests it served"),
    ("resources", "queue_mean"): Fact("", "mean length of its queue over the run"),
    ("resources", "queue_max"): Fact("", "greatest length of its queue"),
    ("setup", "cycles"): Fact(
        "cycle",
        "cycles of the operations before the first image, counted by the event simulation",
        _MODE,
    ),
    ("ledger", "count"): Fact("", "actions counted by the simulator"),
    ("inventory", "count"): Fact(
        "", "instances on the chip, from the architecture's components and the placement"
    ),
}
_GIVEN = {
    "batch": "images of a training step, given with --batch",
    "images": "images that went through, given with --images",
    "node_nm": "technology node of the prices, given by the architecture or --node",
    "seed": "given with --seed",
    "clock_mhz": "clock, given by the architecture",
    "network": "given on the command line",
    "architecture": "given with --arch",
    "scheme": "given with --scheme",
    "phase": "given with --phase",
    "timing": "false with --no-timing",
    "activity": "measured where a training run gave it, else the stated defaults",
}
_GIVEN_UNITS = {"node_nm": "nm", "clock_mhz": "MHz"}


class Derived(NamedTuple):
    """A time that follows from other numbers of the document."""

    how: str
    of: tuple[str, ...]


_DERIVED: dict[tuple[str, str], Derived] = {
    ("latency_s", ""): Derived("cycles / clock_mhz", ("cycles", "clock_mhz")),
    ("latency_per_image_s", ""): Derived("latency_s / images", ("latency_s", "images")),
    ("setup", "seconds"): Derived("setup.cycles / clock_mhz", ("clock_mhz",)),
}


def measured_node(document: Document, keys: list[str], value: object) -> Node:
    """The trail of a number that no price enters.

    Args:
        document: the result.
        keys: path of the number in `named_tree`.
        value: the number.
    """
    name = ".".join(keys)
    head, last = keys[0], keys[-1] if len(keys) > 1 else ""
    plain = _plain(value)
    if head == "cycles":
        return _cycles(document, name, plain)
    if head == "interval_per_image_s":
        how = (
            "time between two finished images once the pipeline is full, "
            "counted by the event simulation"
        )
        return Node(name, plain, "s", how=how, children=_settings(document, _TIME_SETTINGS))
    if (head, last) in _DERIVED:
        how, names = _DERIVED[head, last]
        children = tuple(measured_node(document, [key], document[key]) for key in names)
        return Node(name, plain, "s", how=how, children=children)
    if (head, last) in _COUNTED:
        fact = _COUNTED[head, last]
        timeline = _timeline(document, *keys[1:3]) if (head, last) == ("by_layer", "cycles") else ()
        children = timeline + _settings(document, fact.settings)
        return Node(name, plain, fact.unit, how=fact.how, children=children)
    fact = _told(document, keys)
    return Node(name, plain, fact.unit, how=fact.how)


def _told(document: Document, keys: list[str]) -> Fact:
    """What can be said of a number by the table that it stands in."""
    head, last = keys[0], keys[-1]
    if head == "tiles_without":
        return Fact(
            "",
            f"tiles without a part '{last}': the arrays on them borrow it from others "
            "(lender and borrowed in placement)",
        )
    if head == "setup":
        return Fact("", f"pulses that a device of '{last}' gets before the first image, mean")
    if head == "stalls":
        return Fact(
            "cycle",
            f"cycles in which a tile waited, with the cause '{last}', summed over the tiles",
        )
    if head == "resources":
        return Fact("cycle", f"stalled cycles of '{keys[1]}' with the cause '{last}'")
    if head in _GIVEN:
        return Fact(_GIVEN_UNITS.get(head, ""), _GIVEN[head])
    if head == "settings":
        return Fact(
            "",
            f"setting {'.'.join(keys[1:])} of the architecture '{document['architecture']}' "
            "(its file, its default, or --set)",
        )
    return Fact("", "reported by the simulator")


def _cycles(document: Document, name: str, value: Value) -> Node:
    how = "counted by the event simulation: the clock cycle in which the last operation ended"
    phases = tuple(
        Node(
            f"phase {phase}",
            row["cycles"],
            "cycle",
            how="cycles in which an operation of it ran; phases may overlap",
        )
        for phase, row in document["by_phase"].items()
        if row["cycles"]
    )
    busiest = sorted(document["resources"], key=lambda row: -row["busy_cycles"])[:3]
    resources = tuple(
        Node(
            f"resource {row['name']}",
            row["busy_cycles"],
            "cycle",
            how=f"busy; {row['stalled_cycles']} stalled, {row['idle_cycles']} idle: among the three busiest",
        )
        for row in busiest
    )
    return Node(
        name,
        value,
        "cycle",
        how=how,
        children=phases + resources + _settings(document, _TIME_SETTINGS),
    )


def _timeline(document: Document, layer: str, phase: str) -> tuple[Node, ...]:
    rows = [row for row in document["timeline"] if (row["layer"], row["phase"]) == (layer, phase)]
    nodes = [
        Node(
            f"image {row['image']} on {row['lane']}",
            row["end"] - row["start"],
            "cycle",
            how=f"cycle {row['start']} to {row['end']}",
        )
        for row in rows[:8]
    ]
    if len(rows) > 8:
        nodes.append(
            Node("further operations", len(rows) - 8, "", how="in the timeline of the result")
        )
    return tuple(nodes)


def _settings(document: Document, paths: tuple[str, ...]) -> tuple[Node, ...]:
    nodes = []
    for path in paths:
        value = document["settings"]
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            nodes.append(
                Node(
                    f"setting {path}",
                    _plain(value),
                    how=f"of the architecture '{document['architecture']}'",
                )
            )
    return tuple(nodes)


def _plain(value: object) -> Value:
    return value if value is None or isinstance(value, int | float | str) else str(value)
