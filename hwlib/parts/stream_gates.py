"""Single gates on streams: AND (unipolar product), XNOR (bipolar product), MUX (scaled sum).

The reported gates stand alone with an output driver (3.9 of the 5.1 um2 of the AND). `output` says
whether that driver is there: "driven" as in the report, "local" inside a larger block, as in an
array of gates that each feed a counter.
Their reports have no clock: the energies are assumptions between the two readings of the report
(AND: 7.3 or 18.2 fJ).
"""

from __future__ import annotations

from hwlib.effects import DEARER, OTHER_CIRCUIT
from hwlib.figures import figure
from hwlib.logic import Logic, leakage_of, report_clock
from hwlib.part import Parameter, register
from hwlib.quantity import Figure, Quantity, derive


class _StreamGate(Logic):
    group = "stochastic"
    parameters = (
        Parameter("inputs", 2, 2, 1024, integer=True, monotone=True, effects=DEARER),
        Parameter(
            "output",
            "driven",
            choices=("driven", "local"),
            note="with the output driver of the report, or without",
            effects=OTHER_CIRCUIT,
        ),
    )
    actions = {"bit": "one bit of the output stream"}
    gate = ""
    inputs: int
    output: str

    def cells(self) -> Quantity:
        return self._sum("area", figure(f"stream_gate.{self.gate}_area"))

    def leakage(self) -> Quantity:
        return self._sum("leakage", leakage_of(figure(f"stream_gate.{self.gate}_area")))

    def energy(self, action: str) -> Quantity:
        return self._sum("energy", figure(f"stream_gate.{self.gate}_energy"))

    def latency(self, action: str) -> Quantity:
        return report_clock()

    def _sum(self, what: str, one: Quantity | Figure) -> Quantity:
        """A tree of two-input gates, with one driver at its end where there is one."""
        # n inputs take n - 1 gates of two, in whatever tree they stand.
        gates = self.inputs - 1
        if self.output == "local":
            return derive(f"{gates} x {self.gate} gate", one.unit, lambda value: gates * value, one)
        return derive(
            f"{gates} x {self.gate} gate + driver",
            one.unit,
            lambda value, driver: gates * value + driver,
            one,
            figure(f"stream_gate.driver_{what}"),
        )


@register
class StreamAnd(_StreamGate):
    """Product of unipolar streams."""

    name = "stream_and"
    title = "AND on streams"
    gate = "and"


@register
class StreamXnor(_StreamGate):
    """Product of bipolar streams; an XOR gate with its last inversion free."""

    name = "stream_xnor"
    title = "XNOR on streams"
    gate = "xor"


@register
class StreamMux(_StreamGate):
    """Scaled sum of streams, without the generator of its select streams."""

    name = "stream_mux"
    title = "Multiplexer on streams"
    gate = "mux"
