"""Design-space exploration: a TOML file in, a store of points, a Pareto front and a report out.

`space` is what varies, `work` what one design costs, `store` where its numbers lie, `analysis` what they
say together. `sweep.py` is the call, `ladder.py` the pass over its rungs, from cheap to dear;
`document.py` gives the JSON that the report shows. Begin with `sweep.explore`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

# what a type checker reads; at run time each name comes from its home when it is used
if TYPE_CHECKING:
    from archsim.exploration.space.load import load_space
    from archsim.exploration.space.space import Space
    from archsim.exploration.sweep import Sweep, explore
    from archsim.exploration.work.pricing import price_point

_HOMES = {
    "Space": "archsim.exploration.space.space",
    "load_space": "archsim.exploration.space.load",
    "price_point": "archsim.exploration.work.pricing",
    "explore": "archsim.exploration.sweep",
    "Sweep": "archsim.exploration.sweep",
}
__all__ = ["Space", "Sweep", "explore", "load_space", "price_point"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'archsim.exploration' has no attribute '{name}'")
        return getattr(importlib.import_module(_HOMES[name]), name)
