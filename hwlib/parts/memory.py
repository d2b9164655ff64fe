"""Memories: SRAM by capacity, word width and ports; off-chip DRAM by the bit."""

from __future__ import annotations

import math

from hwlib.effects import DEARER, Effects
from hwlib.figures import figure
from hwlib.part import Parameter, Part, register
from hwlib.quantity import Quantity, derive, zero

# Octaves without a gap: the law below takes the lower neighbour as half of the upper.
_TABLE_KIB = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


@register
class Sram(Part):
    """On-chip SRAM, log-log between the rows of a CACTI-type table (1 KiB to 1 MiB, 64-bit word,
    low standby power).

    Width: power law through the two widths of the 64-KiB row; area and leakage do not grow with it
    there, nor here.
    Outside the table the nearest slope goes on (at least 1 for area and leakage of larger ones:
    banks) with a wider range.
    """

    name = "sram"
    title = "SRAM"
    group = "memory"
    scaling = "sram"
    parameters = (
        Parameter("capacity_kib", 64.0, 0.0625, 65536, "KiB", monotone=True, effects=DEARER),
        Parameter(
            "width_bits",
            64,
            8,
            1024,
            "bit",
            integer=True,
            monotone=True,
            note="word",
            effects=Effects(energy="up"),
        ),
        Parameter("ports", 1, 1, 8, "ports", integer=True, monotone=True, effects=DEARER),
    )
    actions = {"read": "one word", "write": "one word"}
    capacity_kib: float
    width_bits: int
    ports: int

    def area(self) -> Quantity:
        return self._with_ports(self._by_capacity("area", "um2", 1.0))

    def leakage(self) -> Quantity:
        return self._with_ports(self._by_capacity("leakage", "W", 1.0))

    def energy(self, action: str) -> Quantity:
        narrow = figure(f"sram.{action}_64_w64")
        wide = figure(f"sram.{action}_64_w256")
        # From two printed widths of one capacity: more bit lines switch for a wider word, decoders
        # do not.
        exponent = math.log(wide.value / narrow.value) / math.log(256 / 64)
        factor = (self.width_bits / 64) ** exponent
        return self._with_ports(
            derive(
                f"x ({self.width_bits}/64 bit)^{exponent:.3f}",
                "J",
                lambda energy: energy * factor,
                self._by_capacity(action, "J", 0.0),
            )
        )

    def latency(self, action: str) -> Quantity:
        return self._by_capacity("latency", "s", 0.0)

    def _by_capacity(self, key: str, unit: str, least_exponent: float) -> Quantity:
        # From the second row on, so that there is a slope below the first as well.
        upper = next((k for k in _TABLE_KIB[1:] if k >= self.capacity_kib), _TABLE_KIB[-1])
        lower = upper // 2
        share = math.log2(self.capacity_kib / lower)
        small = figure(f"sram.{key}_{lower}_w64")
        large = figure(f"sram.{key}_{upper}_w64")
        if 0 <= share <= 1:
            return derive(
                f"log-log between {lower} and {upper} KiB, at {self.capacity_kib:g}",
                unit,
                lambda a, b: a ** (1 - share) * b**share,
                small,
                large,
            )
        edge, octaves = (small, share) if share < 0 else (large, share - 1)
        exponent = math.log2(large.value / small.value)
        if octaves > 0:
            # Large memories are banks: twice the bits cannot be less than twice the area, whatever
            # the slope at the edge of the table says.
            exponent = max(exponent, least_exponent)
        spread = figure("sram.small_spread" if octaves < 0 else "sram.large_spread")
        # 1 at the ends of the allowed capacities, 1/16 KiB and 64 MiB, where the spread was stated.
        reach = abs(octaves) / (4 if octaves < 0 else 6)
        return derive(
            f"extrapolated from the table to {self.capacity_kib:g} KiB",
            unit,
            lambda value, s: value * 2 ** (exponent * octaves) * s**reach,
            edge,
            spread,
        )

    def _with_ports(self, quantity: Quantity) -> Quantity:
        if self.ports == 1:
            return quantity
        return derive(
            f"x (1 + {self.ports - 1} further ports)",
            quantity.unit,
            lambda value, extra: value * (1 + extra * (self.ports - 1)),
            quantity,
            figure("sram.extra_port"),
        )


class Dram(Part):
    """Off-chip DRAM by the bit. No area on the chip; its interface and its idle power are not
    counted.
    """

    group = "memory"
    scaling = "none"
    actions = {"read": "one bit", "write": "one bit"}

    def area(self) -> Quantity:
        return zero("um2", "off chip")

    def leakage(self) -> Quantity:
        return zero("W", "off chip; refresh and idle power of the memory are not counted")

    def energy(self, action: str) -> Quantity:
        return derive(
            "energy a bit",
            "J",
            lambda energy: energy,
            figure(f"dram.{self.name.removeprefix('dram_')}_energy"),
        )

    def latency(self, action: str) -> Quantity:
        return derive("random access", "s", lambda t: t, figure("dram.access_latency"))


@register
class DramLpddr4(Dram):
    name = "dram_lpddr4"
    title = "Off-chip LPDDR4"


@register
class DramDdr3(Dram):
    name = "dram_ddr3"
    title = "Off-chip DDR3"
