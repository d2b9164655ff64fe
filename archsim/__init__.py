"""archsim: what a neural network costs on a memristive compute-in-memory chip, in mm2, uW and
cycles.

The nouns in their order: a network (`load_network`) and an architecture (`load_architecture`) go
into `simulate`, which returns a `Result`. Names are loaded at first use, so that `import archsim`
and `archsim --help` stay quick. Begin with `run/simulation.py`; CONTRIBUTING.md has the way of a
number.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

# What a type checker reads; at run time each name comes from its home below, when it is used.
if TYPE_CHECKING:
    from archsim.chip import list_architectures, load_architecture
    from archsim.chip.config import Architecture
    from archsim.comparison import compare
    from archsim.cost.explain import explain
    from archsim.devices.presets import list_devices
    from archsim.exploration.sweep import explore
    from archsim.run.building import build
    from archsim.run.checking import check
    from archsim.run.citations import cite
    from archsim.run.fitting import fit
    from archsim.run.inference import infer
    from archsim.run.recorded_trace import load_trace
    from archsim.run.result import Result
    from archsim.run.simulation import simulate
    from archsim.run.training_and_silicon import train
    from archsim.schemes import list_schemes
    from archsim.trace import Trace
    from archsim.validation import validate
    from archsim.validation.stored_results import verify
    from hwlib import list_components
    from hwlib.errors import InputError
    from workloads.datasets import list_datasets, load_dataset
    from workloads.load import list_networks, load_network
    from workloads.network import Network
    from workloads.torch_module import from_torch

    __version__: str

_HOMES = {
    "load_network": "workloads",
    "load_dataset": "workloads.datasets",
    "load_architecture": "archsim.chip",
    "list_architectures": "archsim.chip",
    "list_schemes": "archsim.schemes",
    "build": "archsim.run.building",
    "simulate": "archsim.run.simulation",
    "compare": "archsim.comparison",
    "train": "archsim.run.training_and_silicon",
    "explore": "archsim.exploration",
    "verify": "archsim.validation.stored_results",
    "validate": "archsim.validation",
    "list_devices": "archsim.devices.presets",
    "list_components": "hwlib",
    "check": "archsim.run.checking",
    "cite": "archsim.run.citations",
    "explain": "archsim.cost.explain",
    "from_torch": "workloads.torch_module",
    "fit": "archsim.run.fitting",
    "infer": "archsim.run.inference",
    "load_trace": "archsim.run.recorded_trace",
    "list_networks": "workloads",
    "list_datasets": "workloads",
    "Network": "workloads.network",
    "Architecture": "archsim.chip.config",
    "Trace": "archsim.trace",
    "Result": "archsim.run.result",
    "InputError": "hwlib.errors",
}

__all__ = [
    "Architecture",
    "InputError",
    "Network",
    "Result",
    "Trace",
    "__version__",
    "build",
    "check",
    "cite",
    "compare",
    "explain",
    "explore",
    "fit",
    "from_torch",
    "infer",
    "list_architectures",
    "list_components",
    "list_datasets",
    "list_devices",
    "list_networks",
    "list_schemes",
    "load_architecture",
    "load_dataset",
    "load_network",
    "load_trace",
    "simulate",
    "train",
    "validate",
    "verify",
]


# a type checker takes a misspelt name for what it is
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from archsim.basics.version import VERSION

            return VERSION
        if name not in _HOMES:
            raise AttributeError(f"module 'archsim' has no attribute '{name}'")
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
