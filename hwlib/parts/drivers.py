"""Drivers of the array's lines: charge C V^2 of the line and its buffer chain; write driver and
level shifter.
"""

from __future__ import annotations

import math

from hwlib.conditions import supply_under
from hwlib.effects import DEARER, Effects
from hwlib.figures import figure
from hwlib.node_levels import supply_voltage
from hwlib.part import Parameter, Part, register
from hwlib.pieces import PartOfPieces, Piece
from hwlib.quantity import Figure, Quantity, derive

_VOLTAGE = Parameter(
    "voltage_v",
    0.0,
    0.0,
    5,
    "V",
    note="0: the node's supply",
    effects=Effects(area="any", energy="any"),
)


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

    It stands at the pitch of its lines. Above a tenth over the node's supply it is of thick oxide,
    whose size does not fall below that of 130 nm.
    """

    group = "array"
    scaling = "pitch"
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
        return self.area_at(self.native_node_nm)

    def area_at(self, node_nm: float) -> Quantity:
        core = self._with_load("area_128", "um2")
        # A tenth over the nominal supply is the usual rating of core oxide.
        if self.voltage_v <= 1.1 * supply_voltage(node_nm).value:
            return self._scaled(core, "area", node_nm)
        return derive(
            "at 130 nm x thick over core oxide",
            "um2",
            lambda area, ratio: area * ratio,
            self._scaled(core, "area", max(node_nm, 130.0)),
            figure("high_voltage.over_core"),
        )

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
        return self.energy_at(action, self.native_node_nm)

    def energy_at(self, action: str, node_nm: float) -> Quantity:
        # The length of the line follows the pitch, its voltage is the array's or the node's own.
        line = line_capacitance(self.cells, self.line_pitch_nm, figure(self.cell_capacitance))
        if self.line_pitch_nm <= 0:
            # A stated pitch is geometry: it keeps its wires at every node. Otherwise the line
            # shrinks with the pitch of the node.
            line = self._at_node(line, "energy", node_nm)
        if self.voltage_v > 0:
            return derive(
                f"(1 + buffer share) x C V^2 at {self.voltage_v:g} V",
                "J",
                # C V^2 and not half of it: the supply gives that much to charge a line, and the
                # discharge gives nothing back.
                lambda c, share: (1 + share) * c * self.voltage_v**2,
                line,
                figure("line.buffer_share"),
            )
        return derive(
            "(1 + buffer share) x C V^2 at the node's supply",
            "J",
            lambda c, share, v: (1 + share) * c * v**2,
            line,
            figure("line.buffer_share"),
            supply_under(self.conditions, node_nm),
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


class HighVoltageStage(PartOfPieces):
    """A stage of thick-oxide devices: area and switched capacitance of a foundry cell of 5-V
    devices, by the array's voltage, which sets the length of its devices.

    The share of thick oxide stays at every node; what stands at the logic supply shrinks as logic.
    """

    group = "array"
    # Of the foundry cell that was measured.
    native_node_nm = 130.0
    voltage_v: float

    def area_pieces(self) -> tuple[Piece, ...]:
        return self._by_voltage("area", "um2", 0)

    def energy_pieces(self, action: str) -> tuple[Piece, ...]:
        return self._by_voltage("capacitance", "J", 2)

    def leakage(self) -> Quantity:
        return derive("leakage of one stage", "W", lambda p: p, figure(f"{self.name}.leakage"))

    def _by_voltage(self, key: str, unit: str, power: int) -> tuple[Piece, ...]:
        """A cell's number x V^power, its thick oxide by the voltage and the rest as it is."""
        cell = figure(f"{self.name}.{key}")
        share = figure("high_voltage.thick_share")
        # Power 2: the cell's number is a capacitance, and the node enters through the pieces'
        # classes alone.
        factor = math.pow(self.voltage_v, power)
        volts = f" x ({self.voltage_v:g} V)^{power}" if power else ""
        thick = derive(
            f"{key} x thick share x ({self.voltage_v:g} V / rating)^exponent{volts}",
            unit,
            lambda a, s, exponent, rating: (
                a * s * math.pow(self.voltage_v / rating, exponent) * factor
            ),
            cell,
            share,
            figure("high_voltage.exponent"),
            figure("high_voltage.rating"),
        )
        rest = derive(
            f"{key} x what stands at the logic supply{volts}",
            unit,
            lambda a, s: a * (1 - s) * factor,
            cell,
            share,
        )
        return Piece(thick, "high_voltage"), Piece(rest, "logic")


_HIGH = Parameter("voltage_v", 2.0, 0.5, 5, "V", monotone=True, effects=DEARER)


@register
class WriteDriver(HighVoltageStage):
    """One write driver of one line; the cell's own write energy is charged by the cell, the line's
    charge by the line driver.
    """

    name = "write_driver"
    title = "Write driver"
    parameters = (_HIGH,)
    actions = {"pulse": "one write pulse on one line"}


@register
class LevelShifter(HighVoltageStage):
    """From the logic supply to the write or read supply of one line."""

    name = "level_shifter"
    title = "Level shifter"
    parameters = (_HIGH,)
    actions = {"shift": "one transition to the high supply and back"}
