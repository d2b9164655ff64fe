"""The facts of a stored result, which no price enters, held against each other."""

from __future__ import annotations

from archsim.cost.agreement import CLOSE, differs, follows
from archsim.cost.paths import Document
from hwlib.errors import InputError


def check_facts(document: Document, where: str) -> None:
    """Time follows from cycles and clock, and every resource's cycles are busy, stalled or idle."""
    cycles = document["cycles"]
    # Power and static energy hang on this: both ways of saying it must agree.
    if document["timing"] != (cycles is not None):
        raise InputError(
            "timed and not timed at once", where=f"{where}: timing", got=document["timing"]
        )
    for path, expected in (
        ("latency_s", None if cycles is None else cycles / (document["clock_mhz"] * 1e6)),
        (
            "latency_per_image_s",
            None if document["latency_s"] is None else document["latency_s"] / document["images"],
        ),
    ):
        if (document[path] is None) != (expected is None):
            raise differs(where, path, document[path], expected, "its cycles and clock")
        if expected is not None:
            follows(document, path, [expected], where, "its cycles and clock")
    for index, row in enumerate(document["resources"]):
        parts = row["busy_cycles"] + row["stalled_cycles"] + row["idle_cycles"]
        # Whole cycles: exactly, without a tolerance.
        if parts != row["total_cycles"]:
            raise differs(
                where,
                f"resources[{index}].total_cycles",
                row["total_cycles"],
                parts,
                "busy, stalled and idle cycles",
            )
    tiles = [row for row in document["resources"] if row["kind"] == "tile"]
    capacity = sum(row["total_cycles"] for row in tiles)
    # A chip on which nothing was placed has no capacity, and no share of it.
    if capacity and document["utilisation"] is not None:
        follows(
            document,
            "utilisation",
            [sum(row["busy_cycles"] for row in tiles) / capacity],
            where,
            "the tiles' cycles",
        )
    _check_training(document, where)


def _check_training(document: Document, where: str) -> None:
    epochs = document.get("epochs")
    if "training" in document and epochs and document["accuracy_percent"] is not None:
        follows(
            document,
            "accuracy_percent",
            [100.0, -epochs[-1]["test_error_percent"]],
            where,
            "the last epoch's test error",
        )
    # No sum ties these to the ledger in every scheme, so the order of the two is all that can be
    # held.
    for name, row in document.get("training", {}).get("writes", {}).items():
        if not row["mean"] <= row["maximum"] * (1 + CLOSE):
            raise InputError(
                "a mean above the maximum",
                where=f"{where}: training.writes.{name}",
                got=row["mean"],
                allowed=f"up to {row['maximum']}",
            )
