"""One file a family of parts: a module whose classes register themselves, or a TOML file.

A new file in this folder is picked up by itself, and needs no line anywhere else. Begin with
`adc_flash.toml` (laws and figures in one file) or `dac.py` (laws in Python, figures in
`hwlib/figures/`); `hwlib/declared_part.py` says what a TOML file holds.
"""

import importlib
import pkgutil

from hwlib.declared_part import parse_part
from hwlib.part import register
from hwlib.part_documents import read_part_documents


def load_parts() -> None:
    """Register the parts of every module and of every TOML file of this folder."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    for name, document in read_part_documents().items():
        register(parse_part(document, name))
