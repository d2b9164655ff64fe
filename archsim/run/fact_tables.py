"""Tables of what a run is found to do, where its layers lie and what its memory holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archsim.chip.built import BuiltChip
from archsim.chip.cores.core_map import CoreMap
from archsim.chip.kind_chips import base_role, kind_of_part
from archsim.chip.placement import Placement
from archsim.chip.plan.memory_map import MemoryMap

if TYPE_CHECKING:
    from archsim.chip.config import Architecture


Row = dict[str, Any]
"""A row of a table in a result: column -> value."""


def kind_rows(placement: Placement, chip: Architecture) -> dict[str, Row]:
    """The cores of each kind; nothing where all are alike."""
    if len(chip.core.kinds) < 2:
        return {}
    return {
        kind: {
            "cores": [core for core, own in enumerate(placement.core_kinds) if own == kind],
            "tiles": tiles,
            "tiles_without": dict(without),
        }
        for kind, tiles, without in placement.of_kinds()
    }


def shares_of_parts(
    shares: Mapping[str, float | None], built: BuiltChip
) -> dict[str, float | None]:
    """Busy shares by the names of parts: those of a kind of cores have that of their role."""
    own = {
        part.name: shares[base_role(part.name)]
        for part in built.parts
        if kind_of_part(part.name) and base_role(part.name) in shares
    }
    return {**shares, **own}


def memory_row(built: BuiltChip) -> dict[str, float]:
    """What the buffer of the chip holds; keys and values lie in the buffers of cores before it."""
    trace = built.trace
    chip = built.chip
    memory = MemoryMap.of(trace, chip, built.images)
    row = memory.to_row(trace, chip)
    cores = CoreMap.of(trace, chip, built.placement) if memory.cache_bits else None
    return row if cores is None else row | {"cache_off_chip": cores.cache_off_chip}


def placement_rows(placement: Placement, chip: Architecture) -> list[Row]:
    rows = []
    for name, layer in placement.layers.items():
        first, last, count = layer.span
        cells = count * chip.of_kind(layer.kind).tile.cells
        rows.append(
            {
                "layer": name,
                "tiles": [first, last],
                "tile_count": count,
                "lender": layer.matrix.lender,
                "borrowed": " ".join(layer.matrix.borrowed),
                "row_splits": layer.row_splits,
                "column_splits": layer.column_splits,
                "copies": layer.copies,
                "rows": layer.rows,
                "columns": layer.columns,
                "groups": layer.matrix.groups,
                "vectors": layer.matrix.vectors,
                "utilisation": min(1.0, layer.cells / cells),
                **({"kind": layer.kind} if len(chip.core.kinds) > 1 else {}),
            }
        )
    return rows
