"""Arithmetic on streams: each kind is a synthesised block of UnarySim (TSMC 40LP, 400 MHz), one
action is one stream bit.

A block is reported at one width and one input count. Where its hardware grows with a parameter
(number generators, counters, adder trees), the law is a power law through the reported points,
linear outside them; where it does not (state machines of fixed depth), the parameter changes
nothing.
"""

from __future__ import annotations

from hwlib.effects import DEARER, OTHER_CIRCUIT
from hwlib.figures import figure
from hwlib.logic import Logic, by_bits, report_clock
from hwlib.part import Parameter, register
from hwlib.quantity import Figure, Quantity, derive

ENCODINGS = ("unipolar", "bipolar")


class Reported(Logic):
    """A part whose area, energy and leakage are reports: a subclass gives `law(what)` for what =
    area, energy, leakage.
    """

    group = "stochastic"
    actions = {"bit": "one bit of the output stream"}

    def law(self, what: str) -> Quantity:
        raise NotImplementedError

    def cells(self) -> Quantity:
        return self.law("area")

    def leakage(self) -> Quantity:
        return self.law("leakage")

    def energy(self, action: str) -> Quantity:
        return self.law("energy")

    def latency(self, action: str) -> Quantity:
        return report_clock()


def as_reported(entry: Figure) -> Quantity:
    return derive("synthesis report", entry.unit, lambda value: value, entry)


# kind -> {inputs: block}
_ADDERS = {
    "mux": {8: "add8_mux"},
    "mux_with_generator": {8: "add8_mux_with_rng"},
    "mux_jenson": {8: "add8_mux_jenson_with_rng"},
    "parallel_counter": {8: "add8_approx_parallel_counter"},
    "parallel_counter_with_generator": {8: "add8_approx_parallel_counter_with_rng"},
    "or": {8: "add8_or"},
    "ugemm_scaled": {8: "add8_scaled_ugemm", 16: "add16_scaled_ugemm"},
    "ugemm_nonscaled": {8: "add8_nonscaled_ugemm", 16: "add16_nonscaled_ugemm"},
}


@register
class StreamAdder(Reported):
    """Adder of several streams; reported at 8 inputs (uGEMM also at 16), linear in the inputs
    outside.
    """

    name = "stream_adder"
    title = "Adder on streams"
    parameters = (
        Parameter("inputs", 8, 2, 1024, integer=True, monotone=True, effects=DEARER),
        Parameter("kind", "parallel_counter", choices=tuple(_ADDERS), effects=OTHER_CIRCUIT),
    )
    inputs: int
    kind: str

    def law(self, what: str) -> Quantity:
        return by_bits(
            {count: figure(f"sc_{block}.{what}") for count, block in _ADDERS[self.kind].items()},
            self.inputs,
            what="inputs",
        )


@register
class StreamMultiplier(Reported):
    """Multiplier of two values with its number generators, operands of `bits`; reported at 8 bits,
    linear outside.

    gaines: two stream generators and a gate; ugemm: one stored operand, one stream; sim: Sim and
    Lee; jenson: deterministic, needs 2^(2 bits) cycles.
    """

    name = "stream_multiplier"
    title = "Multiplier on streams"
    parameters = (
        Parameter("bits", 8, 3, 16, "bit", integer=True, monotone=True, effects=DEARER),
        Parameter(
            "kind", "ugemm", choices=("gaines", "ugemm", "sim", "jenson"), effects=OTHER_CIRCUIT
        ),
        Parameter("encoding", "unipolar", choices=ENCODINGS, effects=OTHER_CIRCUIT),
    )
    bits: int
    kind: str
    encoding: str

    def law(self, what: str) -> Quantity:
        # Gaines' product needs both operands as streams, hence two generators in its report.
        suffix = "_2sng" if self.kind == "gaines" else ""
        return by_bits({8: figure(f"sc_mul_{self.kind}_{self.encoding}{suffix}.{what}")}, self.bits)


# kind -> (block without its encoding, reported width where the block grows with bits, else 0)


_DOT_PRODUCTS = tuple(
    f"{kind}_{encoding}_{scaling}"
    for kind, encoding, scaling in (
        ("gaines", "bipolar", "scaled"),
        ("gaines", "unipolar", "nonscaled"),
        ("gaines", "unipolar", "scaled"),
        ("jenson", "bipolar", "scaled"),
        ("jenson", "unipolar", "nonscaled"),
        ("jenson", "unipolar", "scaled"),
        ("sim", "bipolar", "scaled"),
        ("sim", "unipolar", "nonscaled"),
        ("sim", "unipolar", "scaled"),
        ("ugemm", "bipolar", "nonscaled"),
        ("ugemm", "bipolar", "scaled"),
        ("ugemm", "unipolar", "nonscaled"),
        ("ugemm", "unipolar", "scaled"),
    )
)


@register
class StreamDotProduct(Reported):
    """Multiply-accumulate unit of several products with 8-bit operands; reported at 16 products,
    linear in them.
    """

    name = "stream_dot_product"
    title = "Dot product on streams"
    parameters = (
        Parameter("inputs", 16, 1, 1024, integer=True, monotone=True, effects=DEARER),
        Parameter("kind", "ugemm_unipolar_scaled", choices=_DOT_PRODUCTS, effects=OTHER_CIRCUIT),
    )
    inputs: int
    kind: str

    def law(self, what: str) -> Quantity:
        return by_bits({16: figure(f"sc_mac16_{self.kind}.{what}")}, self.inputs, what="inputs")


_FUNCTIONS = {
    "absolute": "abs_bipolar_fsm",
    "relu": "relu_stream_fsm",
    "sign": "sign_bipolar_fsm",
    "exponential": "exp_maclaurin_stream",
    "synchronize": "skewed_synchronizer",
    "synchronize_integer": "skewed_synchronizer_int",
    "to_unipolar": "bipolar_to_unipolar",
    "to_bipolar": "unipolar_to_bipolar",
    "jk_flip_flop": "jk_flip_flop",
    "cordiv_kernel": "div_cordiv_kernel",
}


@register
class StreamFunction(Reported):
    """A state machine on one stream, of the depth it was synthesised with."""

    name = "stream_function"
    title = "Function of a stream"
    parameters = (Parameter("function", "relu", choices=tuple(_FUNCTIONS), effects=OTHER_CIRCUIT),)
    function: str

    def law(self, what: str) -> Quantity:
        return as_reported(figure(f"sc_{_FUNCTIONS[self.function]}.{what}"))
