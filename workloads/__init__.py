"""Networks in every form a user may have them (built-in names, our TOML, ONNX, SCALE-Sim CSV) and
data sets to train them on.

`load_network(name_or_path)` gives a `Network`; `list_networks()` names the built-in ones;
`load_dataset` and `list_datasets` do the same for data sets. Begin with `network.py`, then
`load.py`. Importing this package is cheap: each name is fetched from its file on first use, and
onnx is imported only when an .onnx file is read.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

# what a type checker reads; at run time each name comes from its home when it is used
if TYPE_CHECKING:
    from workloads.adapters import with_adapters
    from workloads.datasets import Dataset, list_datasets, load_dataset
    from workloads.load import list_networks, load_network
    from workloads.network import Layer, Matrix, Network
    from workloads.trained_constants import with_trained_constants

_HOMES = {
    "with_adapters": "adapters",
    "with_trained_constants": "trained_constants",
    "load_network": "load",
    "list_networks": "load",
    "load_dataset": "datasets",
    "list_datasets": "datasets",
    "Dataset": "datasets",
    "Network": "network",
    "Layer": "network",
    "Matrix": "network",
}
__all__ = [
    "Dataset",
    "Layer",
    "Matrix",
    "Network",
    "list_datasets",
    "list_networks",
    "load_dataset",
    "load_network",
    "with_adapters",
    "with_trained_constants",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'workloads' has no attribute '{name}'")
        return getattr(importlib.import_module(f"workloads.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
