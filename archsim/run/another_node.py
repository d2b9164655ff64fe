"""A stored run priced afresh, at its node or at another one: wires and the clock follow the area,
which follows the node.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from archsim.chip.timing_closure import closure_notes, is_closure_note, paces
from archsim.cost.document import fill_prices
from archsim.cost.estimate import Estimate, price_run
from archsim.cost.unpriced import refuse_unpriced
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from archsim.run.fact_tables import Row
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # which a priced run need not load
    from archsim.chip.placement import TilesOfKind


def components_of(document: Row) -> list[Component]:
    """The components that were on the chip."""
    return [
        Component(
            row["component"], row["part"], dict(row["parameters"]), row["count"], row["boundary"]
        )
        for row in document["inventory"]
    ]


def estimate_of(document: Row) -> Estimate:
    """The stored ledger priced with the hwlib of today; see `Result.estimate`."""
    refuse_unpriced(document)
    ledger = Ledger.from_rows(document["ledger"])
    try:
        return price_run(
            components_of(document),
            ledger,
            node_nm=document["node_nm"],
            clock_mhz=document["clock_mhz"],
            cycles=document["cycles"],
            images=document["images"],
        )
    # Here a part or an action that this version doesn't know is not a fault of archsim's, as the
    # file may be of another version.
    except RuntimeError as fault:
        raise InputError(
            f"cannot be priced by this version of archsim ({fault})",
            where="result",
            got=document["version"],
        ) from None


def repriced(document: Row, node_nm: float) -> Row:
    """A document of its own with the prices of another node; see `Result.reprice`."""
    refuse_unpriced(document)
    document = copy.deepcopy(document)
    stored = components_of(document)
    inventory = stored
    note = ""
    # At its own node the stored inventory is right, whatever today's version would build.
    if node_nm != document["node_nm"]:
        inventory, note = inventory_at(document, stored, node_nm)
        text = (
            f"re-priced at {node_nm:g} nm; cycles and clock are those of the run at "
            f"{document['node_nm']:g} nm"
        )
        # Those are of the old node; they are made anew.
        kept = [line for line in document["notes"] if not is_closure_note(line)]
        slower = _too_slow(document, inventory, node_nm)
        document["notes"] = [*kept, *slower, f"{text}; {note}" if note else text]
    estimate_of(document)  # refuses a ledger that cannot be priced
    # After the old prices were proved: up to here the document is that of its own node.
    document["node_nm"] = float(node_nm)
    return fill_prices(document, inventory, Ledger.from_rows(document["ledger"]))


def inventory_at(
    document: Row, stored: list[Component], node_nm: float
) -> tuple[list[Component], str]:
    """The inventory of a result's chip at `node_nm`, and a note where it could not be built anew.

    The chip is built from the settings in the result. Where that does not give back the `stored`
    inventory at the node of the run (a result of another version, or made by hand), the stored one
    is kept: lengths of wires and the clocked area then stay those of the run. Raises InputError for
    a node that the scaling law does not reach.
    """
    try:
        # Lengths of wires and clock trees follow the node only in an inventory that is built. One
        # that today's code builds the same at the old node may be trusted at the new one.
        known = _build(document, document["node_nm"]) == stored
    except InputError:
        known = False  # settings that this version does not take
    if known:
        return _build(document, node_nm), ""
    return stored, "lengths of wires and the clocked area are those of the run"


def _too_slow(document: Row, inventory: list[Component], node_nm: float) -> list[str]:
    """The note on parts that do not keep pace at `node_nm` with the clock of the run; none for
    settings that this version does not take.
    """
    from archsim.chip.load import validate

    try:
        chip = validate(document["settings"], "settings")
    except InputError:
        return []
    # What runs once has to keep pace with the clock as well.
    once = document.get("setup", {}).get("ledger", ())
    counted = [Ledger.from_rows(document["ledger"]), Ledger.from_rows(list(once))]
    return closure_notes(paces(inventory, chip, node_nm, counted), document["clock_mhz"])


def _only_kind(chip: Architecture, tiles: int, without: Row) -> tuple[TilesOfKind, ...]:
    """The tiles of a chip whose cores are all of one named kind."""
    from archsim.chip.placement import TilesOfKind

    return tuple(TilesOfKind(kind, tiles, without) for kind in chip.core.kinds)


def _build(document: Row, node_nm: float) -> list[Component]:
    from archsim.chip.built import parts_of
    from archsim.chip.load import validate
    from archsim.chip.placement import TilesOfKind
    from archsim.schemes import load_scheme

    chip = validate(document["settings"], "settings")
    # A chip of a fixed number of tiles has them all, used or not.
    tiles = document["tiles"] if chip.tile.count == "auto" else chip.tile.count
    # An inference has no parts of an update rule.
    scheme = document["scheme"] if document["phase"] == "training" else None
    return list(
        parts_of(
            chip,
            load_scheme(scheme) if scheme else None,
            tiles,
            node_nm,
            document.get("tiles_without"),
            tuple(
                TilesOfKind(kind, row["tiles"], row["tiles_without"])
                for kind, row in document.get("kinds", {}).items()
            )
            or _only_kind(chip, tiles, document.get("tiles_without", {})),
        )
    )
