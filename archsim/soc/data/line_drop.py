"""Weights as a tile's read sees them behind lines that have a resistance.

Each block of a tile is solved with all its lines driven alike; a cell then counts with the share of
its current that is left. Lines of a tile that are not driven at the time carry nothing, and their
segments still lie before the converter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.chip.config import Architecture
from archsim.kernels.ir_drop import line_currents
from archsim.soc.data.tile_blocks import TileBlocks
from hwlib.errors import InputError


class DrivenBlock(NamedTuple):
    """Weights that are driven at a time.

    Args:
        driven: inputs of the layer.
        outputs: of the layer.
        ahead: lines of the tile between the last driven one and the converters.
    """

    driven: slice
    outputs: slice
    ahead: int


def check_line_drop(chip: Architecture, transposed: bool) -> None:
    """Raise InputError where a read behind lines cannot be computed."""
    if not chip.physics.line_ohm:
        return
    if chip.weights.mapping == "bit_slices":
        raise InputError(
            "the slices of a weight are not read behind lines",
            where=f"{chip.origin}: physics.line_ohm",
            got=chip.physics.line_ohm,
            allowed="weights.mapping differential or reference_column",
        )
    if transposed:
        raise InputError(
            "arrays that are read from their columns are not read behind lines",
            where=f"{chip.origin}: physics.line_ohm",
            got=chip.physics.line_ohm,
            hint="physics.line_ohm=0",
        )


def all_behind_lines(
    chip: Architecture, ohm: float, copies: list[np.ndarray], lying: TileBlocks, full: float
) -> list[np.ndarray]:
    """`behind_lines` of all groups of a layer.

    Args:
        chip: as there.
        ohm: as there.
        copies: the weights (groups, outputs, inputs) of each device of a weight.
        lying: their blocks.
        full: as there.

    Returns:
        as many.
    """
    ends: dict[int, int] = {}
    for (_, driven, _), tile in zip(lying.blocks, lying.tile_of):
        ends[tile] = max(ends.get(tile, 0), driven.stop)
    of_group: dict[int, list[DrivenBlock]] = {group: [] for group in range(len(copies[0]))}
    for (group, driven, lines), tile in zip(lying.blocks, lying.tile_of):
        of_group[group].append(DrivenBlock(driven, lines, ends[tile] - driven.stop))
    seen = [
        behind_lines(chip, ohm, [copy[group] for copy in copies], blocks, full)
        for group, blocks in of_group.items()
    ]
    return [np.stack([group[number] for group in seen]) for number in range(len(copies))]


def behind_lines(
    chip: Architecture, ohm: float, copies: list[np.ndarray], blocks: list[DrivenBlock], full: float
) -> list[np.ndarray]:
    """What a read sees of the weights of one group of a layer.

    Args:
        chip: with its conductances and its mapping.
        ohm: of a line from one cell to the next (`ohm_a_cell`).
        copies: the weights (outputs, inputs) of each device of a weight.
        blocks: what is driven at a time; together they cover the weights.
        full: the weight of the highest conductance.

    Returns:
        as many matrices.
    """
    # Only lines that are driven together share currents, so each block is solved by itself.
    seen = [np.empty_like(copy) for copy in copies]
    for block in blocks:
        parts = [copy[block.outputs, block.driven].T for copy in copies]
        for copy, weights in zip(seen, _block(chip, ohm, parts, block.ahead, full)):
            copy[block.outputs, block.driven] = weights.T
    return seen


def _block(
    chip: Architecture, ohm: float, parts: list[np.ndarray], ahead: int, full: float
) -> list[np.ndarray]:
    """The same of one block: weights (lines, outputs) of each copy, whose columns lie side by side."""
    low, high = chip.physics.conductance_us
    paired = chip.weights.mapping == "differential"
    # A single column has to hold both signs in the range that a pair has for each.
    unit = (high - low) / full / (1.0 if paired else 2.0)
    lines, outputs = parts[0].shape
    if paired:
        halves = [low + unit * np.maximum(sign * part, 0.0) for part in parts for sign in (1, -1)]
    else:
        halves = [(low + high) / 2 + unit * part for part in parts]
    columns = len(halves)
    cells = np.stack(halves, axis=2).reshape(lines, outputs * columns)
    references = 0 if paired else chip.weights.reference_columns
    cells = np.pad(cells, ((0, ahead), (0, references)))
    # A reference column holds the weight zero.
    cells[:lines, outputs * columns :] = (low + high) / 2
    sources = (np.arange(lines + ahead) < lines).astype(float)
    currents, _ = line_currents(cells, sources, row_ohm=ohm, column_ohm=ohm)
    currents = currents[:lines]
    each = currents[:, : outputs * columns].reshape(lines, outputs, columns)
    reference = currents[:, outputs * columns :]
    signed = each[:, :, ::2] - each[:, :, 1::2] if paired else each - _mean(reference)
    return [(signed[:, :, number] / unit).astype(np.float32) for number in range(len(parts))]


def _mean(reference: np.ndarray) -> np.ndarray:
    """Currents of the reference columns of each line, as they are taken off every other column."""
    mean: np.ndarray = reference.mean(axis=1)[:, None, None]
    return mean
