"""Drivers of the array's lines: charge C V^2 of the line and its buffer chain; write driver and
level shifter.
"""

from __future__ import annotations

import math

from hwlib.effects import DEARER, Effects
from hwlib.figures import figure
from hwlib.part import Parameter, Part, register
from hwlib.quantity import Figure, Quantity, derive

_VOLTAGE = Parameter("voltage_v", 1.1, 0.05, 5, "V", monotone=True, effects=Effects(energy="up"))


def line_capacitance(cells: int, line_pitch_nm: float, cell_capacitance: Figure) -> Quantity:
    """Capacitance in F of a line over `cells` cells: cell load and wire; pitch 0 takes the side of
    the 1T1R cell.
    """
    wire = figure("line.wire_capacitance")
    if line_pitch_nm > 0:
        return derive(
            "cells x (cell + pitch x wire capacitance)",
            "F",
            lambda cell, per_m: cells * (cell + line_pitch_nm * 1e-9 * per_m),
            cell_capacitance,
            wire,
        )
    return derive(
        "cells x (cell + F sqrt(cell area in F^2) x wire capacitance)",
        "F",
        lambda cell, per_m, squares: cells * (cell + 40e-9 * math.sqrt(squares) * per_m),
        cell_capacitance,
        wire,
        figure("cell_1t1r.area"),
    )


class LineDriver(Part):
    """One driver of one line. Area and leakage: NeuroSim at 128 cells, a share of them grows with
    the load.
    """

    group = "array"
    scaling = "analog"
    parameters = (
        Parameter(
            "cells",
            128,
            1,
            8192,
            "cells",
            integer=True,
            monotone=True,
            note="cells on the line",
            effects=DEARER,
        ),
        _VOLTAGE,
        Parameter(
            "line_pitch_nm",
            0,
            0,
            10000,
            "nm",
            note="0: side of the 1T1R cell",
            effects=Effects(energy="any"),
        ),
    )
    actions = {"drive": "charge the line once"}
    cell_capacitance: str
    cells: int
    voltage_v: float
    line_pitch_nm: float

    def area(self) -> Quantity:
        return self._with_load("area_128", "um2")

    def leakage(self) -> Quantity:
        return self._with_load("leakage_128", "W")

    def _with_load(self, key: str, unit: str) -> Quantity:
        return derive(
            "value at 128 cells x (1 - share + share x cells/128)",
            unit,
            lambda value, share: value * (1 - share + share * self.cells / 128),
            figure(f"{self.name}.{key}"),
            figure("line.load_share"),
        )

    def energy(self, action: str) -> Quantity:
        line = line_capacitance(self.cells, self.line_pitch_nm, figure(self.cell_capacitance))
        return derive(
            f"(1 + buffer share) x C V^2 at {self.voltage_v:g} V",
            "J",
            lambda c, share: (1 + share) * c * self.voltage_v**2,
            line,
            figure("line.buffer_share"),
        )


@register
class WordLineDriver(LineDriver):
    name = "word_line_driver"
    title = "Word-line driver"
    cell_capacitance = "line.gate_capacitance"


@register
class BitLineDriver(LineDriver):
    name = "bit_line_driver"
    title = "Bit-line driver"
    cell_capacitance = "line.drain_capacitance"


class HighVoltageStage(Part):
    """A thick-oxide stage: own switched capacitance times V^2 an action; area, leakage and
    capacitance are assumptions.
    """

    group = "array"
    scaling = "analog"
    voltage_v: float

    def area(self) -> Quantity:
        return derive("area of one stage", "um2", lambda a: a, figure(f"{self.name}.area"))

    def leakage(self) -> Quantity:
        return derive("leakage of one stage", "W", lambda p: p, figure(f"{self.name}.leakage"))

    def energy(self, action: str) -> Quantity:
        return derive(
            f"own C V^2 at {self.voltage_v:g} V",
            "J",
            lambda c: c * self.voltage_v**2,
            figure(f"{self.name}.capacitance"),
        )


@register
class WriteDriver(HighVoltageStage):
    """One write driver of one line; the cell's own write energy is charged by the cell, the line's
    charge by the line driver.
    """

    name = "write_driver"
    title = "Write driver"
    parameters = (
        Parameter("voltage_v", 2.0, 0.5, 5, "V", monotone=True, effects=Effects(energy="up")),
    )
    actions = {"pulse": "one write pulse on one line"}


@register
class LevelShifter(HighVoltageStage):
    """From the logic supply to the write or read supply of one line."""

    name = "level_shifter"
    title = "Level shifter"
    parameters = (
        Parameter("voltage_v", 2.0, 0.5, 5, "V", monotone=True, effects=Effects(energy="up")),
    )
    actions = {"shift": "one transition to the high supply and back"}
