"""Sources and ends of bit streams: number generators, stream generators, counters back to binary,
threshold accumulator.

Sobol generators are synthesis reports of UnarySim (TSMC 40LP, 400 MHz); LFSR and threshold
accumulator are Nangate45 syntheses times the library ratio, their energies built from flip-flops
and gates. One action is one clock of the stream.
"""

from __future__ import annotations

from hwlib.effects import DEARER, OTHER_CIRCUIT
from hwlib.figures import figure
from hwlib.logic import Logic, by_bits, delay_40lp, report_clock, to_40lp
from hwlib.part import Parameter, register
from hwlib.parts.counters import Counter
from hwlib.parts.digital import Adder, Comparator, Register
from hwlib.quantity import Quantity, derive, total

_WIDEST_SOBOL_REPORT = 10


def _bits(high: int, low: int = 3) -> Parameter:
    return Parameter("bits", 8, low, high, "bit", integer=True, monotone=True, effects=DEARER)


@register
class Lfsr(Logic):
    """Linear feedback shift register: Nangate45 syntheses at 8, 10, 16 and 32 bits; flip-flops and
    three XOR a number.
    """

    name = "lfsr"
    title = "Linear feedback shift register"
    enabled_by = "number"
    group = "stochastic"
    parameters = (_bits(32),)
    actions = {"number": "one random number"}
    bits: int

    def cells(self) -> Quantity:
        return by_bits(
            {width: to_40lp(figure(f"lfsr.nangate45_area_{width}")) for width in (8, 10, 16, 32)},
            self.bits,
        )

    def energy(self, action: str) -> Quantity:
        return derive(
            f"{self.bits} flip-flops + 3 XOR",
            "J",
            # Three XOR gates: four taps are enough for the full period at every width here.
            lambda stored, gate: self.bits * stored + 3 * gate,
            figure("logic.flip_flop_energy"),
            figure("stream_gate.xor_energy"),
        )

    def latency(self, action: str) -> Quantity:
        return delay_40lp("lfsr", (8, 16), self.bits)


@register
class SobolGenerator(Logic):
    """Sobol number generator: the report of its width from 3 to 10 bits, above it the line fitted
    through the reports.

    A block of its own, with output drivers (41 of 175 um2 at 8 bits); inside a stream generator
    they are left out.
    """

    name = "sobol_generator"
    title = "Sobol number generator"
    enabled_by = "number"
    group = "stochastic"
    parameters = (_bits(16),)
    actions = {"number": "one quasi-random number"}
    bits: int

    def cells(self) -> Quantity:
        return self._report("area")

    def leakage(self) -> Quantity:
        return self._report("leakage")

    def energy(self, action: str) -> Quantity:
        return self._report("energy")

    def latency(self, action: str) -> Quantity:
        return report_clock()

    def _report(self, what: str) -> Quantity:
        width = min(self.bits, _WIDEST_SOBOL_REPORT)
        # A report for each width up to ten: above, only the slope of a line through them is known.
        extra = self.bits - width
        widest = figure(f"sc_sobol_rng_{width}.{what}")
        if not extra:
            return derive("synthesis report", widest.unit, lambda value: value, widest)
        return derive(
            f"10-bit report + {extra} bits x fitted slope",
            widest.unit,
            lambda value, slope: value + extra * slope,
            widest,
            figure(f"sobol_fit.{what}_per_bit"),
        )


@register
class StreamConverter(Logic):
    """Operand register and comparator: makes one stream from a random number that others may share."""

    name = "stream_converter"
    title = "Stream converter (register and comparator)"
    group = "stochastic"
    parameters = (_bits(16),)
    actions = {"bit": "compare the operand with one random number"}
    bits: int

    def cells(self) -> Quantity:
        return derive(
            f"{self.bits} flip-flops + {self.bits}/8 of an 8-bit comparator",
            "um2",
            lambda stored, compare: self.bits * (stored + compare / 8),
            figure("logic.flip_flop_area"),
            figure("generator_comparator.area_8"),
        )

    def energy(self, action: str) -> Quantity:
        # The operand stands still for the length of the stream: its register is gated.
        return Comparator(bits=self.bits).energy("compare")

    def latency(self, action: str) -> Quantity:
        return Comparator(bits=self.bits).latency("compare")


@register
class BitstreamGenerator(Logic):
    """Number generator, operand register and comparator of one stream, without the drivers between
    them.
    """

    name = "bitstream_generator"
    title = "Bit-stream generator"
    enabled_by = "bit"
    group = "stochastic"
    parameters = (
        _bits(16),
        Parameter("source", "lfsr", choices=("lfsr", "sobol"), effects=OTHER_CIRCUIT),
    )
    actions = {"bit": "one stream bit: one number and one comparison"}
    bits: int
    source: str

    def cells(self) -> Quantity:
        generator = self._generator().cells()
        if self.source == "sobol":
            driver = figure("sobol_fit.driver_area_8")
            generator = derive(
                f"generator less {self.bits} output drivers",
                "um2",
                # Inside the generator the next gate is a neighbour: no driver stands between.
                lambda whole, drivers: whole - self.bits / 8 * drivers,
                generator,
                driver,
            )
        return total("um2", [generator, StreamConverter(bits=self.bits).cells()])

    def energy(self, action: str) -> Quantity:
        return total(
            "J", [self._generator().energy("number"), StreamConverter(bits=self.bits).energy("bit")]
        )

    def latency(self, action: str) -> Quantity:
        return self._generator().latency("number") + StreamConverter(bits=self.bits).latency("bit")

    def _generator(self) -> Logic:
        return Lfsr(bits=self.bits) if self.source == "lfsr" else SobolGenerator(bits=self.bits)


@register
class StreamCounter(Counter):
    """Counter that turns a stream back into a binary number."""

    name = "stream_counter"
    title = "Stream counter"
    group = "stochastic"
    parameters = (_bits(32, 1),)
    actions = {"count": "one stream bit counted"}


@register
class ThresholdAccumulator(Logic):
    """Accumulator that emits whole multiples of a threshold and keeps the rest; `bits` is its
    width.

    Nangate45 syntheses at 16 and 32 bits; energy: adder, accumulator register and comparator of
    that width.
    """

    name = "threshold_accumulator"
    title = "Threshold accumulator"
    group = "stochastic"
    parameters = (Parameter("bits", 16, 4, 64, "bit", integer=True, monotone=True, effects=DEARER),)
    actions = {"accumulate": "add one value and compare with the threshold"}
    bits: int

    def cells(self) -> Quantity:
        return by_bits(
            {
                width: to_40lp(figure(f"threshold_accumulator.nangate45_area_{width}"))
                for width in (16, 32)
            },
            self.bits,
        )

    def energy(self, action: str) -> Quantity:
        adder = Adder(bits=self.bits)
        stored = Register(bits=self.bits)
        comparator = Comparator(bits=self.bits)
        return total(
            "J", [adder.energy("add"), stored.energy("write"), comparator.energy("compare")]
        )

    def latency(self, action: str) -> Quantity:
        return delay_40lp("threshold_accumulator", (16, 32), self.bits)
