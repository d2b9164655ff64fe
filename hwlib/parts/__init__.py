"""One file a family of parts: a module whose classes register themselves, or a TOML file.

A new file in this folder is picked up by itself, and needs no line anywhere else. Begin with
`adc_flash.toml` (laws and figures in one file) or `dac.py` (laws in Python, figures in
`hwlib/figures/`); `hwlib/declared_part.py` says what a TOML file holds.
"""

import functools
import importlib
import pkgutil

from hwlib.declared_part import parse_part
from hwlib.part import register
from hwlib.part_documents import read_part_documents


@functools.cache
def load_parts() -> None:
    """Register the parts of every module and of every TOML file of this folder, once.

    Raises:
        InputError: for a TOML file that is wrong; no part of such a file is registered then.
    """
    # Importing is registering: a new file needs no line here.
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    # all of them are read before the first is entered: after an error nothing is half there
    for part in [parse_part(document, name) for name, document in read_part_documents().items()]:
        register(part)
