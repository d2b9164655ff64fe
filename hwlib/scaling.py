"""Scaling between technology nodes (placeholder laws are refused: see hwlib/scaling tests)."""

from hwlib.quantity import Quantity

SCALING_CLASSES = ("logic", "analog", "cell", "wire", "none")


def scale(quantity: Quantity, what: str, from_nm: float, to_nm: float, scaling_class: str) -> Quantity:
    if from_nm == to_nm:
        return quantity
    raise NotImplementedError
