"""Memory cells: energies from the electrical parameters (V^2 G t), area from F^2 or from the line
pitch.
"""

from __future__ import annotations

from hwlib.figures import figure
from hwlib.part import Parameter, Part, register
from hwlib.quantity import Quantity, derive, zero


def _parameters(
    conductance_us: float,
    read_v: float,
    slot_ns: float,
    write_v: float,
    write_us: float,
    write_ns: float,
    update_v: float,
    update_ns: float,
    pitch_nm: float,
) -> tuple[Parameter, ...]:
    return (
        Parameter(
            "conductance_us",
            conductance_us,
            0.01,
            1000,
            "uS",
            monotone=True,
            note="mean of a driven cell",
        ),
        Parameter("read_voltage_v", read_v, 0.01, 1, "V", monotone=True),
        Parameter(
            "slot_ns",
            slot_ns,
            0.1,
            10000,
            "ns",
            monotone=True,
            note="time a cell is driven in one input slot",
        ),
        Parameter("write_voltage_v", write_v, 0.5, 5, "V", monotone=True),
        Parameter(
            "write_conductance_us",
            write_us,
            0.01,
            1000,
            "uS",
            monotone=True,
            note="mean of the cell while it is written",
        ),
        Parameter("write_pulse_ns", write_ns, 0.1, 1e6, "ns", monotone=True),
        Parameter(
            "update_voltage_v",
            update_v,
            0.1,
            5,
            "V",
            monotone=True,
            note="across the cell where two pulses coincide",
        ),
        Parameter("update_pulse_ns", update_ns, 0.1, 1e6, "ns", monotone=True),
        Parameter(
            "line_pitch_nm",
            pitch_nm,
            0,
            10000,
            "nm",
            note="cell area is its square; 0: from the area figure",
        ),
    )


class Cell(Part):
    """A resistive cell. Energy of one action: V^2 G t of the driven cell; the lines are charged by
    their drivers.
    """

    group = "array"
    scaling = "cell"
    actions = {
        "read": "one cell driven for one input slot",
        "write": "one SET or RESET pulse",
        "update": "one coincidence pulse",
    }

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
        voltage, conductance, pulse = self._electrical(action)
        joules = voltage**2 * conductance * 1e-6 * pulse * 1e-9
        return Quantity(
            joules,
            joules,
            joules,
            "J",
            f"V^2 G t = ({voltage:g} V)^2 x {conductance:g} uS x {pulse:g} ns",
        )

    def latency(self, action: str) -> Quantity:
        seconds = self._electrical(action)[2] * 1e-9
        return Quantity(seconds, seconds, seconds, "s", "the pulse or slot of the parameters")

    def _electrical(self, action: str) -> tuple[float, float, float]:
        """Voltage in V, conductance in uS and time in ns of one action."""
        if action == "read":
            return self.read_voltage_v, self.conductance_us, self.slot_ns
        if action == "write":
            return self.write_voltage_v, self.write_conductance_us, self.write_pulse_ns
        return self.update_voltage_v, self.conductance_us, self.update_pulse_ns


@register
class Cell1T1R(Cell):
    """Resistive cell with an access transistor. The default write pulse, 2 V, 10 ns, 15 uS = 0.6
    pJ, is NVSim's generic RRAM cell.
    """

    name = "cell_1t1r"
    title = "1T1R cell"
    parameters = _parameters(20.0, 0.2, 10.0, 2.0, 15.0, 10.0, 1.5, 10.0, 0.0)


@register
class CellCrossPoint(Cell):
    """Two-terminal cell between two lines. Defaults after Gokmen and Vlasov 2016 as restated (24
    MOhm, 1 V, 400 nm pitch; secondary).
    """

    name = "cell_cross_point"
    title = "Cross-point cell"
    parameters = _parameters(0.0417, 1.0, 80.0, 1.0, 0.0417, 1.0, 1.0, 1.0, 400.0)
