"""hwlib: priced parts of a memristive chip in a 40-nm node, every figure with its source."""

from hwlib.bibliography import Source, load_bibliography, load_sources
from hwlib.catalogue import Catalogue, PartEntry, load_catalogue
from hwlib.errors import InputError
from hwlib.figures import figure, load_figures
from hwlib.part import PARTS, Parameter, Part, Price, find_part, price, register
from hwlib.parts import load_parts
from hwlib.quantity import Figure, Quantity

load_parts()

__all__ = [
    "PARTS",
    "Catalogue",
    "Figure",
    "InputError",
    "Parameter",
    "Part",
    "PartEntry",
    "Price",
    "Quantity",
    "Source",
    "figure",
    "find_part",
    "list_components",
    "load_bibliography",
    "load_catalogue",
    "load_figures",
    "load_sources",
    "price",
    "register",
]


def list_components() -> dict[str, str]:
    """Every priced part with one line, by group and name."""
    parts = sorted(PARTS.values(), key=lambda part: (part.group, part.name))
    return {part.name: f"{part.title} ({part.group})" for part in parts}
