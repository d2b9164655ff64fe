"""A chip that is built of a measured device: what its file states of the cell is what is priced."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from archsim.chip.load import load_architecture
from archsim.devices.electrical import cell_parameters
from archsim.devices.presets import electrical_of
from hwlib import find_part

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

_ROLE = "components.array.parameters"


def chip_of_device(
    chip: Architecture, name: str, electrical: Mapping[str, float], kind: str = ""
) -> tuple[Architecture, list[str]]:
    """The chip with the cell that a device's file states.

    Args:
        chip: the chip as described.
        name: the device, for the notes.
        electrical: its electrical values (`devices.electrical.ELECTRICAL`); nothing changes where
            there are none.
        kind: of the cores that have it; "": all.

    Returns:
        The chip with conductance, voltages and pulse width of the device (pulses take whole
        cycles, rounded up), and a note that says what they replaced.

    Raises:
        InputError: where the values contradict the chip, as for any setting.
    """
    wanted = cell_parameters(electrical)
    component = chip.of_kind(kind).components.get("array")
    if not wanted or component is None:
        return chip, []
    part = find_part(component.part)
    known = {parameter.name for parameter in part.parameters}
    if not set(wanted) <= known:
        return chip, [
            f"the cell of {chip.name} ({component.part}) is none of {name}'s kind: its own "
            "electrical values are priced"
        ]
    own = f"core.kinds.{kind}." if kind else ""
    cell = f"{own}cell" if kind else _ROLE
    settings: dict[str, object] = {f"{cell}.{key}": value for key, value in wanted.items()}
    low = electrical.get("lowest_conductance_us")
    high = electrical.get("highest_conductance_us")
    if low is not None and high is not None:
        settings[f"{own}physics.conductance_us"] = (low, high)
    width = electrical.get("pulse_width_ns")
    if width is not None:
        # a pulse ends with a cycle: 100 ns on a clock of 30 ns take four
        cycles = max(1, math.ceil(width * chip.clock_mhz / 1000 - 1e-9))
        settings[f"{own}write.pulse_cycles"] = cycles
        settings[f"{own}update.pulse_cycles"] = cycles
    before = {key: component.parameters.get(key, part.parameter(key).default) for key in wanted}
    words = [
        f"{key} {wanted[key]:.4g} (was {_plain(before[key])})"
        for key in wanted
        if before[key] != wanted[key]
    ]
    if width is not None:
        words.append(f"pulses of {settings[f'{own}write.pulse_cycles']} cycles")
    whose = f"{chip.name}, kind {kind}," if kind else chip.name
    note = (
        f"the cells of {whose} are those of device {name}: {', '.join(words)}; without the "
        f"table 'electrical' of its file the chip's own hold"
    )
    return load_architecture(chip, settings), [note] if words else []


def chip_of_devices(
    chip: Architecture, name: str, device_of_kind: Mapping[str, str]
) -> tuple[Architecture, list[str]]:
    """The chip with the cells that the files of its devices state.

    Args:
        chip: the chip as described.
        name: the device of cores whose kind has none of its own.
        device_of_kind: those of kinds of cores.

    Returns:
        as `chip_of_device`, for all kinds.
    """
    notes: list[str] = []
    for kind in chip.core.kinds or [""]:
        device = device_of_kind.get(kind, name)
        chip, told = chip_of_device(chip, device, electrical_of(device), kind)
        notes += told
    return chip, notes


def endurance_note(
    name: str, electrical: Mapping[str, float], most: float, images: int
) -> list[str]:
    """A note where a training pulses a device more often than it lasts.

    Args:
        name: the device.
        electrical: its electrical values.
        most: pulses of the device that had the most.
        images: images that were trained on.

    Returns:
        One line with the image after which that device is worn out; none where it lasts.
    """
    lasts = electrical.get("endurance_pulses")
    if lasts is None or most <= lasts:
        return []
    until = int(images * lasts / most)
    return [
        f"the device with most pulses had {most:,.0f}, {name} lasts {lasts:,.0f}: at this pace it "
        f"is worn out after {until:,} of {images:,} images (endurance_pulses of its file)"
    ]


def _plain(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else str(value)
