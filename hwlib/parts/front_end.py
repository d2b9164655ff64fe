"""Column front ends: amplifier or integrator, sample-and-hold, analogue multiplexer."""

from __future__ import annotations

import math
from typing import ClassVar

from hwlib.effects import DEARER, Effects
from hwlib.figures import figure
from hwlib.part import Parameter, Part, register
from hwlib.quantity import Quantity, derive, zero

_SLOT = Parameter(
    "slot_ns",
    10.0,
    0.1,
    10000,
    "ns",
    monotone=True,
    note="one input slot; the bias flows only in it",
    effects=Effects(energy="up"),
)


class FrontEnd(Part):
    group = "array"
    scaling = "analog"

    def area(self) -> Quantity:
        return derive("area of one circuit", "um2", lambda a: a, figure(f"{self.name}.area"))

    def leakage(self) -> Quantity:
        return zero(
            "W",
            "bias switched off between samples; a few leaking transistors are below the range of "
            "the bias energy",
        )


class Amplifier(FrontEnd):
    parameters = (_SLOT,)
    actions = {"sample": "one column over one input slot"}
    slot_ns: float

    def bias(self) -> Quantity:
        """Energy in J of the bias current over one slot."""
        return derive(
            f"bias power x {self.slot_ns:g} ns",
            "J",
            # The bias flows whatever the signal is: time decides, and a slow slot costs more.
            lambda power: power * self.slot_ns * 1e-9,
            figure("amplifier.bias_power"),
        )

    def latency(self, action: str) -> Quantity:
        seconds = self.slot_ns * 1e-9
        return Quantity(seconds, seconds, seconds, "s", "the slot of the parameters")


@register
class TransimpedanceAmplifier(Amplifier):
    """Current to voltage on one column, biased during the slot."""

    name = "transimpedance_amplifier"
    title = "Transimpedance amplifier"

    def energy(self, action: str) -> Quantity:
        return self.bias()


@register
class Integrator(Amplifier):
    """Op-amp integrator on one column: bias during the slot and the charge of its capacitor."""

    name = "integrator"
    title = "Integrator"

    def energy(self, action: str) -> Quantity:
        return derive(
            "bias + C V^2 at the supply",
            "J",
            # Charged once a sample to at most the supply: an upper bound of a signal that is
            # smaller.
            lambda bias, c, v: bias + c * v**2,
            self.bias(),
            figure("integrator.capacitance"),
            figure("scaling.supply_40"),
        )


@register
class SampleHold(FrontEnd):
    """Sample-and-hold of one column: C V^2 of its capacitor at the supply."""

    name = "sample_hold"
    title = "Sample-and-hold"
    scaling = "matched"
    actions = {"sample": "one column sampled once"}

    def energy(self, action: str) -> Quantity:
        return derive(
            "C V^2 at the supply",
            "J",
            lambda c, v: c * v**2,
            figure("sample_hold.capacitance"),
            figure("scaling.supply_40"),
        )


@register
class ColumnMux(Part):
    """Transmission gates of `inputs` columns onto one converter; selection walks a tree of 2:1
    levels.
    """

    name = "column_mux"
    title = "Column multiplexer"
    group = "array"
    scaling = "pitch"
    parameters = (
        Parameter("inputs", 8, 1, 1024, "columns", integer=True, monotone=True, effects=DEARER),
    )
    actions = {"select": "switch to one column"}
    inputs: int

    def area(self) -> Quantity:
        return derive(
            "inputs x area an input",
            "um2",
            lambda a: self.inputs * a,
            figure("column_mux.area_per_input"),
        )

    def leakage(self) -> Quantity:
        return derive(
            "inputs x leakage an input",
            "W",
            lambda p: self.inputs * p,
            figure("column_mux.leakage_per_input"),
        )

    def energy(self, action: str) -> Quantity:
        # One level more than the tree of selection has: a single column still passes a gate.
        levels = 1 + math.ceil(math.log2(self.inputs))
        return derive(
            f"{levels} levels x energy a level",
            "J",
            lambda e: levels * e,
            figure("column_mux.energy"),
        )


class BiasedAmplifier(FrontEnd):
    """An amplifier inside an array, by the bias of published ones (hwlib/fits/column_amplifiers.csv)."""

    parameters = (_SLOT,)
    kind: ClassVar[str]
    slot_ns: float

    def area(self) -> Quantity:
        # no amplifier of an array is published with its area but NeuRRAM's integrator
        return derive("as the integrator", "um2", lambda a: a, figure("integrator.area"))

    def energy(self, action: str) -> Quantity:
        return derive(
            f"bias power x {self.slot_ns:g} ns",
            "J",
            lambda power: power * self.slot_ns * 1e-9,
            figure(f"column_amplifier_fit.{self.kind}_power"),
        )

    def latency(self, action: str) -> Quantity:
        seconds = self.slot_ns * 1e-9
        return Quantity(seconds, seconds, seconds, "s", "the slot of the parameters")


@register
class ReadAmplifier(BiasedAmplifier):
    """Clamp, integrator or transimpedance amplifier of one column, as published ones take it; the two
    of these names rest on an estimate of 85 uW.
    """

    name = "read_amplifier"
    title = "Read amplifier in an array"
    actions = {"sample": "one column over one input slot"}
    kind = "read_amplifier"


@register
class LineLoad(FrontEnd):
    """What a bit line of SRAM draws while comparators look at it: cells of both states, or cells and
    the load of the line, hold it between the supplies. No circuit of its own; the current is that of
    published columns (hwlib/fits/column_lines.csv).
    """

    name = "line_load"
    title = "Current of an SRAM line under a comparator"
    # Cells, not logic, set the current, and its supply is a parameter.
    scaling = "none"
    parameters = (
        _SLOT,
        Parameter(
            "line_supply_v",
            1.1,
            0.1,
            5.0,
            "V",
            monotone=True,
            note="from which the line is held",
            effects=Effects(energy="up"),
        ),
    )
    actions = {"sample": "one column over one input slot"}
    slot_ns: float
    line_supply_v: float

    def area(self) -> Quantity:
        return zero("um2", "no circuit: the line's own cells")

    def energy(self, action: str) -> Quantity:
        return derive(
            f"current x {self.line_supply_v:g} V x {self.slot_ns:g} ns",
            "J",
            lambda current: current * self.line_supply_v * self.slot_ns * 1e-9,
            figure("column_line_fit.current"),
        )

    def latency(self, action: str) -> Quantity:
        seconds = self.slot_ns * 1e-9
        return Quantity(seconds, seconds, seconds, "s", "the slot of the parameters")


@register
class RowBuffer(BiasedAmplifier):
    """Buffer that holds one row at an analogue voltage during a slot; its converter is not in it."""

    name = "row_buffer"
    title = "Row buffer"
    actions = {"drive": "one row over one input slot"}
    kind = "row_buffer"
