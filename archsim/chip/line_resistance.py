"""The resistance of a line of an array from one cell to the next."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hwlib import price
from hwlib.figures import figure
from hwlib.node_laws import printed_level
from hwlib.quantity import Quantity, derive

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

WIRE = "wire"
_NODES_NM = (130, 90, 65, 45, 32, 22, 14, 10, 7)


def ohm_a_cell(chip: Architecture) -> float:
    """Ohm of a segment, as `physics.line_ohm` says: a number, or a wire of the chip's node as long
    as the side of a square cell.
    """
    if chip.physics.line_ohm != WIRE:
        return float(chip.physics.line_ohm)
    return wire_ohm_a_um(chip.node_nm) * _side_um(chip)


def wire_ohm_a_um(node_nm: float) -> float:
    """Ohm of a micrometre of the lowest metal, between nodes by a power of the node, beyond them
    that of the nearest.
    """
    node_nm = min(max(node_nm, _NODES_NM[-1]), _NODES_NM[0])
    level = printed_level("wire", node_nm, _NODES_NM, _printed_ohm)
    return level.value * 1e-6  # figures of lengths are in metres


def _printed_ohm(node_nm: float) -> Quantity:
    return derive("as printed", "ohm/m", lambda ohm: ohm, figure(f"array_wire.ohm_{node_nm:g}"))


def _side_um(chip: Architecture) -> float:
    """The side of a square cell: the pitch that the array states, else that of its area."""
    array = chip.components["array"]
    # Times of a slot, which follow the chip by an expression, move no area.
    stated = {name: one for name, one in array.parameters.items() if not isinstance(one, str)}
    return math.sqrt(price(array.part, stated, chip.node_nm).area.value)
