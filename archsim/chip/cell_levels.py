"""Do the weights fit into cells that hold a stated number of bits exactly (SRAM, magnetic cells)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.devices.presets import find_preset
from hwlib import Part, find_part
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

EXACT_DEVICE = "bit_cell"
"""The preset of a cell that holds its bits exactly."""


def check_cell_levels(chip: Architecture) -> None:
    """Hold a chip's weights to what its cells can store.

    Args:
        chip: its description; nothing is checked where its cells are analogue.

    Raises:
        InputError: where a cell would have to hold more bits than it can, and where the device that
            carries the weights in a training or an inference is an analogue one.
    """
    cell = _exact_cell(chip)
    if cell is None or cell.holds_bits is None:
        return
    weights = chip.weights
    sliced = weights.mapping == "bit_slices"
    pair = weights.mapping == "differential"
    # of a differential pair the side that conducts says the sign
    needed = weights.cell_bits if sliced else weights.bits - pair
    if needed > cell.holds_bits:
        field = "cell_bits" if sliced else "bits"
        raise InputError(
            f"a cell of '{cell.name}' holds {cell.holds_bits} bit",
            where=f"{chip.origin}: weights.{field}",
            got=getattr(weights, field),
            allowed=f"up to {cell.holds_bits + pair}",
            hint=f"weights.mapping=bit_slices with weights.cell_bits={cell.holds_bits}",
        )
    check_device(chip, weights.device, f"{chip.origin}: weights.device")
    for name, kind in chip.core.kinds.items():
        device = kind.weights.device or ""
        check_device(chip, device, f"{chip.origin}: core.kinds.{name}.weights.device")


def check_device(chip: Architecture, device: str, where: str) -> None:
    """Hold a device to the cells of the chip whose weights it is to carry.

    Args:
        chip: its description.
        device: a preset or a device file; "" for none.
        where: what named it, for an error.

    Raises:
        InputError: where cells hold bits exactly and the device is an analogue one.
    """
    cell = _exact_cell(chip)
    if cell is None or device in ("", EXACT_DEVICE) or device.endswith(".toml"):
        return
    # a magnetic cell may be switched by chance, as a filament is
    preset = find_preset(device)
    law = preset.law if preset else device
    if "update" in cell.actions and law == "binary_switch":
        return
    raise InputError(
        f"a cell of '{cell.name}' holds its bits exactly, this device is an analogue one",
        where=where,
        got=device,
        allowed=f"{EXACT_DEVICE}, or a device file",
    )


def _exact_cell(chip: Architecture) -> type[Part] | None:
    entry = chip.components.get("array")
    part = find_part(entry.part) if entry else None
    return part if part is not None and part.holds_bits is not None else None
