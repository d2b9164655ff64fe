"""Design-space exploration: a TOML file in, a store of points, a Pareto front and a report out."""

from __future__ import annotations

import importlib

_HOMES = {
    "Space": "archsim.explore.space", "load_space": "archsim.explore.load", "price_point": "archsim.explore.pricing",
    "explore": "archsim.explore.sweep", "Sweep": "archsim.explore.sweep",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'archsim.explore' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)
