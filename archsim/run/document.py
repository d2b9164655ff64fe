"""The document of a run that has just ended: what was measured, and its prices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archsim.basics.version import VERSION
from archsim.cost.document import fill_prices
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from archsim.readers.versions import current_version
from archsim.run.fact_tables import Row
from archsim.run.run_facts import RunFacts

FACTS = tuple(RunFacts.__annotations__)
"""What the simulator measures and the caller of `Result.from_run` hands over."""
_COUNTED = ("by_layer", "by_phase", "busy_fractions")  # which the document holds with their prices


ALL_TILES = "tiles"
"""The tiles of all layers, of which one layer's work at a time where layers run one by one."""


def limited_by(resources: Sequence[Row], cycles: int | None, mode: str) -> Row | None:
    """What the run's time rests on, and the bound that it sets: its busy cycles (of a port, of a tile
    of a layer), fewer than which no order of the same work takes in this mode. None where nothing
    was timed.

    Args:
        resources: with their busy cycles, of all ports or tiles, and those that they had.
        cycles: of the run.
        mode: `execution.mode`; layer by layer an operation begins when the one before it is over, so
            that the tiles of several layers never work side by side.
    """
    rows = [row for row in resources if row["total_cycles"]]
    # Without timing nothing was busy.
    if not cycles or not rows:
        return None
    # Rounded up: a resource that works 10.5 cycles a port bounds the run at 11.
    bounds = {row["name"]: -(-row["busy_cycles"] * cycles // row["total_cycles"]) for row in rows}
    if mode == "layer_by_layer":
        layers = [row for row in rows if row["kind"] == "tile"]
        if len(layers) > 1:
            shares = [Fraction(row["busy_cycles"], row["total_cycles"]) for row in layers]
            bounds[ALL_TILES] = math.ceil(cycles * sum(shares))
    busiest = max(bounds, key=bounds.__getitem__)
    return {"resource": busiest, "at_least_cycles": bounds[busiest]}


def document_of(
    facts: RunFacts, inventory: Sequence[Component], ledger: Ledger, setup: Row | None
) -> Row:
    """The document of a finished run; see `Result.from_run`."""
    if set(facts) | {"kinds"} != set(FACTS):
        raise RuntimeError(f"facts of a run missing or unknown: {sorted(set(facts) ^ set(FACTS))}")
    cycles = facts["cycles"]
    document: Row = {
        "schema": current_version("result"),
        "version": VERSION,
        "timing": cycles is not None,
    }
    document |= {key: value for key, value in _ordered(facts) if key not in _COUNTED}
    seconds = None if cycles is None else cycles / (facts["clock_mhz"] * 1e6)
    mode = facts["settings"].get("execution", {}).get("mode", "")
    document["latency_s"] = seconds
    document["latency_per_image_s"] = None if seconds is None else seconds / facts["images"]
    document["limited_by"] = limited_by(facts["resources"], cycles, mode)
    document["by_layer"] = [dict(row) for row in facts["by_layer"]]
    document["by_phase"] = {phase: {"cycles": count} for phase, count in facts["by_phase"].items()}
    document["by_component"] = {
        name: {"busy_fraction": share} for name, share in facts["busy_fractions"].items()
    }
    document["ledger"] = ledger.to_rows()
    if setup is not None:
        document["setup"] = setup
    return fill_prices(document, inventory, ledger)


def _ordered(facts: RunFacts) -> list[tuple[str, Any]]:
    """Facts in the order of the document."""
    return sorted(facts.items(), key=lambda item: FACTS.index(item[0]))
