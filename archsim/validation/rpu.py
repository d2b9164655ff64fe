"""The model's side of rpu.toml: one tile of 4096 x 4096 lines at full rate, on the built-in chip
rpu.
"""

from __future__ import annotations

import functools

import archsim
from archsim.chip.plan.tile_timing import read_timing
from archsim.cost.spread import Spread
from archsim.run.result import Result
from archsim.validation.model import Model, energy_of
from archsim.validation.workloads import one_matrix

_LINES = 4096


@functools.cache
def _full_tile() -> Result:
    # the layer has no bias: every row takes an input; one column is the reference
    return archsim.simulate(one_matrix(_LINES, _LINES - 1), "rpu", timing=False)


def _seconds() -> float:
    """Interval between two operations of a tile that is fed without a pause."""
    chip = archsim.load_architecture("rpu")
    return read_timing(chip, chip.tile.columns).interval / (chip.clock_mhz * 1e6)


def _operations() -> float:
    return 2 * _LINES * (_LINES - 1)


def _traffic_gb() -> float:
    bits = sum(row["count"] for row in _full_tile().ledger if row["component"] == "interconnect")
    return bits / 8 / _seconds() * 1e-9


def _line_power_uw() -> float:
    result = _full_tile()
    samples = sum(row["count"] for row in result.ledger if row["component"] == "front_end")
    # A sample is one line in one operation, of which each line has one all of the time.
    return result.by_component["front_end"]["energy_j"] / samples / _seconds() * 1e6


def _tile_power() -> Spread:
    energy = energy_of(_full_tile().boundaries["macro"])
    seconds = _seconds()
    return Spread(energy.value / seconds, energy.low / seconds, energy.high / seconds)


MODELS: dict[str, Model] = {
    "rpu.array_area": lambda: _full_tile().by_component["array"]["area_mm2"],
    "rpu.operation_time": lambda: _seconds() * 1e9,
    "rpu.adcs": lambda: _full_tile().by_component["adc"]["count"],
    "rpu.throughput": lambda: _operations() / _seconds() * 1e-12,
    "rpu.traffic": _traffic_gb,
    "rpu.line_power": _line_power_uw,
    "rpu.adc_power": lambda: _full_tile().by_component["adc"]["dynamic_energy_j"] / _seconds(),
    "rpu.tile_power": _tile_power,
    "rpu.efficiency": lambda: _operations() / _seconds() / _tile_power().value * 1e-12,
}
