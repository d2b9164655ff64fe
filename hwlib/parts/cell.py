"""Memory cells: energies from the electrical parameters (V^2 G t), area from F^2 or from the line
pitch.
"""

from __future__ import annotations

from typing import NamedTuple

from hwlib.effects import DEARER, Effects
from hwlib.figures import figure
from hwlib.node_levels import supply_voltage
from hwlib.part import Parameter, Part, register
from hwlib.quantity import Quantity, derive, zero


class CellDrive(NamedTuple):
    """What one action applies to a cell, and the voltage that the current is drawn from."""

    voltage_v: float
    conductance_us: float
    pulse_ns: float
    drawn_from_v: float = 0.0


def _parameters(
    read: CellDrive,
    write: CellDrive,
    update_voltage_v: float,
    update_pulse_ns: float,
    pitch_nm: float,
) -> tuple[Parameter, ...]:
    """The parameters of a cell with these defaults; an update meets the conductance of a read."""
    return (
        _growing("conductance_us", read.conductance_us, 0.01, 1000, "mean of a driven cell"),
        _growing("read_voltage_v", read.voltage_v, 0.01, 1),
        Parameter(
            "read_supply_v",
            0.0,
            0.0,
            5,
            "V",
            note="what the current of a read is drawn from: a clamp or regulator between it and the "
            "line takes the rest; 0, or less than the read voltage: the read voltage itself",
            effects=Effects(energy="up"),
        ),
        _growing("slot_ns", read.pulse_ns, 0.1, 10000, "time a cell is driven in one input slot"),
        _growing("write_voltage_v", write.voltage_v, 0.5, 5),
        _growing(
            "write_conductance_us",
            write.conductance_us,
            0.01,
            1000,
            "mean of the cell while it is written",
        ),
        _growing("write_pulse_ns", write.pulse_ns, 0.1, 1e6),
        _growing(
            "update_voltage_v",
            update_voltage_v,
            0.1,
            5,
            "across the cell where two pulses coincide",
        ),
        _growing("update_pulse_ns", update_pulse_ns, 0.1, 1e6),
        Parameter(
            "line_pitch_nm",
            pitch_nm,
            0,
            10000,
            "nm",
            note="cell area is its square; 0: from the area figure",
            effects=Effects(area="any", energy="any"),
        ),
    )


def _growing(name: str, default: float, low: float, high: float, note: str = "") -> Parameter:
    """A parameter whose unit is the end of its name; more of it never costs less."""
    unit = {"v": "V", "us": "uS", "ns": "ns"}[name.rsplit("_", 1)[1]]
    return Parameter(
        name, default, low, high, unit, monotone=True, note=note, effects=Effects(energy="up")
    )


class Cell(Part):
    """A resistive cell. Energy of one action: V^2 G t of the driven cell, or of a read the charge
    times the supply that it is drawn from; the lines are charged by their drivers.
    """

    group = "array"
    scaling = "cell"
    actions = {
        "read": "one cell driven for one input slot",
        "write": "one SET or RESET pulse",
        "update": "one coincidence pulse",
    }
    conductance_us: float
    line_pitch_nm: float
    read_supply_v: float
    read_voltage_v: float
    slot_ns: float
    update_pulse_ns: float
    update_voltage_v: float
    write_conductance_us: float
    write_pulse_ns: float
    write_voltage_v: float

    def __init__(self, **values: object):
        super().__init__(**values)
        if self.line_pitch_nm > 0:
            self.scaling = "none"  # a stated pitch holds at every node

    def area(self) -> Quantity:
        if self.line_pitch_nm > 0:
            square = (self.line_pitch_nm * 1e-3) ** 2
            return Quantity(
                square, square, square, "um2", f"line pitch squared: ({self.line_pitch_nm:g} nm)^2"
            )
        square = (self.native_node_nm * 1e-3) ** 2
        return derive(
            f"F^2 count x ({self.native_node_nm:g} nm)^2",
            "um2",
            lambda count: count * square,
            figure(f"{self.name}.area"),
        )

    def leakage(self) -> Quantity:
        return zero(
            "W", "non-volatile: keeps its state without supply, no voltage across it while idle"
        )

    def energy(self, action: str) -> Quantity:
        voltage, conductance, pulse, drawn_from = self._drive(action)
        charge = conductance * 1e-6 * pulse * 1e-9
        # A clamp or regulator passes the charge at the cell's voltage and burns the rest: the
        # supply pays Q V_supply. Nothing can lift a supply below the cell's voltage, so that one
        # counts there.
        if drawn_from > voltage:
            joules = voltage * drawn_from * charge
            square = f"V_supply V G t = {drawn_from:g} V x {voltage:g} V"
        else:
            joules = voltage**2 * charge
            square = f"V^2 G t = ({voltage:g} V)^2"
        formula = f"{square} x {conductance:g} uS x {pulse:g} ns"
        return Quantity(joules, joules, joules, "J", formula)

    def latency(self, action: str) -> Quantity:
        seconds = self._drive(action).pulse_ns * 1e-9
        return Quantity(seconds, seconds, seconds, "s", "the pulse or slot of the parameters")

    def _drive(self, action: str) -> CellDrive:
        if action == "read":
            return CellDrive(
                self.read_voltage_v, self.conductance_us, self.slot_ns, self.read_supply_v
            )
        if action == "write":
            return CellDrive(self.write_voltage_v, self.write_conductance_us, self.write_pulse_ns)
        # A coincidence moves a conductance by a small step: the cell stays at that of a read while
        # it lasts.
        return CellDrive(self.update_voltage_v, self.conductance_us, self.update_pulse_ns)


@register
class Cell1T1R(Cell):
    """Resistive cell with an access transistor. The default write pulse, 2 V, 10 ns, 15 uS = 0.6
    pJ, is NVSim's generic RRAM cell.
    """

    name = "cell_1t1r"
    title = "1T1R cell"
    scaling = "access_cell"
    parameters = (
        *_parameters(
            read=CellDrive(0.2, 20.0, 10.0),
            write=CellDrive(2.0, 15.0, 10.0),
            update_voltage_v=1.5,
            update_pulse_ns=10.0,
            pitch_nm=0.0,
        ),
        Parameter(
            "line_voltage_v",
            0.0,
            0.0,
            5,
            "V",
            monotone=True,
            note="highest one of its word line; 0: the node's supply",
            effects=DEARER,
        ),
    )
    line_voltage_v: float

    def area(self) -> Quantity:
        return self.area_at(self.native_node_nm)

    def area_at(self, node_nm: float) -> Quantity:
        core = self._scaled(super().area(), "area", node_nm)
        # As line drivers have it: a tenth over the nominal supply is the rating of core oxide.
        core_oxide = self.line_voltage_v <= 1.1 * supply_voltage(node_nm).value
        if core_oxide or self.line_pitch_nm > 0:
            return core
        return derive(
            "x thick over core oxide of the access transistor",
            "um2",
            lambda area, ratio: area * ratio,
            core,
            figure("high_voltage.over_core"),
        )


@register
class CellCrossPoint(Cell):
    """Two-terminal cell between two lines. Defaults after Gokmen and Vlasov 2016 as restated (24
    MOhm, 1 V, 400 nm pitch; secondary).
    """

    name = "cell_cross_point"
    title = "Cross-point cell"
    parameters = _parameters(
        read=CellDrive(1.0, 0.0417, 80.0),
        write=CellDrive(1.0, 0.0417, 1.0),
        update_voltage_v=1.0,
        update_pulse_ns=1.0,
        pitch_nm=400.0,
    )


@register
class Cell1T1MTJ(Cell):
    """Magnetic tunnel junction with an access transistor: two states, which it keeps without supply.

    Defaults: parallel and antiparallel 89 and 157 kOhm, read at 0.17 V for 10 ns (Fu 2024); a write
    of 10 ns at 1.1 V.
    """

    name = "cell_1t1mtj"
    title = "1T1MTJ cell"
    scaling = "access_cell"
    holds_bits = 1
    parameters = _parameters(
        read=CellDrive(0.17, 8.8, 10.0),
        write=CellDrive(1.1, 8.8, 10.0),
        update_voltage_v=1.1,
        update_pulse_ns=10.0,
        pitch_nm=0.0,
    )


@register
class CellNorFlash(Cell):
    """Floating-gate transistor of a NOR array, which is programmed to many levels and keeps them.

    Defaults: an erased cell of up to 2 uA at 1 V (Yook 2023), half of it in the mean; a program pulse
    of 10 us at 5 V across the cell. The pump that makes the programming voltage is not counted.
    """

    name = "cell_nor_flash"
    title = "NOR flash cell"
    parameters = _parameters(
        read=CellDrive(1.0, 1.0, 10.0),
        write=CellDrive(5.0, 0.2, 10000.0),
        update_voltage_v=5.0,
        update_pulse_ns=10000.0,
        pitch_nm=0.0,
    )
