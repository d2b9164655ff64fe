"""SRAM cells that compute on their lines: current on a bit line, or charge of a capacitor.

One cell holds one bit exactly; a weight of more bits is cut into slices. There is no coincidence
pulse: `update` is no action of theirs, so a rule that trains by pulses is refused.
"""

from __future__ import annotations

import math
from typing import ClassVar

from hwlib.effects import DEARER, Effects
from hwlib.figures import figure
from hwlib.part import Parameter, register
from hwlib.pieces import PartOfPieces, Piece
from hwlib.quantity import Quantity, derive

_SWING = Parameter(
    "swing_v",
    0.3,
    0.05,
    1.2,
    "V",
    monotone=True,
    note="of a bit line when all cells that are read conduct",
    effects=Effects(energy="up"),
)
_LINE_ROWS = Parameter(
    "line_rows",
    1.0,
    1.0,
    8192.0,
    "1",
    monotone=True,
    note="rows on a bit line for each one that is read at a time: all of the line is charged again",
    effects=Effects(energy="up"),
)
_BITS_OF_THE_TABLE = 64 * 1024 * 8  # of the memory that its leakage is taken from


def _transistors(drawn: int, fewest: int) -> Parameter:
    return Parameter(
        "transistors",
        drawn,
        fewest,
        24,
        integer=True,
        monotone=True,
        note="of a cell",
        effects=DEARER,
    )


class SramCell(PartOfPieces):
    """A static cell: area by published 6T cells, leakage of an SRAM bit by its transistors.

    Its word line is charged by its driver. A write flips the nodes of the cell; the bit lines that it
    needs are charged by theirs.
    """

    group = "array"
    actions = {"read": "one cell driven for one input slot", "write": "one bit written"}
    holds_bits: ClassVar[int] = 1
    transistors: int
    drawn: ClassVar[int]
    over_6t: ClassVar[str]

    def area_pieces(self) -> tuple[Piece, ...]:
        # Cells of one style are drawn by the same rules: their area goes with their transistors.
        more = self.transistors / self.drawn
        each = f" x {self.transistors} / {self.drawn} transistors" if more != 1 else ""
        area = derive(
            f"6T cell x ratio of the cell{each}",
            "um2",
            lambda cell, ratio: cell * ratio * more,
            figure("scaling.sram_cell_40"),
            figure(f"sram_compute.{self.over_6t}"),
        )
        return (Piece(area, "sram_array"),)

    def leakage(self) -> Quantity:
        return derive(
            f"a bit of the 64-KiB memory x {self.transistors} / 6 transistors",
            "W",
            lambda memory: memory / _BITS_OF_THE_TABLE * self.transistors / 6,
            figure("sram.leakage_64_w64"),
        )

    def energy_pieces(self, action: str) -> tuple[Piece, ...]:
        if action == "write":
            flip = derive(
                "2 x C V^2 of the nodes at the supply",
                "J",
                # Both nodes as if each was charged; the one that falls takes nothing from the
                # supply, so this is the upper side of a flip.
                lambda c, v: 2 * c * v**2,
                figure("sram_compute.node_capacitance"),
                figure("scaling.supply_40"),
            )
            return (Piece(flip, "sram_array"),)
        return self.read_pieces()

    def read_pieces(self) -> tuple[Piece, ...]:
        """Energies in J of one read at 40 nm."""
        raise NotImplementedError


class CurrentCell(SramCell):
    """Cells that are read draw current from precharged bit lines: each takes its share of the swing,
    C V dV of the line over its own side and those of the cells that are not read meanwhile.
    """

    lines: ClassVar[int]
    swing_v: float
    line_rows: float

    def read_pieces(self) -> tuple[Piece, ...]:
        # A cell pays for its own side of the line and for those that stand idle meanwhile: together
        # they are the whole line.
        cells = self.lines * self.line_rows
        more = self.transistors / self.drawn
        energy = derive(
            f"{cells:g} x (drain + side of the cell x wire) x supply x swing",
            "J",
            lambda drain, wire, area, ratio, v: (
                # The line is pulled down by the swing and recharged from the supply: C V dV. The
                # side of a cell is the root of its area.
                cells * (drain + math.sqrt(area * ratio * more) * 1e-6 * wire) * v * self.swing_v
            ),
            figure("line.drain_capacitance"),
            figure("line.wire_capacitance"),
            figure("scaling.sram_cell_40"),
            figure(f"sram_compute.{self.over_6t}"),
            figure("scaling.supply_40"),
        )
        return (Piece(energy, "sram_array"),)


@register
class CellSram6T(CurrentCell):
    """Six transistors, read through their access transistors on both bit lines: a small swing, or the
    cells that are read are disturbed.
    """

    name = "cell_sram_6t"
    title = "6T SRAM cell, current"
    parameters = (_SWING, _LINE_ROWS)
    transistors = drawn = 6
    over_6t = "area_6t"
    lines = 2


@register
class CellSram8T(CurrentCell):
    """Eight transistors: one read bit line of its own, which the stored bit does not feel."""

    name = "cell_sram_8t"
    title = "8T SRAM cell, current"
    parameters = (_SWING, _LINE_ROWS)
    transistors = drawn = 8
    over_6t = "area_8t"
    lines = 1


@register
class CellSram10T(CurrentCell):
    """Ten transistors: two read bit lines, so that products of both signs are summed. Cells of more
    transistors are drawn by the same rules of logic, and take their share more.
    """

    name = "cell_sram_10t"
    title = "10T SRAM cell, current"
    parameters = (_SWING, _LINE_ROWS, _transistors(10, 9))
    drawn = 10
    over_6t = "area_10t"
    lines = 2


@register
class CellSram8T1C(SramCell):
    """Eight transistors and a capacitor, whose charges are shared along the column: C V^2 of a cell
    that is driven.
    """

    name = "cell_sram_8t1c"
    title = "8T1C SRAM cell, charge"
    parameters = (
        Parameter(
            "capacitors",
            1.0,
            0.2,
            10.0,
            "1",
            monotone=True,
            note="size of the capacitor over the usual one of 1.2 fF",
            effects=Effects(energy="up"),
        ),
        _transistors(8, 8),
    )
    drawn = 8
    over_6t = "area_8t1c"
    capacitors: float

    def read_pieces(self) -> tuple[Piece, ...]:
        energy = derive(
            "capacitor x V^2",
            "J",
            lambda c, v: self.capacitors * c * v**2,
            figure("sram_compute.capacitor"),
            figure("scaling.supply_40"),
        )
        return (Piece(energy, "matched"),)
