"""Parts by their names, and their prices at a node: kept, and forgotten where figures change."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from hwlib.errors import InputError, unknown
from hwlib.part import PARTS, Part
from hwlib.quantity import Quantity
from hwlib.scaling import scaling_factor

REFUSED = {
    "cell_sram_digital": "cells with a gate and an adder tree of their own multiply and add in logic: "
    "no line is read and nothing is converted, which is what a tile here is"
}
"""Names that a user may look for, and why there is no such part."""


@dataclass(frozen=True)
class Price:
    """A part priced at one node.

    Args:
        part: name of the part.
        parameters: value of every parameter.
        node_nm: node in nm.
        area: um2.
        leakage: W.
        energy: J of one action, by action.
    """

    part: str
    parameters: dict[str, float | int | str]
    node_nm: float
    area: Quantity
    leakage: Quantity
    energy: dict[str, Quantity] = field(default_factory=dict)

    @functools.cached_property
    def latency(self) -> dict[str, Quantity]:
        """s of one action, by action; worked out for whoever asks, which no run does: its time is
        that of the chip's cycles.
        """
        part = find_part(self.part)(**self.parameters)
        return {action: part.latency_at(action, self.node_nm) for action in part.actions}


# A list for one bool: a function may write into it without `global`.
_complete = [False]


def all_parts() -> dict[str, type[Part]]:
    """Every part by its name, those of the library loaded."""
    # The files of parts import this one; they are loaded when somebody asks for a part, not before.
    from hwlib.parts import load_parts

    load_parts()
    _complete[0] = True
    return PARTS


def find_part(name: str) -> type[Part]:
    """A priced part by its name.

    Args:
        name: as `list_components` has it.

    Returns:
        the class of the part.

    Raises:
        InputError: where there is none, with the nearest name.
    """
    # asked for once a component and design: no import to look up. Where a file of parts is broken
    # every part is refused, not only the first that is asked for.
    if _complete[0] and name in PARTS:
        return PARTS[name]
    parts = all_parts()
    if name in REFUSED:
        raise InputError(
            f"all-digital cells are not modelled: {REFUSED[name]}",
            got=name,
            hint="cell_sram_6t, cell_sram_8t, cell_sram_10t, cell_sram_8t1c are read as lines",
        )
    if name not in parts:
        raise unknown("component", name, parts)
    return parts[name]


def price(
    name: str, parameters: Mapping[str, object] | None = None, node_nm: float = 40.0
) -> Price:
    """Price a part: its laws at its native node, then scaled by its scaling class.

    Args:
        name: name of the part, as in `list_components`.
        parameters: parameters by name; what is not given takes its default.
        node_nm: node in nm that the price is for.

    Returns:
        a Price; each of its numbers walks back to the figures that it rests on.

    Raises:
        InputError: for an unknown part or parameter, a value out of range, or a node outside the
            range of the scaling law.

    Source:
        Stillmaker & Baas 2017 between nodes (hwlib.scaling); the figures name their own.
    """
    part = find_part(name)
    given = tuple(sorted((parameters or {}).items()))
    # 1, 1.0 and True are one key, and not all of them are allowed
    types = tuple([type(value) for _, value in given])
    try:
        return _price(part.name, given, types, float(node_nm))
    except TypeError:  # a list is no key: the part says what is wrong with it
        return _price.__wrapped__(part.name, given, types, float(node_nm))


@functools.lru_cache(maxsize=16384)
def _price(
    name: str, given: tuple[tuple[str, object], ...], types: tuple[type, ...], node_nm: float
) -> Price:
    part = find_part(name)(**dict(given))
    return Price(
        name,
        dict(part.values),
        node_nm,
        area=part.area_at(node_nm),
        leakage=part.leakage_at(node_nm),
        energy={action: part.energy_at(action, node_nm) for action in part.actions},
    )


_editions = [0]


def forget_prices() -> None:
    """Empty what is kept of prices, and begin another edition: for who changes figures for a while."""
    # Caches elsewhere cannot be reached from here: they carry the edition in their keys.
    _price.cache_clear()
    scaling_factor.cache_clear()
    _editions[0] += 1


def edition() -> int:
    """Edition of the library's figures: who keeps prices keeps them by it."""
    return _editions[0]
