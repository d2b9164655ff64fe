"""The document of a reference run: what it counted and how long that took, and no price.

Weights that no device holds are trained to say what devices cost in accuracy. No silicon does that,
so nothing of it has an area, an energy or a power; a number there would be that of another machine.
"""

from __future__ import annotations

import copy

from archsim.cost.paths import Document, Tree
from archsim.ledger.component import BOUNDARIES
from hwlib.errors import InputError

NOTE = (
    "a reference run: weights that no device holds are on arrays, which no silicon does; it has no "
    "area, energy or power"
)
TOTALS = (
    "area_mm2",
    "area_mm2_range",
    "energy_j",
    "energy_per_image_j",
    "power_uw",
    "power_uw_range",
    "static_power_uw",
    "dynamic_power_uw",
)
_OF_A_BOUNDARY = (
    "area_mm2",
    "energy_j",
    "power_uw",
    "area_mm2_range",
    "energy_j_range",
    "power_uw_range",
)
_OF_A_ROW = ("energy_j", "off_chip_energy_j")


def is_unpriced(document: Document) -> bool:
    """Whether a result's document is that of a reference run from which the prices are taken out."""
    # By two marks, not by a missing price alone: a file that lost its area must not pass as a
    # reference run.
    trained_for_reference = document.get("reference") is True and "training" in document
    return trained_for_reference and document.get("area_mm2") is None


def take_out_prices(document: Tree) -> None:
    """Make a training's result one without prices, in place: totals are null, what only prices fill
    is empty, and what is paid once before a training is gone. Cycles, counts and accuracy stay.
    """
    document |= dict.fromkeys(TOTALS)
    document["boundaries"] = {name: dict.fromkeys(_OF_A_BOUNDARY) for name in BOUNDARIES}
    document |= {"by_component": {}, "by_component_off_chip": {}}
    # With inventory and ledger left in, any reader could price what no silicon does.
    document |= {"inventory": [], "ledger": [], "figures": []}
    for row in (*document["by_layer"], *document["by_phase"].values()):
        row |= dict.fromkeys(_OF_A_ROW)
    document.pop("setup", None)
    document["training"]["energy_j"] = None
    if NOTE not in document["notes"]:
        document["notes"] = [*document["notes"], NOTE]


def check_unpriced(document: Document, where: str) -> None:
    """Hold a stored document without prices against having none at all.

    Raises:
        InputError: where one is left.
    """
    # Asked of the function that takes them out: the two cannot disagree on what a price is.
    without: Tree = copy.deepcopy(dict(document))
    take_out_prices(without)
    for name, value in document.items():
        if name not in without or value != without[name]:
            raise InputError(
                "a reference run has no price",
                where=f"{where}: {name}",
                got=value,
                hint="the file was damaged or edited; make it again",
            )


def refuse_unpriced(document: Document) -> None:
    """Refuse what asks for prices.

    Raises:
        InputError: for the document of a reference run.
    """
    if is_unpriced(document):
        raise InputError(
            "a reference run has no price",
            where="result",
            got="weights that no device holds",
            hint="train with a device: --device NAME",
        )
