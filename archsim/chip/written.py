"""Operands of products that are written to arrays: whether a trace and a chip mean it alike, and how
long the devices last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.devices.presets import electrical_of
from archsim.trace.operation import Operation, Trace
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture


def attention_of(chip: Architecture, phase: str) -> str:
    """How products of two activations are done on a chip: the word of `build_trace`."""
    wanted = chip.execution.attention
    return usual_attention(chip, phase) if wanted == "auto" else wanted


def usual_attention(chip: Architecture, phase: str) -> str:
    """How a chip does them of its own choice."""
    return "fused" if chip.matrix_unit.rows and phase != "training" else "digital"


def check_written(trace: Trace, chip: Architecture) -> None:
    """Raises InputError for a trace whose products are for digital units, on a chip that writes
    operands to arrays, and the other way round."""
    digital = any(operation.products for operation in trace.image_operations)
    written = bool(_loads(trace))
    wanted = chip.execution.attention
    if (wanted == "arrays" and digital) or (wanted != "arrays" and written):
        raise InputError(
            "the trace was written for products of activations on the other side",
            where=f"{chip.origin}: execution.attention",
            got=wanted,
            allowed="digital" if digital else "arrays",
        )


def wear_notes(trace: Trace, chip: Architecture) -> list[str]:
    """How often the devices that hold operands are pulsed, and for how many images they last.

    Args:
        trace: with the operations that write them.
        chip: its number of pulses, and the device whose file may state how many it lasts.

    Returns:
        one line; none where nothing is written.
    """
    loads = _loads(trace)
    if not loads:
        return []
    pulses = max(operation.activity.write_pulses or chip.write.pulses for operation in loads)
    each = "token of its place in the cache" if trace.phase == "decode" else "image"
    text = (
        f"{len(loads)} operands are written to arrays (execution.attention=arrays): a device gets "
        f"{pulses:g} pulses for each {each}"
    )
    name = chip.weights.device
    lasts = electrical_of(name).get("endurance_pulses")
    if lasts is None:
        return [
            f"{text}; device {name} states no endurance_pulses, so that nobody says for how long"
        ]
    return [
        f"{text}, and with the {lasts:,.0f} that {name} lasts it is worn out after {lasts / pulses:,.0f}"
    ]


def _loads(trace: Trace) -> list[Operation]:
    return [
        operation
        for operation in trace.image_operations
        if operation.kind == "write" and operation.phase == "forward"
    ]
