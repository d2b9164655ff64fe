"""Weights on tiles."""

from archsim.placement.place import LayerPlacement, Placement, occupancy, place

__all__ = ["LayerPlacement", "Placement", "occupancy", "place"]
