"""Input converters of one row: a capacitive DAC, or a pulse-width driver."""

from __future__ import annotations

from hwlib.effects import DEARER
from hwlib.figures import figure
from hwlib.logic import leakage_of, placed, to_40lp
from hwlib.part import Parameter, Part, register
from hwlib.pieces import PartOfPieces, Piece
from hwlib.quantity import Quantity, derive

_BITS = Parameter("bits", 8, 1, 12, "bit", integer=True, monotone=True, effects=DEARER)


@register
class Dac(PartOfPieces):
    """Capacitive DAC: one switch a bit and 2^bits - 1 unit capacitors, through the 8-bit converter
    of a 40-nm chip.

    Switches shrink as logic, capacitors follow matching. Energy grows with the bits (ZigZag's law).
    One bit needs no capacitor: a row that is on or off has an inverter. The word or drive line that
    is fed is charged by its driver, not here.
    """

    name = "dac"
    title = "Row DAC"
    group = "array"
    parameters = (_BITS,)
    actions = {"convert": "one value on one row"}
    bits: int

    def area_pieces(self) -> tuple[Piece, ...]:
        if self.bits == 1:
            inverter = figure("dac.one_bit_area")
            return (Piece(derive("one inverter", "um2", lambda a: a, inverter), "logic"),)
        # Binary weights 1, 2, 4, ... units.
        units = 2**self.bits - 1
        switches = derive(
            "bits x switch", "um2", lambda switch: self.bits * switch, figure("dac.switch_area")
        )
        capacitors = derive(
            "(2^bits - 1) x unit capacitor",
            "um2",
            lambda unit: units * unit,
            figure("dac.unit_area"),
        )
        return Piece(switches, "logic"), Piece(capacitors, "matched")

    def leakage(self) -> Quantity:
        # Capacitors do not leak: only the switches count.
        if self.bits == 1:
            return leakage_of(figure("dac.one_bit_area"))
        return leakage_of(
            derive(
                "bits x switch area",
                "um2",
                lambda switch: self.bits * switch,
                figure("dac.switch_area"),
            )
        )

    def energy_pieces(self, action: str) -> tuple[Piece, ...]:
        if self.bits == 1:
            inverter = figure("dac.one_bit_energy")
            return (Piece(derive("one inverter", "J", lambda e: e, inverter), "logic"),)
        charge = derive(
            "bits x energy a bit",
            "J",
            lambda energy: self.bits * energy,
            figure("dac.energy_per_bit"),
        )
        # What is charged are the capacitors, whose size matching sets: their energy goes as V^2 and
        # not with the node.
        return (Piece(charge, "matched"),)


@register
class PulseWidthDriver(Part):
    """Digital value to pulse length: register and comparator against a shared counter, clocked
    until the match.

    Energy: bits x 2^(bits - 1) comparator steps, the mean over all values.
    """

    name = "pulse_width_driver"
    title = "Pulse-width driver"
    group = "array"
    scaling = "logic"
    parameters = (_BITS,)
    actions = {"convert": "one whole value on one row"}
    bits: int

    def _cells(self) -> Quantity:
        per_bit = to_40lp(figure("pulse_width_driver.nangate45_area_per_bit"))
        return derive("bits x cell area a bit", "um2", lambda area: self.bits * area, per_bit)

    def area(self) -> Quantity:
        return placed(self._cells())

    def leakage(self) -> Quantity:
        return leakage_of(self._cells())

    def energy(self, action: str) -> Quantity:
        steps = self.bits * 2 ** (self.bits - 1)
        return derive(
            "bits x 2^(bits - 1) x energy a step",
            "J",
            lambda energy: steps * energy,
            figure("pulse_width_driver.energy_per_step"),
        )
