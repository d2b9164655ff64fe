"""One file a family of parts. A new file in this folder is picked up by itself."""

import importlib
import pkgutil


def load_parts() -> None:
    """Import every module of this folder, so that its parts register themselves."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
