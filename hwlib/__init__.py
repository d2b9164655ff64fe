"""hwlib: priced parts of a memristive chip in a 40-nm node, every figure with its source.

In goes the name of a part, its parameters and a node; out come area, leakage, energy and latency as
quantities that walk back to figures, and figures to sources. Figures lie in `figures/`, laws in
`parts/` (a new file there is a new part), the law between nodes in `scaling.py`. Begin reading with
`part.py`, then `parts/dac.py`; `load_catalogue()` lists all that there is.
"""

from hwlib.bibliography import Source, load_bibliography, load_sources
from hwlib.catalogue import Catalogue, PartEntry, load_catalogue
from hwlib.errors import InputError
from hwlib.figures import figure, load_figures
from hwlib.part import PARTS, Parameter, Part, Price, find_part, price, register
from hwlib.parts import load_parts
from hwlib.quantity import Figure, Quantity, derive, total, zero

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
    "derive",
    "figure",
    "find_part",
    "list_components",
    "load_bibliography",
    "load_catalogue",
    "load_figures",
    "load_sources",
    "price",
    "register",
    "total",
    "zero",
]


def list_components() -> dict[str, str]:
    """Every priced part with one line, by group and name."""
    parts = sorted(PARTS.values(), key=lambda part: (part.group, part.name))
    return {part.name: f"{part.title} ({part.group})" for part in parts}
