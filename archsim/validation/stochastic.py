"""The model's side of stochastic.toml: the ESSOP outer product beside FP16 multipliers, and our
configuration of the CBRAM optimiser.
"""

from __future__ import annotations

import functools

from archsim.schemes import load_scheme
from archsim.studies.stream_costs import unit_costs
from hwlib import price
from hwlib.quantity import Quantity

Spread = tuple[float, float, float]
# ESSOP: an outer product of 128 x 128 with streams of 16 bits of 10-bit values, one register of 16
# bits a side, 5-bit counters.
_SIDE = 128
_LENGTH = 16
_BITS = 10
_DENSITY = 0.25  # coincidences a product and cycle of uniform values
_CLOCK_MHZ = 400.0  # of a binary multiply-accumulate, the synthesis clock of its reports


def _spread(item: Quantity, times: float = 1.0) -> Spread:
    return item.value * times, item.low * times, item.high * times


def _sum(*items: Spread) -> Spread:
    return tuple(map(sum, zip(*items)))


@functools.cache
def essop_product(node: float) -> tuple[Spread, Spread]:
    """Area in um2 and energy in J of one product, its share of converters and generators included."""
    gate = price("stream_and", {"output": "local"}, node)
    counter = price("up_down_counter", {"bits": 5}, node)
    converter = price("stream_converter", {"bits": _BITS}, node)
    register = price("lfsr", {"bits": 16}, node)
    lines, generators = 2 / _SIDE, 2 / _SIDE**2
    area = _sum(
        _spread(gate.area),
        _spread(counter.area),
        _spread(converter.area, lines),
        _spread(register.area, generators),
    )
    energy = _sum(
        _spread(gate.energy["bit"], _LENGTH),
        _spread(counter.energy["count"], _LENGTH * _DENSITY),
        _spread(converter.energy["bit"], _LENGTH * lines),
        _spread(register.energy["number"], _LENGTH * generators),
    )
    return area, energy


def _saving(node: float, what: int) -> Spread:
    """Per cent less than an FP16 multiplier; the ends set every figure of one side against the
    other end of the other.
    """
    multiplier = price("floating_multiplier", {"format": "fp16"}, node)
    whole = _spread((multiplier.area, multiplier.energy["multiply"])[what])
    ours = essop_product(node)[what]
    return (
        100 * (1 - ours[0] / whole[0]),
        100 * (1 - ours[2] / whole[1]),
        100 * (1 - ours[1] / whole[2]),
    )


@functools.cache
def optimiser_unit() -> dict:
    """Area and power of the stream units while LeNet-1 is trained on the built-in chip cim40:
    default settings of cbram_sc.
    """
    return unit_costs({})


@functools.cache
def mac_ratio(definition: str) -> Spread:
    """Area of an 8-bit multiply-accumulate over that of a product on streams: bare gate, with its
    share of device converters and counter, or the same times the time of a result."""
    scheme = load_scheme("cbram_sc")
    binary = _spread(price("multiply_accumulate", {"bits": 8}).area)
    ours = _spread(price("stream_and", {"output": "local"}).area)
    if definition != "gate":
        products = scheme.inputs_parallel * scheme.errors_parallel
        source = scheme.source_part(1)
        ours = _sum(
            ours,
            _spread(price("up_down_counter", {"bits": scheme.counter_bits}).area),
            _spread(
                price(source["part"], source["parameters"]).area, scheme.converters() / products
            ),
        )
    time = (
        scheme.length * (1 + scheme.bit_ns() * _CLOCK_MHZ * 1e-3)
        if definition == "area_time"
        else 1.0
    )
    return binary[0] / ours[0] / time, binary[1] / ours[2] / time, binary[2] / ours[1] / time


MODELS = {
    "essop.area_14": lambda: _saving(14.0, 0),
    "essop.energy_14": lambda: _saving(14.0, 1),
    "essop.area_40": lambda: _saving(40.0, 0),
    "essop.energy_40": lambda: _saving(40.0, 1),
    "lammie.area": lambda: optimiser_unit()["area_mm2"],
    "lammie.power": lambda: optimiser_unit()["power_uw"],
    "lammie.mac_gate": lambda: mac_ratio("gate"),
    "lammie.mac_converters": lambda: mac_ratio("converters"),
    "lammie.mac_area_time": lambda: mac_ratio("area_time"),
}
