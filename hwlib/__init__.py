"""hwlib: priced parts of a memristive chip in a 40-nm node, every figure with its source.

In goes the name of a part, its parameters and a node; out come area, leakage, energy and latency as
quantities that walk back to figures, and figures to sources. Figures lie in `figures/`, laws in
`parts/` (a new file there is a new part), the law between nodes in `scaling.py`. Begin reading with
`part.py`, then `parts/dac.py`; `load_catalogue()` lists all that there is. Names are
loaded at first use: an error message needs no prices.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

# What a type checker reads; at run time each name comes from its home below, when it is used.
if TYPE_CHECKING:
    from hwlib.bibliography import Source, load_bibliography, load_sources
    from hwlib.catalogue import Catalogue, PartEntry, list_components, load_catalogue
    from hwlib.errors import InputError
    from hwlib.figures import figure, load_figures
    from hwlib.parameter import Parameter
    from hwlib.part import PARTS, Part, register
    from hwlib.pricing import Price, find_part, price
    from hwlib.quantity import Figure, Quantity, derive, total, zero

_HOMES = {
    "Source": "bibliography",
    "load_bibliography": "bibliography",
    "load_sources": "bibliography",
    "Catalogue": "catalogue",
    "PartEntry": "catalogue",
    "list_components": "catalogue",
    "load_catalogue": "catalogue",
    "InputError": "errors",
    "figure": "figures",
    "load_figures": "figures",
    "Parameter": "parameter",
    "Part": "part",
    "Price": "pricing",
    "find_part": "pricing",
    "price": "pricing",
    "register": "part",
    "Figure": "quantity",
    "Quantity": "quantity",
    "derive": "quantity",
    "total": "quantity",
    "zero": "quantity",
}
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


def __getattr__(name: str) -> object:
    if name == "PARTS":
        from hwlib.pricing import all_parts

        value: object = all_parts()
    elif name in _HOMES:
        value = getattr(importlib.import_module(f"hwlib.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module 'hwlib' has no attribute '{name}'")
    # Kept, so that the next use is a plain look-up and does not come here.
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
