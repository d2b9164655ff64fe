"""Control: the sequencer of a tile, a small RISC-V core, the clock tree."""

from __future__ import annotations

from hwlib.effects import DEARER, OTHER_CIRCUIT, Effects
from hwlib.figures import figure
from hwlib.logic import Logic, delay_40lp, leakage_of, placed, to_40lp
from hwlib.part import Parameter, Part, register
from hwlib.parts.counters import Counter
from hwlib.pieces import PartOfPieces, Piece
from hwlib.quantity import Quantity, derive, total, zero


def _width(count: int) -> int:
    """Bits of a counter that runs through `count` values."""
    return max(1, (count - 1).bit_length())


@register
class TileControl(Logic):
    """Sequencer of a tile: counters over rows, columns and column groups, a state machine, select
    gates for every line.
    """

    name = "tile_control"
    title = "Tile sequencer"
    group = "control"
    parameters = (
        Parameter("rows", 128, 1, 8192, integer=True, monotone=True, effects=DEARER),
        Parameter("columns", 128, 1, 8192, integer=True, monotone=True, effects=DEARER),
        Parameter(
            "groups",
            8,
            1,
            8192,
            integer=True,
            monotone=True,
            note="column groups that share one converter in turn",
            effects=DEARER,
        ),
    )
    actions = {"cycle": "one busy cycle"}
    rows: int
    columns: int
    groups: int

    def cells(self) -> Quantity:
        counters = total(
            "um2",
            [counter.cells() for counter in self._counters()],
            "row, column and group counters",
        )
        return total("um2", [counters, self._state_registers("area"), self._gates()])

    def energy(self, action: str) -> Quantity:
        counters = total(
            "J",
            [counter.energy("count") for counter in self._counters()],
            "row, column and group counters",
        )
        gates = derive(
            "gate area x energy density x activity",
            "J",
            lambda area, density, activity: area * density * activity,
            self._gates(),
            figure("logic.energy_density"),
            figure("sequencer.activity"),
        )
        return total("J", [counters, self._state_registers("energy"), gates])

    def latency(self, action: str) -> Quantity:
        # The counters run side by side: the widest carry chain is the slowest.
        return Counter(bits=_width(max(self.rows, self.columns, self.groups))).latency("count")

    def _counters(self) -> list[Counter]:
        return [Counter(bits=_width(count)) for count in (self.rows, self.columns, self.groups)]

    def _state_registers(self, what: str) -> Quantity:
        stored = figure(f"logic.flip_flop_{what}")
        return derive(
            "state bits x flip-flop",
            stored.unit,
            lambda bits, one: bits * one,
            figure("sequencer.state_bits"),
            stored,
        )

    def _gates(self) -> Quantity:
        lines = self.rows + self.columns + self.groups
        return derive(
            f"(state gates + {lines} lines x gates a line) x NAND2 area",
            "um2",
            lambda fixed, each, area: (fixed + lines * each) * area,
            figure("sequencer.state_gates"),
            figure("sequencer.gates_per_line"),
            figure("logic.nand2_area"),
        )


@register
class RiscvCore(Part):
    """32-bit RISC-V controller of the size of PicoRV32, without its memory; `multiply` adds the
    fast multiplier.

    Energy a cycle: press figures of the Cortex-M0 class in 40 nm; the larger variant in the ratio
    of the cell areas.
    """

    name = "riscv_core"
    title = "RISC-V controller"
    holds_clock = True  # microwatts a MHz of a whole core
    group = "control"
    parameters = (
        Parameter("variant", "small", choices=("small", "multiply"), effects=OTHER_CIRCUIT),
    )
    actions = {"cycle": "one busy cycle"}
    variant: str

    def area(self) -> Quantity:
        return placed(self._cells())

    def leakage(self) -> Quantity:
        return leakage_of(self._cells())

    def energy(self, action: str) -> Quantity:
        ratio = (
            figure(f"riscv.{self.variant}_nangate45_area").value
            / figure("riscv.small_nangate45_area").value
        )
        formula = f"energy a cycle x {ratio:.3g}, area ratio {self.variant}/small"
        return derive(formula, "J", lambda energy: energy * ratio, figure("riscv.energy"))

    def latency(self, action: str) -> Quantity:
        return delay_40lp(f"riscv_{self.variant}")

    def _cells(self) -> Quantity:
        return to_40lp(figure(f"riscv.{self.variant}_nangate45_area"))


# A bit that is moved is a transition every second time; a clock makes two in every cycle.
_A_CYCLE = 4.0


@register
class ClockTree(PartOfPieces):
    """Buffers and wires of the clock over a clocked area: capacitance density x V^2 a cycle, and of
    the trunk that reaches the gates of other clocks.

    Flip-flops pay their own clock pins in the energies of their parts. Buffers sit in the row space
    that the layout utilisation leaves, so the tree adds no area; its leakage is that of the logic
    it stands in. The area is that of the target node; there the density goes with V^2 and, since
    wires to so many flip-flops are as long as their root on an area, with 1/F.
    """

    name = "clock_tree"
    title = "Clock tree"
    group = "control"
    parameters = (
        Parameter(
            "area_mm2",
            1.0,
            1e-7,
            10000.0,
            "mm2",
            monotone=True,
            note="clocked area, logic and registers",
            effects=Effects(energy="up"),
        ),
        Parameter(
            "trunk_mm",
            0.0,
            0.0,
            100000.0,
            "mm",
            monotone=True,
            note="wires to the gates of other clocks",
            effects=Effects(energy="up"),
        ),
    )
    actions = {"cycle": "one clock cycle, ungated"}
    area_mm2: float
    trunk_mm: float

    def area_pieces(self) -> tuple[Piece, ...]:
        return (Piece(zero("um2", "inside the space left by the layout utilisation"), "none"),)

    def leakage(self) -> Quantity:
        return zero("W", "counted with the logic it clocks")

    def energy_pieces(self, action: str) -> tuple[Piece, ...]:
        tree = Piece(self._tree(), "clock")
        return (tree, Piece(self._trunk(), "wire")) if self.trunk_mm else (tree,)

    def _tree(self) -> Quantity:
        area = self.area_mm2 * 1e6
        density = figure("clock.capacitance_density")
        # The density was printed at another node: wires to as many flip-flops on the same area go
        # with 1/F, and V^2 is taken here.
        closer = (density.node_nm or self.native_node_nm) / self.native_node_nm
        return derive(
            f"{self.area_mm2:g} mm2 x capacitance density x {closer:.4g} for the node x V^2",
            "J",
            lambda each, volts: area * each * closer * volts**2,
            density,
            figure("clock.supply"),
        )

    def _trunk(self) -> Quantity:
        return derive(
            f"{self.trunk_mm:g} mm x energy a bit and mm x {_A_CYCLE:g}, two transitions a cycle",
            "J",
            lambda wire: self.trunk_mm * 1e-3 * _A_CYCLE * wire,
            figure("wire.energy"),
        )
