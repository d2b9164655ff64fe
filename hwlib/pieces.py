"""A part of unlike pieces: a capacitor array with its switches, a level shifter between two
supplies. Each piece changes with the node by its own class.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

from hwlib.conditions import under
from hwlib.part import BY_PIECES, Part
from hwlib.quantity import Quantity, total
from hwlib.scaling import scale


class Piece(NamedTuple):
    """A number at the part's native node, and the class by which it follows the node."""

    quantity: Quantity
    scaling: str


class PartOfPieces(Part):
    """A subclass gives the pieces of its area and of its actions; leakage does not scale."""

    scaling = BY_PIECES

    @abstractmethod
    def area_pieces(self) -> tuple[Piece, ...]:
        """Areas in um2 that add up to the part."""

    @abstractmethod
    def energy_pieces(self, action: str) -> tuple[Piece, ...]:
        """Energies in J that add up to one action."""

    def area(self) -> Quantity:
        return self.area_at(self.native_node_nm)

    def energy(self, action: str) -> Quantity:
        return self.energy_at(action, self.native_node_nm)

    def area_at(self, node_nm: float) -> Quantity:
        return self._added_up(self.area_pieces(), "area", node_nm)

    def energy_at(self, action: str, node_nm: float) -> Quantity:
        return self._added_up(self.energy_pieces(action), "energy", node_nm)

    def leakage_at(self, node_nm: float) -> Quantity:
        # Not scaled by node, but the scale still refuses a node that the law does not have.
        kept = scale(self.leakage(), "leakage", self.native_node_nm, node_nm, "none")
        return under(kept, "leakage", "logic", node_nm, self.conditions)

    def latency_at(self, action: str, node_nm: float) -> Quantity:
        # Pieces of unlike classes in a row: no one law says which of them sets the time.
        return scale(self.latency(action), "delay", self.native_node_nm, node_nm, "none")

    def _added_up(self, pieces: tuple[Piece, ...], what: str, node_nm: float) -> Quantity:
        # Each piece by its own class and conditions before they add up: a sum has no class.
        native = self.native_node_nm
        scaled = [
            under(
                scale(item.quantity, what, native, node_nm, item.scaling),
                what,
                item.scaling,
                node_nm,
                self.conditions,
            )
            for item in pieces
        ]
        return scaled[0] if len(scaled) == 1 else total(scaled[0].unit, scaled)
