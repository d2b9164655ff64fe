"""A stored result held against itself: its own ledger times its own stored prices, and the sums
that every result obeys.

No figure of today takes part: a result of an earlier version is right when it agrees with itself.
"""

from __future__ import annotations

import copy
import math

from archsim.cost.agreement import CLOSE, differs, is_number
from archsim.cost.document import fill_prices
from archsim.cost.paths import Document
from archsim.cost.spread import Spread, UnitPrice
from archsim.cost.stored_facts import check_facts
from archsim.cost.stored_totals import check_totals
from archsim.cost.unpriced import is_unpriced
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger
from hwlib.errors import InputError

# What `fill_prices` makes, besides the figures, which are not numbers of the run.
_PRICED = (
    "area_mm2",
    "energy_j",
    "power_uw",
    "area_mm2_range",
    "power_uw_range",
    "energy_per_image_j",
    "static_power_uw",
    "dynamic_power_uw",
    "boundaries",
    "by_component",
    "by_component_off_chip",
    "by_layer",
    "by_phase",
    "inventory",
    "setup",
)


def check_sums(document: Document, where: str) -> bool:
    """Hold a checked result document against its own counts and prices. Raises InputError for the
    first number that does not follow.

    Returns False where the result is from before prices were stored: then its sums are held, but
    not the energy of its ledger.
    """
    check_facts(document, where)
    if is_unpriced(document):  # the check of its form has seen that it has no price at all
        return True
    check_totals(document, where)
    if any("unit_prices" not in row for row in document["inventory"]):
        if any("unit_prices" in row for row in document["inventory"]):
            raise InputError(
                "some components have their prices, some have not", where=f"{where}: inventory"
            )
        return False
    # Prices are filled into a copy, without what they never touch: a timeline is most of a file.
    again = copy.deepcopy(
        {
            key: value
            for key, value in document.items()
            if key not in ("timeline", "placement", "settings", "figures")
        }
    )
    inventory = [
        Component(row["component"], row["part"], row["parameters"], row["count"], row["boundary"])
        for row in document["inventory"]
    ]
    units = {row["component"]: _unit(row["unit_prices"]) for row in document["inventory"]}
    try:
        fill_prices(
            again, inventory, Ledger.from_rows(document["ledger"], f"{where}: ledger"), units
        )
    # For a run these are faults of the program; here they say that the file was edited.
    except (RuntimeError, OverflowError, KeyError) as fault:
        raise InputError(f"the ledger cannot be added up ({fault})", where=where) from None
    for key in _PRICED:
        # Either side: a field that was added to the file by hand is as wrong as one that was taken
        # out.
        if key in document or key in again:
            _same(_of_prices(document, key), _of_prices(again, key), where, key)
    return True


def _of_prices(document: Document, key: str) -> object:
    """A priced field as far as it follows from ledger and unit prices: what a die holds beside the
    parts follows from figures of the day, and results of before have none.
    """
    if key != "boundaries":
        return document.get(key)
    return {name: entry for name, entry in document[key].items() if name != "die"}


def _unit(prices: Document) -> UnitPrice:
    return UnitPrice(
        Spread(*prices["area_mm2"]),
        Spread(*prices["static_power_uw"]),
        {action: Spread(*spread) for action, spread in prices["energy_j"].items()},
    )


def _same(stored: object, again: object, where: str, path: str) -> None:
    """Equal but for the rounding of sums."""
    if isinstance(again, dict) and isinstance(stored, dict):
        # Names of both, in a fixed order: the first difference that is told is the same each time.
        for name in {**again, **stored}:
            _same(stored.get(name), again.get(name), where, f"{path}.{name}")
    elif isinstance(again, list) and isinstance(stored, list) and len(stored) == len(again):
        for index, (one, other) in enumerate(zip(stored, again)):
            _same(one, other, where, f"{path}[{index}]")
    elif is_number(stored) and is_number(again):
        if not math.isclose(stored, again, rel_tol=CLOSE):
            raise differs(where, path, stored, again, "its own ledger and prices")
    elif stored != again:
        raise differs(where, path, stored, again, "its own ledger and prices")
