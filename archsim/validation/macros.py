"""The model's side of macros.toml: the 256 x 64 macro that followed Wu 2023's, and the law between
nodes.
"""

from __future__ import annotations

import functools
from functools import partial

import archsim
from archsim.cost.spread import Spread
from archsim.run.result import Result
from archsim.validation.model import Model, energy_of
from archsim.validation.workloads import one_matrix
from hwlib.node_levels import energy_level
from hwlib.scaling import scaling_factor

_ROWS, _COLUMNS = 256, 64
_SUPPLY = {130: (1.3, "lp"), 65: (1.1, "lp"), 45: (1.1, "lp")}


@functools.cache
def _correll() -> Result:
    chip = archsim.load_architecture("wu2023", {"tile.rows": _ROWS, "read.columns_per_adc": 2})
    # A signed weight takes two columns.
    return archsim.simulate(one_matrix(_ROWS, _COLUMNS // 2), chip, timing=False)


def _efficiency() -> Spread:
    energy = energy_of(_correll().boundaries["macro"])
    operations = 2 * _ROWS * _COLUMNS
    # the more energy, the less efficient
    return Spread(*(operations / each * 1e-12 for each in (energy.value, energy.high, energy.low)))


def _area_factor(node: int) -> float:
    return scaling_factor("area", node, 40, "logic").value


def _conversions() -> int:
    rows = [row for row in _correll().ledger if row["component"] == "adc"]
    return round(sum(row["count"] for row in rows))


def _energy_factor(node: int) -> float:
    return energy_level(40).value / energy_level(node, *_SUPPLY[node]).value


MODELS: dict[str, Model] = {"correll.conversions": _conversions, "correll.efficiency": _efficiency}
for _node in (130, 90, 65, 45, 32):
    MODELS[f"scaling.area_{_node}"] = partial(_area_factor, _node)
for _node in _SUPPLY:
    MODELS[f"scaling.energy_{_node}"] = partial(_energy_factor, _node)
