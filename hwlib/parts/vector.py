"""One lane of the digital vector unit: arithmetic, a lookup table and an iterative divider, with
operand registers.
"""

from __future__ import annotations

from hwlib.effects import OTHER_CIRCUIT
from hwlib.figures import figure
from hwlib.part import Parameter, Part, register
from hwlib.parts.counters import Counter
from hwlib.parts.digital import Adder, Comparator, Multiplier, Register
from hwlib.parts.floating_point import FLOATING_FORMATS, FloatingAdder, FloatingMultiplier
from hwlib.parts.stochastic import Lfsr
from hwlib.quantity import Quantity, derive, total

INTEGER_FORMATS = {"int8": 8, "int16": 16, "int32": 32}
_TABLE_ENTRIES = 256
# Guard and round bit of a digit recurrence on a significand.
_GUARD_BITS = 2


@register
class VectorLane(Part):
    """A lane of one number format, sum of its parts.

    Held: multiplier, adder (accumulating: 2 bits + 4 wide for integers, at most 64), comparator,
    table of 256 entries, two operand registers and a result register, and one radix-2 digit
    recurrence for division and square root.
    An action pays the unit it uses and the registers it writes; idle units of the lane are taken as
    operand-gated. A lane that rounds by chance has a shift register of random bits and an adder for
    them, as wide as its word, and uses both with every result of its arithmetic.
    """

    name = "vector_lane"
    title = "Vector lane"
    group = "digital"
    parameters = (
        Parameter(
            "format", "int16", choices=(*INTEGER_FORMATS, *FLOATING_FORMATS), effects=OTHER_CIRCUIT
        ),
        Parameter("rounding", "nearest", choices=("nearest", "stochastic"), effects=OTHER_CIRCUIT),
    )
    actions = {
        "add": "one addition",
        "multiply": "one multiplication",
        "multiply_add": "one multiplication and addition",
        "compare": "one comparison (max pooling, rectifier)",
        "lookup": "one read of the 256-entry activation table",
        "divide": "one division, all iterations of the recurrence",
        "square_root": "one square root, all iterations of the recurrence",
    }
    format: str
    rounding: str

    def area(self) -> Quantity:
        parts = self._held()
        return total(
            "um2",
            [
                *(part.area() for part in parts),
                self._table("area_1kib", _TABLE_ENTRIES * self.bits(), 8192),
            ],
        )

    def leakage(self) -> Quantity:
        parts = self._held()
        return total(
            "W",
            [
                *(part.leakage() for part in parts),
                self._table("leakage_1kib", _TABLE_ENTRIES * self.bits(), 8192),
            ],
        )

    def energy(self, action: str) -> Quantity:
        adder, multiplier, comparator = self._arithmetic()
        # What is read into registers: a table and a root take one, a fused operation takes three.
        operands = (
            1 if action in ("lookup", "square_root") else 3 if action == "multiply_add" else 2
        )
        registers = (
            Register(bits=self.bits())
            .energy("write")
            .times(operands + 1, f"{operands} operands and the result")
        )
        work = {
            "add": lambda: [adder.energy("add")],
            "multiply": lambda: [multiplier.energy("multiply")],
            "multiply_add": lambda: [multiplier.energy("multiply"), adder.energy("add")],
            "compare": lambda: [comparator.energy("compare")],
            "lookup": lambda: [self._table("read_energy_64", self.bits(), 64)],
            "divide": lambda: [self._recurrence_energy()],
            "square_root": lambda: [self._recurrence_energy()],
        }[action]()
        # A comparison gives a bit and a table holds what is rounded already.
        rounds = self.rounding == "stochastic" and action not in ("compare", "lookup")
        return total("J", [*work, registers, *(self._rounding_energy() if rounds else ())])

    def latency(self, action: str) -> Quantity:
        adder, multiplier, comparator = self._arithmetic()
        if action == "lookup":
            return derive(
                "access of a 1-KiB memory",
                "s",
                lambda delay: delay,
                figure("lookup_table.latency_1kib"),
            )
        if action in ("divide", "square_root"):
            return (
                self._recurrence()[0]
                .latency("add")
                .times(
                    self.iterations(), f"{self.iterations()} steps of a radix-2 digit recurrence"
                )
            )
        if action == "multiply_add":
            return multiplier.latency("multiply") + adder.latency("add")
        return {"add": adder, "multiply": multiplier, "compare": comparator}[action].latency(action)

    def bits(self) -> int:
        """Width of a word of the format."""
        return INTEGER_FORMATS.get(self.format) or FLOATING_FORMATS[self.format][0]

    def iterations(self) -> int:
        """Steps of the radix-2 recurrence: one a result bit, and two guard bits for a significand."""
        return INTEGER_FORMATS.get(self.format) or FLOATING_FORMATS[self.format][1] + _GUARD_BITS

    def _held(self) -> list[Part]:
        registers = Register(bits=3 * self.bits())
        return [*self._arithmetic(), *self._recurrence(), registers, *self._chance()]

    def _chance(self) -> tuple[Part, ...]:
        """What rounding by chance takes."""
        if self.rounding == "nearest":
            return ()
        return Lfsr(bits=self.bits()), Adder(bits=self.bits())

    def _rounding_energy(self) -> tuple[Quantity, ...]:
        numbers, adder = self._chance()
        return numbers.energy("number"), adder.energy("add")

    def _arithmetic(self) -> tuple[Part, Part, Part]:
        if self.format in INTEGER_FORMATS:
            # The sum of products is wider than a product; 64 bits are enough for products of 32.
            return (
                Adder(bits=min(2 * self.bits() + 4, 64)),
                Multiplier(bits=self.bits()),
                Comparator(bits=self.bits()),
            )
        return (
            FloatingAdder(format=self.format),
            FloatingMultiplier(format=self.format),
            Comparator(bits=self.bits()),
        )

    def _recurrence(self) -> tuple[Part, ...]:
        width = self.iterations()
        return Adder(bits=width), Register(bits=2 * width), Counter(bits=width.bit_length())

    def _recurrence_energy(self) -> Quantity:
        adder, state, counter = self._recurrence()
        step = total(
            "J",
            [adder.energy("add"), state.energy("write"), counter.energy("count")],
            "one step: add, store, count",
        )
        return step.times(
            self.iterations(), f"{self.iterations()} steps of a radix-2 digit recurrence"
        )

    def _table(self, what: str, bits: int, reference_bits: int) -> Quantity:
        entry = figure(f"lookup_table.{what}")
        share = bits / reference_bits
        return derive(
            f"x {bits}/{reference_bits} bits", entry.unit, lambda value: value * share, entry
        )
