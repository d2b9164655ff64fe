"""How many copies of its weights each layer gets: those that are named, and those that balance a
pipeline.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # the reader of chip files asks here what a word stands for, before anything else is loaded
    from archsim.chip.config import Architecture
    from archsim.trace.layer_matrix import LayerMatrix

AUTO = "auto"
"""The word for copies that balance, as a file says it."""
DOUBLE = 2.0
"""Tiles that it lets layers take, over those of one copy each."""


def with_balance(content: dict[str, Any]) -> dict[str, Any]:
    """The description of a chip with `placement.copies = "auto"` as the number that it stands for."""
    placement = content.get("placement")
    if not isinstance(placement, dict) or placement.get("copies") != AUTO:
        return content
    return content | {"placement": {"balance": DOUBLE, **placement, "copies": {}}}


def copies_of(
    matrices: Sequence[LayerMatrix], chip: Architecture, tiles: Callable[[LayerMatrix], int]
) -> dict[str, int]:
    """Copies by layer.

    The layer that a copy of which has most vectors to read is the slowest of a pipeline. It gets the
    next copy, as long as all layers together take at most `placement.balance` times the tiles of one
    copy each; copies that are named stay as they are.

    Args:
        matrices: of the trace.
        chip: what it says of copies.
        tiles: of one copy of a matrix.

    Returns:
        a count for each layer.
    """
    named = chip.placement.copies
    copies = {matrix.layer: named.get(matrix.layer, 1) for matrix in matrices}
    each = {matrix.layer: tiles(matrix) for matrix in matrices}
    room = int(sum(each.values()) * chip.placement.balance + 1e-9)
    if chip.tile.count != "auto":
        room = min(room, chip.tile.count)
    room -= sum(copies[layer] * each[layer] for layer in copies)
    slowest = [
        (-matrix.vectors / copies[matrix.layer], number, matrix)
        for number, matrix in enumerate(matrices)
        if matrix.layer not in named
    ]
    heapq.heapify(slowest)
    while slowest:
        _, number, matrix = heapq.heappop(slowest)
        layer = matrix.layer
        if each[layer] > room or copies[layer] >= matrix.vectors:
            break  # a copy of a layer that is no bottleneck would not make the pipeline faster
        room -= each[layer]
        copies[layer] += 1
        heapq.heappush(slowest, (-matrix.vectors / copies[layer], number, matrix))
    return copies
