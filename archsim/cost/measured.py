"""Numbers that are not priced: what the simulator counted, what the user gave, and what follows
from both.
"""

from __future__ import annotations

from archsim.cost.trail import Node

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
# by the first key (and the last, where the first is a table): unit, how, settings that shape it
_MEASURED: dict[tuple[str, str], tuple[str, str, tuple[str, ...]]] = {
    ("tiles", ""): (
        "",
        "crossbar tiles that hold weights, counted by the placement",
        _TILE_SETTINGS + ("tile.count", "placement.pack"),
    ),
    ("operations", ""): (
        "",
        "vector operations of the trace: every vector of every layer in every phase",
        (),
    ),
    ("tile_operations", ""): (
        "",
        "vectors applied to tiles, counted when the tile finished each one",
        _TILE_SETTINGS,
    ),
    ("utilisation", ""): (
        "",
        "busy cycles of all tiles over their total cycles",
        _MODE + ("placement.pack",),
    ),
    ("by_layer", "cycles"): (
        "cycle",
        "cycles in which an operation of this layer and phase ran; layers may overlap",
        _READ_SETTINGS + _MODE,
    ),
    ("by_layer", "stall_cycles"): (
        "cycle",
        "cycles in which tiles of this layer held work and waited",
        _MODE + ("buffer.ports", "interconnect.kind", "interconnect.width_bits"),
    ),
    ("by_layer", "tile_operations"): (
        "",
        "vectors applied to tiles for this layer and phase",
        _TILE_SETTINGS,
    ),
    ("by_phase", "cycles"): (
        "cycle",
        "cycles in which an operation of this phase ran; phases may overlap",
        _MODE,
    ),
    ("by_component", "busy_fraction"): (
        "",
        "busy cycles of its resources over the cycles of the run",
        _MODE,
    ),
    ("resources", "busy_cycles"): (
        "cycle",
        "cycles in which the resource worked, counted by the event simulation",
        (),
    ),
    ("resources", "stalled_cycles"): (
        "cycle",
        "cycles in which it held work and waited for another resource",
        (),
    ),
    ("resources", "idle_cycles"): ("cycle", "cycles without work: total - busy - stalled", ()),
    ("resources", "total_cycles"): (
        "cycle",
        "cycles of the run times its instances (tiles, ports)",
        (),
    ),
    ("resources", "requests"): ("", "requests it served", ()),
    ("resources", "queue_mean"): ("", "mean length of its queue over the run", ()),
    ("resources", "queue_max"): ("", "greatest length of its queue", ()),
    ("setup", "cycles"): (
        "cycle",
        "cycles of the operations before the first image, counted by the event simulation",
        _MODE,
    ),
    ("ledger", "count"): ("", "actions counted by the simulator", ()),
    ("inventory", "count"): (
        "",
        "instances on the chip, from the architecture's components and the placement",
        (),
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


def measured_node(document: dict, tree: dict, keys: list[str], value: object) -> Node:
    """The trail of a number that no price enters."""
    name = ".".join(keys)
    head = keys[0]
    last = keys[-1] if len(keys) > 1 else ""

    def fact(key: str) -> Node:
        return measured_node(document, tree, [key], document[key])

    if head == "latency_s":
        return Node(
            name, value, "s", how="cycles / clock_mhz", children=(fact("cycles"), fact("clock_mhz"))
        )
    if head == "latency_per_image_s":
        return Node(
            name, value, "s", how="latency_s / images", children=(fact("latency_s"), fact("images"))
        )
    if head == "interval_per_image_s":
        how = "time between two finished images once the pipeline is full, counted by the event simulation"
        return Node(name, value, "s", how=how, children=_settings(document, _TIME_SETTINGS))
    if head == "cycles":
        return _cycles(document, name, value)
    if head == "setup" and last == "seconds":
        return Node(name, value, "s", how="setup.cycles / clock_mhz", children=(fact("clock_mhz"),))
    if (head, last) in _MEASURED:
        unit, how, settings = _MEASURED[head, last]
        timeline = _timeline(document, *keys[1:3]) if (head, last) == ("by_layer", "cycles") else ()
        return Node(name, value, unit, how=how, children=timeline + _settings(document, settings))
    if head == "tiles_without":
        unit = ""
        how = f"tiles without a part '{last}': the arrays on them borrow it from others (lender and borrowed in placement)"
    elif head == "setup":
        unit, how = "", f"pulses that a device of '{last}' gets before the first image, mean"
    elif head == "stalls":
        unit = "cycle"
        how = f"cycles in which a tile waited, with the cause '{last}', summed over the tiles"
    elif head == "resources":
        unit, how = "cycle", f"stalled cycles of '{keys[1]}' with the cause '{last}'"
    elif head in _GIVEN:
        unit, how = _GIVEN_UNITS.get(head, ""), _GIVEN[head]
    elif head == "settings":
        unit = ""
        how = f"setting {'.'.join(keys[1:])} of the architecture '{document['architecture']}' (its file, its default, or --set)"
    else:
        unit, how = "", "reported by the simulator"
    return Node(name, _plain(value), unit, how=how)


def _cycles(document: dict, name: str, value: object) -> Node:
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


def _timeline(document: dict, layer: str, phase: str) -> tuple[Node, ...]:
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


def _settings(document: dict, paths: tuple[str, ...]) -> tuple[Node, ...]:
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
                    "",
                    how=f"of the architecture '{document['architecture']}'",
                )
            )
    return tuple(nodes)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, list | dict) else value
