"""Binary logic in 40-nm LP by bits: register, adder, shift-add, multiplier, comparator,
multiply-accumulate.

Laws run through the synthesis reports of UnarySim where there is one, through Nangate45 syntheses
times the library ratio where there is none. Arithmetic is combinational; its registers are parts of
their own.
"""

from __future__ import annotations

from hwlib.effects import DEARER
from hwlib.figures import figure
from hwlib.logic import Logic, by_bits, delay_40lp, less, to_40lp, width_in_bits
from hwlib.part import Parameter, register
from hwlib.quantity import Figure, Quantity, derive, total

# Growth beyond the widest synthesised point. Adder: Nangate45 16 -> 32 bits, 92.83 -> 207.48 um2.
_ADDER_AREA_EXPONENT = 1.16
# An array multiplier has bits^2 cells; also from the narrowest point down.
_MULTIPLIER_EXPONENT = 2.0


@register
class Register(Logic):
    """Clocked storage with enable: the 128-flip-flop data buffer of UnarySim, by the bit."""

    name = "register"
    title = "Register"
    enabled_by = "write"
    group = "digital"
    parameters = (width_in_bits(16, 65536),)
    actions = {"write": "store all bits once", "read": "select all bits once"}
    bits: int

    def cells(self) -> Quantity:
        return by_bits({128: figure("data_buffer_128.area")}, self.bits, 1.0, 1.0)

    def leakage(self) -> Quantity:
        return by_bits({128: figure("data_buffer_128.leakage")}, self.bits)

    def energy(self, action: str) -> Quantity:
        if action == "write":
            return by_bits({128: figure("data_buffer_128.energy")}, self.bits)
        return derive(
            f"{self.bits} bits x read energy",
            "J",
            lambda energy: self.bits * energy,
            figure("logic.read_energy"),
        )

    def latency(self, action: str) -> Quantity:
        return delay_40lp("register_8")


@register
class Adder(Logic):
    """Two's complement adder without registers: report minus its flip-flops at 8 and 16 bits."""

    name = "adder"
    title = "Adder"
    group = "digital"
    parameters = (width_in_bits(16, 64),)
    actions = {"add": "one addition"}
    bits: int

    def cells(self) -> Quantity:
        sixteen = less(
            figure("adder_16.registered_area"),
            figure("logic.flip_flop_area"),
            # Sum and carry are stored in the report; flip-flops are parts of their own here.
            17,
            "report less 17 flip-flops",
        )
        return by_bits(
            {8: figure("adder_8.area"), 16: sixteen}, self.bits, 1.0, _ADDER_AREA_EXPONENT
        )

    def energy(self, action: str) -> Quantity:
        clock = figure("logic.flip_flop_energy")
        # 8 + 8 operands and 9 bits of sum; the 16-bit report stores its 17 bits of sum alone.
        eight = less(figure("adder_8.registered_energy"), clock, 25, "report less 25 flip-flops")
        sixteen = less(figure("adder_16.registered_energy"), clock, 17, "report less 17 flip-flops")
        return by_bits({8: eight, 16: sixteen}, self.bits)

    def latency(self, action: str) -> Quantity:
        return delay_40lp("adder", (8, 16, 32), self.bits)


@register
class ShiftAdd(Logic):
    """Shift-and-add unit with its accumulator, as behind an ADC; `bits` is the accumulator width."""

    name = "shift_add"
    title = "Shift-and-add with accumulator"
    group = "digital"
    parameters = (width_in_bits(16, 64, "accumulator width"),)
    actions = {"add": "shift and add one sample into the accumulator"}
    bits: int

    def cells(self) -> Quantity:
        return by_bits({16: to_40lp(figure("shift_add.nangate45_area_16"))}, self.bits)

    def energy(self, action: str) -> Quantity:
        return by_bits({16: figure("shift_add.energy_16")}, self.bits)

    def latency(self, action: str) -> Quantity:
        return delay_40lp("shift_add", (16,), self.bits)


@register
class Multiplier(Logic):
    """Array multiplier without registers: reports at 8 and 16 bits, quadratic outside them."""

    name = "multiplier"
    title = "Multiplier"
    group = "digital"
    parameters = (width_in_bits(8, 64),)
    actions = {"multiply": "one multiplication"}
    bits: int

    def cells(self) -> Quantity:
        sixteen = less(
            figure("multiplier_16.registered_area"),
            figure("logic.flip_flop_area"),
            32,
            "report less 32 flip-flops",
        )
        return self._law(figure("multiplier_8.area"), sixteen)

    def leakage(self) -> Quantity:
        stored = figure("logic.flip_flop_leakage")
        sixteen = less(
            figure("multiplier_16.registered_leakage"), stored, 32, "report less 32 flip-flops"
        )
        return self._law(figure("multiplier_8.leakage"), sixteen)

    def energy(self, action: str) -> Quantity:
        clock = figure("logic.flip_flop_energy")
        eight = less(
            figure("multiplier_8.registered_energy"), clock, 32, "report less 32 flip-flops"
        )
        sixteen = less(
            figure("multiplier_16.registered_energy"), clock, 32, "report less 32 flip-flops"
        )
        return self._law(eight, sixteen)

    def latency(self, action: str) -> Quantity:
        return delay_40lp("multiplier", (4, 8, 16), self.bits)

    def _law(self, eight: Quantity | Figure, sixteen: Quantity | Figure) -> Quantity:
        return by_bits(
            {8: eight, 16: sixteen}, self.bits, _MULTIPLIER_EXPONENT, _MULTIPLIER_EXPONENT
        )


@register
class Comparator(Logic):
    """Magnitude comparator: Nangate45 synthesis at 8 and 16 bits, linear outside."""

    name = "comparator"
    title = "Magnitude comparator"
    group = "digital"
    parameters = (width_in_bits(8, 64),)
    actions = {"compare": "one comparison"}
    bits: int

    def cells(self) -> Quantity:
        points = {width: to_40lp(figure(f"comparator.nangate45_area_{width}")) for width in (8, 16)}
        return by_bits(points, self.bits)

    def energy(self, action: str) -> Quantity:
        return by_bits({8: figure("comparator.energy_8")}, self.bits)

    def latency(self, action: str) -> Quantity:
        return delay_40lp("comparator", (8, 16), self.bits)


@register
class MultiplyAccumulate(Logic):
    """Multiplier, adder and accumulator register of 2 bits + 4 (20 bits at 8), each by its own law."""

    name = "multiply_accumulate"
    title = "Multiply-accumulate"
    group = "digital"
    parameters = (
        Parameter(
            "bits",
            8,
            1,
            30,
            "bit",
            integer=True,
            monotone=True,
            note="operand width",
            effects=DEARER,
        ),
    )
    actions = {"multiply_add": "one multiplication added into the accumulator"}
    bits: int

    def cells(self) -> Quantity:
        return total(
            "um2",
            [
                Multiplier(bits=self.bits).cells(),
                Adder(bits=self.width()).cells(),
                self._accumulator("area"),
            ],
        )

    def leakage(self) -> Quantity:
        return total(
            "W",
            [
                Multiplier(bits=self.bits).leakage(),
                Adder(bits=self.width()).leakage(),
                self._accumulator("leakage"),
            ],
        )

    def energy(self, action: str) -> Quantity:
        parts = [
            Multiplier(bits=self.bits).energy("multiply"),
            Adder(bits=self.width()).energy("add"),
            self._accumulator("energy"),
        ]
        return total("J", parts)

    def latency(self, action: str) -> Quantity:
        return Multiplier(bits=self.bits).latency("multiply") + Adder(bits=self.width()).latency(
            "add"
        )

    def width(self) -> int:
        """Accumulator width: the product and four guard bits, as in the UnarySim report."""
        return 2 * self.bits + 4

    def _accumulator(self, what: str) -> Quantity:
        # Always enabled while busy: bare flip-flops, without the enable of the data buffer.
        return by_bits({1: figure(f"logic.flip_flop_{what}")}, self.width())
