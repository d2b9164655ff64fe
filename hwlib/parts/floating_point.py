"""Floating-point adder, multiplier and comparator: two disputed sources as low and high, their
geometric mean between.

Energy: Horowitz 2014 (45 nm, 0.9 V, unscaled) against Aladdin (40 nm). Area: own Nangate45
synthesis times the library ratio (a lower bound: truncating, unpipelined) against Aladdin
(3-stage). A format that a source lacks takes the source's FP32 figure in the ratio of the
synthesised areas.
"""

from __future__ import annotations

from hwlib.effects import OTHER_CIRCUIT
from hwlib.figures import figure
from hwlib.logic import Logic, delay_40lp, disputed, to_40lp
from hwlib.part import Parameter, register
from hwlib.parts.digital import Comparator
from hwlib.quantity import Quantity, derive

# format -> (total bits, bits of the significand with its hidden one)
FLOATING_FORMATS = {"fp16": (16, 11), "bf16": (16, 8), "fp32": (32, 24)}


class _FloatingPoint(Logic):
    group = "digital"
    parameters = (
        Parameter("format", "fp32", choices=tuple(FLOATING_FORMATS), effects=OTHER_CIRCUIT),
    )
    operation = ""
    format: str

    def cells(self) -> Quantity:
        synthesised = to_40lp(figure(f"{self.format}.{self.operation}_nangate45_area"))
        return disputed(synthesised, self._by_area("area_aladdin"))

    def energy(self, action: str) -> Quantity:
        low = (
            figure(f"{self.format}.{self.operation}_energy_horowitz")
            # Horowitz printed fp16 and fp32; bf16 came later.
            if self.format != "bf16"
            else self._by_area("energy_horowitz")
        )
        return disputed(low, self._by_area("energy_aladdin"))

    def latency(self, action: str) -> Quantity:
        return delay_40lp(f"{self.operation}_{self.format}")

    def _by_area(self, what: str) -> Quantity:
        """The FP32 figure `what`, in the ratio of this format's synthesised area to that of FP32."""
        ratio = (
            figure(f"{self.format}.{self.operation}_nangate45_area").value
            / figure(f"fp32.{self.operation}_nangate45_area").value
        )
        single = figure(f"fp32.{self.operation}_{what}")
        return derive(
            f"FP32 figure x {ratio:.3g}, area ratio {self.format}/fp32",
            single.unit,
            lambda value: value * ratio,
            single,
        )


@register
class FloatingAdder(_FloatingPoint):
    """Floating-point adder (three pipeline stages in the upper source)."""

    name = "floating_adder"
    title = "Floating-point adder"
    actions = {"add": "one addition"}
    operation = "add"


@register
class FloatingMultiplier(_FloatingPoint):
    """Floating-point multiplier (three pipeline stages in the upper source)."""

    name = "floating_multiplier"
    title = "Floating-point multiplier"
    actions = {"multiply": "one multiplication"}
    operation = "multiply"


@register
class FloatingComparator(Logic):
    """Comparison of two floating-point numbers: an integer comparison of their sign-magnitude
    words.
    """

    name = "floating_comparator"
    title = "Floating-point comparator"
    group = "digital"
    parameters = _FloatingPoint.parameters
    actions = {"compare": "one comparison"}
    format: str

    def cells(self) -> Quantity:
        # IEEE words are ordered as sign and magnitude: exponents stand above significands.
        return Comparator(bits=FLOATING_FORMATS[self.format][0]).cells()

    def energy(self, action: str) -> Quantity:
        return Comparator(bits=FLOATING_FORMATS[self.format][0]).energy(action)

    def latency(self, action: str) -> Quantity:
        return Comparator(bits=FLOATING_FORMATS[self.format][0]).latency(action)
