"""Binary counters in 40-nm LP by bits: Nangate45 syntheses at 8 and 16 bits times the library ratio."""

from __future__ import annotations

from hwlib.figures import figure
from hwlib.logic import Logic, by_bits, delay_40lp, to_40lp, width_in_bits
from hwlib.part import register
from hwlib.quantity import Quantity


class _Counter(Logic):
    group = "digital"
    parameters = (width_in_bits(8, 64),)
    actions = {"count": "one clock edge with counting enabled"}
    direction = ""
    bits: int

    def cells(self) -> Quantity:
        # Saturation is a comparator more, so the two kinds have a synthesis each.
        points = {
            width: to_40lp(figure(f"counter.{self.direction}nangate45_area_{width}"))
            for width in (8, 16)
        }
        return by_bits(points, self.bits)

    def latency(self, action: str) -> Quantity:
        return delay_40lp(f"{self.direction}counter", (8, 16), self.bits)


@register
class Counter(_Counter):
    """Binary up counter."""

    name = "counter"
    title = "Up counter"

    def energy(self, action: str) -> Quantity:
        return by_bits({8: figure("counter.energy_8")}, self.bits)


@register
class UpDownCounter(_Counter):
    """Saturating up-down counter; its energy is the up counter's in the ratio of the synthesised
    areas.
    """

    name = "up_down_counter"
    title = "Up-down counter"
    direction = "up_down_"

    def energy(self, action: str) -> Quantity:
        # No energy report of an up-down counter is known: more gates of the same kind switch in
        # proportion.
        ratio = (
            figure("counter.up_down_nangate45_area_8").value
            / figure("counter.nangate45_area_8").value
        )
        return by_bits({8: figure("counter.energy_8")}, self.bits).times(
            ratio, f"x {ratio:.3g}, area ratio up-down / up counter"
        )
