"""The chip of a finished run at another node: wires and the clock follow the area, which follows
the node.
"""

from __future__ import annotations

from archsim.ledger.component import Component
from archsim.run.run_facts import Row
from hwlib.errors import InputError


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
        known = _build(document, document["node_nm"]) == stored
    except InputError:
        known = False  # settings that this version does not take
    if known:
        return _build(document, node_nm), ""
    return stored, "lengths of wires and the clocked area are those of the run"


def _build(document: Row, node_nm: float) -> list[Component]:
    from archsim.chip.built import parts_of
    from archsim.chip.load import validate
    from archsim.schemes import load_scheme

    chip = validate(document["settings"], "settings")
    tiles = document["tiles"] if chip.tile.count == "auto" else chip.tile.count
    scheme = document["scheme"] if document["phase"] == "training" else None
    return list(
        parts_of(
            chip,
            load_scheme(scheme) if scheme else None,
            tiles,
            node_nm,
            document.get("tiles_without"),
        )
    )
