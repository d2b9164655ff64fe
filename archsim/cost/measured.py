"""Numbers that are not priced: what the simulator counted, what the user gave, and what follows
from both.
"""

from __future__ import annotations

from typing import NamedTuple

from archsim.cost.counted import COUNTED, GIVEN, GIVEN_UNITS, TIME_SETTINGS, Fact
from archsim.cost.paths import Document
from archsim.cost.trail import Node, Value


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
    head = keys[0]
    last = keys[-1] if len(keys) > 1 else ""
    plain = _plain(value)
    if head == "cycles":
        return _cycles(document, name, plain)
    if head == "interval_per_image_s":
        how = (
            "time between two finished images once the pipeline is full, "
            "counted by the event simulation"
        )
        return Node(name, plain, "s", how=how, children=_settings(document, TIME_SETTINGS))
    if (head, last) in _DERIVED:
        how, names = _DERIVED[head, last]
        children = tuple(measured_node(document, [key], document[key]) for key in names)
        return Node(name, plain, "s", how=how, children=children)
    if (head, last) in COUNTED:
        fact = COUNTED[head, last]
        timeline = _timeline(document, *keys[1:3]) if (head, last) == ("by_layer", "cycles") else ()
        children = timeline + _settings(document, fact.settings)
        return Node(name, plain, fact.unit, how=fact.how, children=children)
    fact = _told(document, keys)
    return Node(name, plain, fact.unit, how=fact.how)


def _told(document: Document, keys: list[str]) -> Fact:
    """What can be said of a number by the table that it stands in."""
    head = keys[0]
    last = keys[-1]
    if head == "tiles_without":
        return Fact(
            "",
            f"tiles without a part '{last}': the arrays on them borrow it from others "
            "(lender and borrowed in placement)",
        )
    if head == "kinds":
        return Fact("", f"{last} of the cores of kind '{keys[1]}', of those that were placed")
    if head == "setup":
        return Fact("", f"pulses that a device of '{last}' gets before the first image, mean")
    if head == "stalls":
        return Fact(
            "cycle",
            f"cycles in which a tile waited, with the cause '{last}', summed over the tiles",
        )
    if head == "resources":
        return Fact("cycle", f"stalled cycles of '{keys[1]}' with the cause '{last}'")
    if head in GIVEN:
        return Fact(GIVEN_UNITS.get(head, ""), GIVEN[head])
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
    # Three say where the time went; all resources stand in the result.
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
        children=phases + resources + _settings(document, TIME_SETTINGS),
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
        # A training has thousands of operations a layer: a trail is to be read.
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
            # A chip has a block or has none: settings of one that it lacks shape nothing.
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
    # A list (shape, range) is one value in a trail.
    return value if value is None or isinstance(value, int | float | str) else str(value)
