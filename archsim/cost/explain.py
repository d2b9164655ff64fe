"""Where a number of a result comes from: totals -> components -> count x price -> formula ->
sourced figures.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Protocol

from archsim.cost.component_trails import COMPONENT_METRICS, EVERY_ROW, LedgerRows
from archsim.cost.die_trails import die_node
from archsim.cost.estimate import Estimate
from archsim.cost.measured import measured_node
from archsim.cost.paths import Document, resolve
from archsim.cost.total_trails import INSIDE, OFF_CHIP, TOTALS, TotalTrails
from archsim.cost.trail import Node
from archsim.readers.call_types import takes_its_types
from hwlib.errors import InputError


class Explained(Protocol):
    """A result: its document, and the same priced again at the figures of today."""

    @property
    def document(self) -> Document: ...

    def estimate(self) -> Estimate: ...


@takes_its_types()
def explain(result: Explained, path: str) -> Node:
    """The trail behind one number of a result.

    Args:
        result: a `Result`.
        path: the number as its JSON names it (`by_layer.conv1.forward.energy_j`); a metric may
            come first (`energy_j.by_component.adc`).

    Returns:
        a Node; its children say what the number follows from, down to the sourced figures.

    Raises:
        InputError: for a path that is no number of this result, with the nearest one and the names
            that would do.
    """
    if not hasattr(result, "document") or not hasattr(result, "estimate"):
        raise InputError(
            "no result that is priced",
            where="result",
            got=type(result).__name__,
            allowed="a Result, or the `result` of a Training",
        )
    trails = _Trails(result.document, result.estimate())
    keys = resolve(trails.tree, path)
    value: object = trails.tree
    for key in keys:
        assert isinstance(value, dict)  # resolve found every key
        value = value[key]
    if isinstance(value, dict):
        raise InputError(
            "a branch, not a number",
            where="path",
            got=path,
            allowed=", ".join(f"{'.'.join(keys)}.{key}" for key in value),
            hint="name one of its numbers",
        )
    # What was paid once has a ledger and a time of its own; with those of the images its trail
    # would be another number's.
    if is_paid_once(keys):
        trails = _Trails(*paid_once(result))
    node = trails.find(keys, value)
    stale = (
        isinstance(value, float)
        and isinstance(node.value, float)
        # Figures may have been bettered since the file was written. The trail is that of today, and
        # says so.
        and not math.isclose(value, node.value, rel_tol=1e-9)
    )
    if not stale:
        return node
    version = result.document["version"]
    how = f"{node.how}; the file says {value:g}, priced by version {version} with other figures"
    return dataclasses.replace(node, how=how)


def is_paid_once(keys: list[str]) -> bool:
    """Whether a path names an energy of the set-up."""
    return keys[0] == "setup" and keys[-1].removesuffix("_range").endswith("energy_j")


def paid_once(result: Explained) -> tuple[Document, Estimate]:
    """The part of a result that happens once before the first image, as a result of its own: its
    document and what it is priced at.
    """
    once = result.document["setup"]
    document = {
        **result.document,
        "ledger": once["ledger"],
        "cycles": once["cycles"],
        "latency_s": once["seconds"],
        "images": 1,
    }
    # every kind of result is made from its document
    again: Explained = type(result)(document)  # type: ignore[call-arg]  # see above
    return document, again.estimate()


class _Trails(TotalTrails):
    """Finds the kind of trail that a path asks for."""

    def find(self, keys: list[str], value: object) -> Node:
        name = ".".join(keys)
        head = keys[0]
        last = keys[-1].removesuffix("_range")
        if value is None:
            timed = self.document["timing"]
            how = "not measured" if timed else "not known: the run was not timed (--no-timing)"
            return Node(name, None, how=how)
        # A range has the trail of its number: low and high are in every node.
        if head.removesuffix("_range") in TOTALS:
            return self.total(name, last, "chip")
        if head == "boundaries" and keys[1] == "die":
            return die_node(self, keys)
        if head == "boundaries":
            return self.total(name, last, keys[1])
        if head in ("by_component", "by_component_off_chip") and last in COMPONENT_METRICS:
            costs = {cost.component.name: cost for cost in self.estimate.components}
            return COMPONENT_METRICS[last](self, name, costs[keys[1]])
        if head == "figures":
            return self.figure(keys[1])
        if last.endswith("energy_j") and head in ("by_layer", "by_phase", "setup"):
            boundaries = OFF_CHIP if last.startswith("off_chip") else INSIDE["chip"]
            rows = rows_of(head, keys)
            return self.energy_of(name, boundaries, rows, static=rows.take_static)
        return measured_node(self.document, keys, value)

    def figure(self, name: str) -> Node:
        """The row of a sourced figure that the result used."""
        row = next(row for row in self.document["figures"] if row["name"] == name)
        how = f"figure, {row['kind']}"
        return Node(name, row["value"], row["unit"], row["low"], row["high"], how, row)


def rows_of(head: str, keys: list[str]) -> LedgerRows:
    """The rows of the ledger behind an energy of a layer, of a phase, or of all that was done once."""
    # by_layer.LAYER.PHASE.METRIC, or by_layer.LAYER.METRIC for the sum over the phases.
    if head == "by_layer":
        return LedgerRows(keys[1], keys[2] if len(keys) == 4 else None)
    return LedgerRows(None, keys[1]) if head == "by_phase" else EVERY_ROW
