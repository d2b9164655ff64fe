"""hwlib: priced parts of a memristive chip in a 40-nm node, every figure with its source."""

from hwlib.errors import InputError
from hwlib.figures import figure, load_figures, load_sources
from hwlib.part import PARTS, Price, find_part, price
from hwlib.parts import load_parts
from hwlib.quantity import Figure, Quantity

load_parts()

__all__ = [
    "PARTS",
    "Figure",
    "InputError",
    "Price",
    "Quantity",
    "figure",
    "find_part",
    "list_components",
    "load_figures",
    "load_sources",
    "price",
]


def list_components() -> dict[str, str]:
    """Every priced part with one line, by group and name."""
    parts = sorted(PARTS.values(), key=lambda part: (part.group, part.name))
    return {part.name: f"{part.title} ({part.group})" for part in parts}
