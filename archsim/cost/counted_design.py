"""One design, counted: what a draw of prices is applied to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from archsim.cost.estimate import Estimate
from archsim.ledger.component import BOUNDARIES


class CountedPart(NamedTuple):
    """Equal instances of a part."""

    part: str
    parameters: tuple[tuple[str, object], ...]
    instances: int


class CountedAction(NamedTuple):
    """What one of the parts did; `number` is its position among them."""

    number: int
    action: str
    times: float


@dataclass(frozen=True, slots=True)
class Counted:
    """One design, counted: what is there, what it did, at which node, and for how long (None: not
    timed).
    """

    # Tuples, not dicts: part and parameters are the key under which drawn prices are kept.
    parts: tuple[CountedPart, ...]
    actions: tuple[CountedAction, ...]
    node_nm: float
    seconds: float | None
    images: int


def counted_estimate(estimate: Estimate, boundary: str = "chip") -> Counted:
    """The counts of a priced run inside a boundary."""
    inside = [cost.component for cost in estimate.within(boundary)]
    number_of = {item.name: number for number, item in enumerate(inside)}
    parts = tuple(
        # Sorted, so that two chips that set the same parameters in another order share one price.
        CountedPart(item.part, tuple(sorted(item.parameters.items())), item.count)
        for item in inside
    )
    actions = tuple(
        CountedAction(number_of[name], action, count)
        for (name, action), count in estimate.actions.items()
        if name in number_of
    )
    return Counted(parts, actions, estimate.node_nm, estimate.seconds, estimate.images)


def counted_document(document: Mapping[str, Any], boundary: str = "chip") -> Counted:
    """The counts of a result document inside a boundary."""
    depth = BOUNDARIES.index(boundary)
    inside = [
        row for row in document["inventory"] if BOUNDARIES.index(str(row["boundary"])) <= depth
    ]
    number_of = {str(row["component"]): number for number, row in enumerate(inside)}
    # Collected first, summed exactly afterwards: the same bits as `counted_estimate` gives of the
    # run.
    counts: dict[tuple[str, str], list[float]] = {}
    for row in document["ledger"]:
        if row["component"] in number_of:
            counts.setdefault((row["component"], row["action"]), []).append(row["count"])
    actions = tuple(
        CountedAction(number_of[name], action, math.fsum(items))
        for (name, action), items in counts.items()
    )
    cycles = document["cycles"]
    clock = document["clock_mhz"]
    seconds = None if cycles is None else cycles / (clock * 1e6)
    return Counted(
        tuple(_counted_part(row) for row in inside),
        actions,
        float(document["node_nm"]),
        seconds,
        int(document["images"]),
    )


def _counted_part(row: Mapping[str, Any]) -> CountedPart:
    return CountedPart(row["part"], tuple(sorted(row["parameters"].items())), row["count"])
