"""What a run on a chip assumes, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.chip.plan.row_groups import lines_together, needed_bits
from archsim.trace.operation import Trace

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.chip.placement import LayerPlacement, Placement


ASSUMED_ACTIVITY = (
    "activity is assumed (stated defaults): half of the inputs are non-zero, half of their bits "
    "are ones"
)


def assumptions_of(trace: Trace, chip: Architecture) -> list[str]:
    """What nobody stated, of the trace and of the chip."""
    assumptions = list(trace.notes)
    if chip.bitstream.source == "ideal" and any(
        operation.kind == "pulse_update" and operation.random
        for operation in trace.image_operations + trace.batch_operations
    ):
        assumptions.append(
            "bitstream.source=ideal: independent random bits have no hardware; the generators of the "
            "pulse trains have neither area nor energy here, so this is a reference, not a chip"
        )
    if trace.activity == "assumed":
        assumptions.append(ASSUMED_ACTIVITY)
    wires = chip.components.get("interconnect")
    if wires and (chip.interconnect.kind, wires.part) in (
        ("bus", "h_tree"),
        ("h_tree", "wire_bus"),
    ):
        assumptions.append(
            f"interconnect.kind is {chip.interconnect.kind} but its part is {wires.part}: "
            "time and counts follow the first, area and energy the second"
        )
    weights = chip.weights
    if weights.mapping != "bit_slices" and weights.bits > weights.cell_bits + (
        weights.mapping == "differential"
    ):
        cells = "a pair of cells" if weights.mapping == "differential" else "one cell"
        assumptions.append(
            f"weights of {weights.bits} bits are priced in {cells} of {weights.cell_bits} bits "
            "each (weights.mapping="
            f"{weights.mapping}): the cells are taken as finer than that, or "
            "weights.mapping=bit_slices cuts a weight into slices"
        )
    return assumptions + list(chip.notes)


def converter_note(chip: Architecture, placement: Placement) -> list[str]:
    """What a chip has to say of its converters: the bits that they lack, or have too many, for the
    largest sum that a layer's tiles convert.
    """
    kinds = list(chip.core.kinds)
    notes = []
    for kind in kinds or [""]:
        own = [layer for layer in placement.layers.values() if layer.kind == kind]
        text = _converter_text(chip.of_kind(kind), own)
        where = f"cores of kind {kind}: " if len(kinds) > 1 else ""
        notes += [f"{where}{text}"] if text else []
    return notes


def _converter_text(chip: Architecture, layers: Sequence[LayerPlacement]) -> str:
    rows = max((min(layer.rows, layer.tile_rows) for layer in layers), default=0)
    if not rows:
        return ""
    needed = needed_bits(chip, rows)
    given = chip.read.adc_bits
    if needed == given:
        return ""
    digital = chip.read.accumulate == "digital"
    summed = lines_together(chip, rows) if digital else rows
    grouped = not digital and chip.read.rows_active != "all"
    kept = ", whose groups the front end keeps (read.accumulate=analog)" if grouped else ""
    what = (
        f"{needed - given} fewer: the converter rounds them off"
        if needed > given
        else f"{given - needed} more: they tell nothing apart"
    )
    return (
        f"one conversion sums {summed} rows{kept}: to tell all sums apart it needs {needed} bits, "
        f"read.adc_bits={given} is {what}"
    )
