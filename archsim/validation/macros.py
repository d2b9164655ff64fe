"""The model's side of macros.toml: the 256 x 64 macro that followed Wu 2023's, and the law between
nodes.
"""

from __future__ import annotations

import functools

import archsim
from archsim.run.result import Result
from archsim.validation.workloads import one_matrix
from hwlib.scaling import energy_level, scaling_factor

_ROWS, _COLUMNS = 256, 64
_SUPPLY = {130: (1.3, "lp"), 65: (1.1, "lp"), 45: (1.1, "lp")}


@functools.cache
def _correll() -> Result:
    chip = archsim.load_architecture("wu2023", {"tile.rows": _ROWS, "read.columns_per_adc": 2})
    return archsim.simulate(one_matrix(_ROWS, _COLUMNS // 2), chip, timing=False)


def _efficiency() -> tuple[float, ...]:
    macro = _correll().boundaries["macro"]
    operations = 2 * _ROWS * _COLUMNS
    low, high = macro["energy_j_range"]
    return tuple(operations / energy * 1e-12 for energy in (macro["energy_j"], high, low))


def _energy_factor(node: int) -> float:
    return energy_level(40).value / energy_level(node, *_SUPPLY[node]).value


MODELS = {
    "correll.conversions": lambda: round(
        sum(row["count"] for row in _correll().ledger if row["component"] == "adc")
    ),
    "correll.efficiency": _efficiency,
}
for _node in (130, 90, 65, 45, 32):
    MODELS[f"scaling.area_{_node}"] = lambda node=_node: (
        scaling_factor("area", node, 40, "logic").value
    )
for _node in _SUPPLY:
    MODELS[f"scaling.energy_{_node}"] = lambda node=_node: _energy_factor(node)
