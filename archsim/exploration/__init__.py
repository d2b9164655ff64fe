"""Design-space exploration: a TOML file in, a store of points, a Pareto front and a report out."""

from __future__ import annotations

import importlib

_HOMES = {
    "Space": "archsim.exploration.space.space",
    "load_space": "archsim.exploration.space.load",
    "price_point": "archsim.exploration.work.pricing",
    "explore": "archsim.exploration.sweep",
    "Sweep": "archsim.exploration.sweep",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'archsim.exploration' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)
