"""The model's side of stochastic.toml: the ESSOP outer product beside FP16 multipliers, and our
configuration of the CBRAM optimiser.
"""

from __future__ import annotations

import functools
from typing import Literal, NamedTuple

from archsim.cost.spread import Spread
from archsim.studies.stream_costs import UnitCosts, cbram_scheme, spread_of, sum_of, unit_costs
from archsim.validation.model import Model
from hwlib import price

# ESSOP: an outer product of 128 x 128 with streams of 16 bits of 10-bit values, one register of 16
# bits a side, 5-bit counters.
_SIDE = 128
_LENGTH = 16
_BITS = 10
_DENSITY = 0.25  # coincidences a product and cycle of uniform values
_CLOCK_MHZ = 400.0  # of a binary multiply-accumulate, the synthesis clock of its reports


class ProductCost(NamedTuple):
    """Area in um2 and energy in J of one product."""

    area: Spread
    energy: Spread


@functools.cache
def essop_product(node: float) -> ProductCost:
    """One product, its share of converters and generators included."""
    gate = price("stream_and", {"output": "local"}, node)
    counter = price("up_down_counter", {"bits": 5}, node)
    converter = price("stream_converter", {"bits": _BITS}, node)
    register = price("lfsr", {"bits": 16}, node)
    lines = 2 / _SIDE
    generators = 2 / _SIDE**2
    area = sum_of(
        (
            spread_of(gate.area),
            spread_of(counter.area),
            spread_of(converter.area, lines),
            spread_of(register.area, generators),
        )
    )
    energy = sum_of(
        (
            spread_of(gate.energy["bit"], _LENGTH),
            spread_of(counter.energy["count"], _LENGTH * _DENSITY),
            spread_of(converter.energy["bit"], _LENGTH * lines),
            spread_of(register.energy["number"], _LENGTH * generators),
        )
    )
    return ProductCost(area, energy)


def _saving(node: float, what: Literal["area", "energy"]) -> Spread:
    """Per cent less than an FP16 multiplier; the ends set every figure of one side against the
    other end of the other.
    """
    multiplier = price("floating_multiplier", {"format": "fp16"}, node)
    theirs = spread_of(multiplier.area if what == "area" else multiplier.energy["multiply"])
    product = essop_product(node)
    ours = product.area if what == "area" else product.energy
    return Spread(
        100 * (1 - ours.value / theirs.value),
        # Least saved: ours at its dearest against theirs at its cheapest.
        100 * (1 - ours.high / theirs.low),
        100 * (1 - ours.low / theirs.high),
    )


@functools.cache
def optimiser_unit() -> UnitCosts:
    """Area and power of the stream units while LeNet-1 is trained on the built-in chip cim40:
    default settings of cbram_sc.
    """
    return unit_costs({})


@functools.cache
def mac_ratio(definition: str) -> Spread:
    """Area of an 8-bit multiply-accumulate over that of a product on streams: bare gate, with its
    share of device converters and counter, or the same times the time of a result."""
    scheme = cbram_scheme()
    binary = spread_of(price("multiply_accumulate", {"bits": 8}).area)
    ours = spread_of(price("stream_and", {"output": "local"}).area)
    if definition != "gate":
        products = scheme.inputs_parallel * scheme.errors_parallel
        source = scheme.source_part(1)
        converter = price(source["part"], source["parameters"]).area
        counter = price("up_down_counter", {"bits": scheme.counter_bits}).area
        share = scheme.converters() / products
        ours = sum_of((ours, spread_of(counter), spread_of(converter, share)))
    time = 1.0
    if definition == "area_time":
        # A bit takes a cycle of the binary unit's clock and the pulse of its device.
        time = scheme.length * (1 + scheme.bit_ns() * _CLOCK_MHZ * 1e-3)
    return Spread(
        binary.value / ours.value / time,
        binary.low / ours.high / time,
        binary.high / ours.low / time,
    )


MODELS: dict[str, Model] = {
    "essop.area_14": lambda: _saving(14.0, "area"),
    "essop.energy_14": lambda: _saving(14.0, "energy"),
    "essop.area_40": lambda: _saving(40.0, "area"),
    "essop.energy_40": lambda: _saving(40.0, "energy"),
    "lammie.area": lambda: optimiser_unit().area_mm2,
    "lammie.power": lambda: optimiser_unit().power_uw,
    "lammie.mac_gate": lambda: mac_ratio("gate"),
    "lammie.mac_converters": lambda: mac_ratio("converters"),
    "lammie.mac_area_time": lambda: mac_ratio("area_time"),
}
