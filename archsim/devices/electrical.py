"""What a device file may state of its cell: conductances, voltages, pulse width, endurance.

The parameters of a chip's cell follow from them, so that the device that trains is the device that
is priced.
"""

from __future__ import annotations

from collections.abc import Mapping

from hwlib.errors import InputError, is_finite, nearest

# field -> (unit, lowest, highest, what it is)
ELECTRICAL = {
    "lowest_conductance_us": ("uS", 1e-6, 1e6, "conductance at the lower bound of the weight"),
    "highest_conductance_us": ("uS", 1e-6, 1e6, "conductance at the upper bound of the weight"),
    "read_voltage_v": ("V", 1e-3, 10.0, "voltage of a read"),
    "set_voltage_v": ("V", 1e-3, 20.0, "amplitude of an up pulse"),
    "reset_voltage_v": ("V", 1e-3, 20.0, "amplitude of a down pulse"),
    "pulse_width_ns": ("ns", 1e-3, 1e12, "length of one pulse"),
    "endurance_pulses": ("", 1.0, 1e18, "pulses after which a device wears out"),
}
# One of them alone would say nothing of the mean cell, and would be passed over.
_WINDOW = ("lowest_conductance_us", "highest_conductance_us")


def check_electrical(values: object, where: str) -> dict[str, float]:
    """The electrical values of a device file.

    Args:
        values: its table `electrical`.
        where: file and field path.

    Returns:
        Field to number, in the units of ELECTRICAL.

    Raises:
        InputError: for unknown fields, numbers out of range, and a window upside down or with one
            end alone.
    """
    if not isinstance(values, dict):
        raise InputError("electrical values are a table", where=where, got=values)
    checked = {}
    for name, value in values.items():
        if name not in ELECTRICAL:
            raise InputError(
                f"unknown field '{name}'",
                where=where,
                allowed=ELECTRICAL,
                hint=nearest(name, ELECTRICAL),
            )
        unit, low, high, _ = ELECTRICAL[name]
        if not is_finite(value) or not low <= value <= high:
            raise InputError(
                "out of range",
                where=f"{where}.{name}",
                got=value,
                allowed=f"{low:g} to {high:g} {unit}".strip(),
            )
        checked[name] = float(value)
    given = [name for name in _WINDOW if name in checked]
    if len(given) == 1:
        raise InputError(
            "one end of the window of conductances without the other",
            where=where,
            got=given[0],
            allowed=f"both of {' and '.join(_WINDOW)}, or neither",
        )
    lowest, highest = (checked.get(name) for name in _WINDOW)
    if lowest is not None and highest is not None and lowest >= highest:
        raise InputError(
            "the lowest conductance is not below the highest",
            where=where,
            got=f"{lowest:g} and {highest:g} uS",
        )
    return checked


def cell_parameters(electrical: Mapping[str, float]) -> dict[str, float]:
    """Parameters of the priced cell (`hwlib.parts.cell`) that follow from a device's values.

    A read and a pulse meet the mean conductance of the window; a write is driven by the larger of
    the two amplitudes.
    """
    values = {}
    low = electrical.get("lowest_conductance_us")
    high = electrical.get("highest_conductance_us")
    if low is not None and high is not None:
        # The mean of the window stands for the mean cell: where in it the weights of a layer lie is
        # not known here.
        values["conductance_us"] = values["write_conductance_us"] = (low + high) / 2
    if "read_voltage_v" in electrical:
        values["read_voltage_v"] = electrical["read_voltage_v"]
    amplitudes = [electrical[n] for n in ("set_voltage_v", "reset_voltage_v") if n in electrical]
    if amplitudes:
        # One supply drives both directions, and it must reach the larger amplitude.
        values["write_voltage_v"] = values["update_voltage_v"] = max(amplitudes)
    if "pulse_width_ns" in electrical:
        values["write_pulse_ns"] = values["update_pulse_ns"] = electrical["pulse_width_ns"]
    return values
