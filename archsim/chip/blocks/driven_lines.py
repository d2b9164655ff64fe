"""The lines of its tiles that a read drives and senses, and the groups in which it drives them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archsim.chip.blocks.step import part_of
from archsim.chip.blocks.tile import TileJob
from archsim.chip.plan.row_groups import (
    ONE_GROUP,
    DrivenTile,
    RowGroups,
    driven_apart,
    groups_of_full_tile,
    groups_of_layer,
    lines_together,
    split_lines,
    weights_together,
)

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py
    from archsim.chip.placement import LayerPlacement
    from archsim.chip.usage import Usage


@dataclass(frozen=True, slots=True)
class DrivenLines:
    """Lines of all tiles that a read drives and senses, the cells between them, and its tiles; the
    parts of a layer that take part, as numbers that need not be whole. `groups` in which a tile
    drives its lines.
    """

    driven: float
    sensed: float
    cells: float
    tiles: float
    groups: RowGroups


def references_of(chip: Architecture) -> int:
    mapped = chip.weights.mapping == "reference_column"
    return chip.weights.reference_columns if mapped else 0


def driven_lines(job: TileJob) -> DrivenLines:
    plan = job.plan
    layer = job.layer
    matrix = job.matrix
    chip = job.chip
    share = plan.share
    transposed = plan.operation.kind == "read_transposed"
    # A matrix that is split along its columns has its rows once on each of these tiles: all are
    # driven.
    rows = layer.rows * matrix.groups * layer.column_splits
    columns = layer.columns * matrix.groups * layer.row_splits
    if transposed:
        taken, reached = part_of(plan.operation, layer.columns, layer.column_splits)
        driven, sensed = columns, rows
    else:
        taken, reached = part_of(plan.operation, layer.rows, layer.row_splits)
        driven, sensed = rows, columns
    # a reference array is driven and read with it, its current subtracted
    arrays = 2 if plan.operation.against else 1
    cells = (
        layer.rows
        * matrix.groups
        * share
        * taken
        * arrays
        # Each tile has reference columns of its own, which conduct with the others.
        * (layer.columns + references_of(chip) * layer.column_splits)
    )
    return DrivenLines(
        driven * share * taken,
        sensed * share * reached,
        cells,
        layer.tiles_per_unit * share * reached,
        _groups(job),
    )


def _groups(job: TileJob) -> RowGroups:
    """Groups in which the tiles drive their lines."""
    chip = job.chip
    layer = job.layer
    operation = job.plan.operation
    if chip.read.rows_active == "all":
        return ONE_GROUP
    if operation.kind == "read_transposed":
        each = chip.weights.columns_of(job.matrix.layer)
        # Backwards all columns of a weight are driven together, each in its sense.
        lines = layer.columns
        tile_lines = layer.tile_weights * each
        together = weights_together(chip, job.matrix.layer) * each
    else:
        lines = layer.rows
        tile_lines = layer.tile_rows
        together = lines_together(chip, chip.tile.rows)
    blocks = layer.groups_per_tile * layer.copies_per_tile
    split = [DrivenTile(driven, blocks) for driven in split_lines(lines, tile_lines)]
    if operation.lines:  # those of each tile that has some of them
        # Few lines are spread over as many tiles as there are of them.
        most = math.ceil(operation.lines / min(operation.lines, len(split)))
        split = [DrivenTile(min(most, tile.lines), tile.blocks) for tile in split]
    return groups_of_layer(split, together)


def in_groups(run: Usage) -> bool:
    """Whether some layer's rows are driven in groups, or its sums are as wide as if they were."""
    # the peak of a timed chip is that of full tiles, as the width of digital sums is
    wide = run.timed or run.built.chip.read.accumulate == "digital"
    if wide and any(groups_of_full_tile(chip) > 1 for chip in run.built.chip.alike):
        return True
    backwards = bool(run.of("read_transposed"))
    return any(
        _has_groups(run.built.chip.of_kind(layer.kind), layer, backwards)
        for layer in run.built.placement.layers.values()
    )


def _has_groups(chip: Architecture, layer: LayerPlacement, backwards: bool) -> bool:
    apart = driven_apart(chip, layer)
    return bool(apart.inputs or backwards and apart.outputs)
