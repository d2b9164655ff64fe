"""The roofline of a run: what each layer asks of arrays and buffer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archsim.chip.built import BuiltChip
from archsim.chip.placement import TilesOfKind
from archsim.chip.plan.operation_plan import OperationPlan

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.trace import Trace


Row = dict[str, Any]


def roofline_of(built: BuiltChip, plans: Mapping[Any, OperationPlan], layers: Sequence[Row]) -> Row:
    """Peaks of the chip, and a point for each read: its MACs, its bits and the time it took."""
    from archsim.chip.plan.tile_timing import read_timing

    trace = built.trace
    chip = built.chip
    placement = built.placement
    clock = chip.clock_mhz * 1e6
    matrices = [matrix.layer for matrix in trace.matrices]
    placed = min(placement.tiles, placement.available)
    kinds = placement.of_kinds() or (TilesOfKind("", placed, placement.without()),)
    peak = 0.0
    for kind, tiles, without in kinds if matrices else ():
        own = chip.of_kind(kind)
        per_tile = own.tile.rows * max(own.weight_columns_of(name) for name in matrices)
        # tiles without converters store weights that others read: they do not multiply
        multiplying = tiles - without.get("adc", 0)
        peak += multiplying * per_tile / read_timing(own, own.tile.columns).interval
    # without weights on tiles the lanes multiply, one product a cycle
    peak = peak if matrices else chip.vector_unit.lanes
    return {
        "peak_macs_per_s": peak * clock,
        "buffer_bits_per_s": chip.interconnect.width_bits * clock,
        "off_chip_bits_per_s": chip.off_chip.channels * chip.off_chip.bits_per_cycle * clock,
        "points": _roofline_points(trace, chip, plans, layers),
    }


def _roofline_points(
    trace: Trace, chip: Architecture, plans: Mapping[Any, OperationPlan], layers: Sequence[Row]
) -> list[Row]:
    seconds = {
        (row["layer"], row["phase"]): max(1, row["cycles"]) / (chip.clock_mhz * 1e6)
        for row in layers
    }
    macs = {matrix.layer: matrix.weights for matrix in trace.matrices}
    points = []
    for plan in plans.values():
        operation = plan.operation
        key = (operation.layer, operation.phase)
        if not operation.kind.startswith("read") or key not in seconds:
            continue
        words = plan.down["interconnect"] + plan.up["interconnect"]
        bits = words * chip.interconnect.width_bits * operation.steps
        points.append(
            {
                "layer": operation.layer,
                "phase": operation.phase,
                "macs": macs[operation.matrix_name] * operation.steps,
                "bits": max(bits, 1),
                "seconds": seconds[key],
            }
        )
    return points
