"""A training step with weights that several layers read: their matrix stands once, each layer goes
forward and back by itself, and one update sees the vectors of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archsim.trace.lower import Stage
from archsim.trace.operation import OFF_TILES, Operation

_TURNED = {"read": "read_transposed", "read_transposed": "read"}


def readers_of(stages: Sequence[Stage]) -> dict[str, list[Stage]]:
    """By the layer that keeps a matrix the stages that read it, those of one reader among them."""
    readers: dict[str, list[Stage]] = {}
    for stage in stages:
        if stage.on_array:
            readers.setdefault(stage.head.shares or stage.name, []).append(stage)
    return readers


def with_all_vectors(stages: Sequence[Stage]) -> list[Stage]:
    """The stages as an update sees them: those that keep their matrix, with the vectors of all who
    read it, and those without any.
    """
    readers = readers_of(stages)
    return [
        replace(stage, further_vectors=_vectors(readers[stage.name]) - _vectors([stage]))
        if stage.on_array
        else stage
        for stage in stages
        if not stage.head.shares
    ]


def _vectors(stages: Sequence[Stage]) -> int:
    return sum(stage.head.matrix.vectors for stage in stages)


def on_shared_arrays(operation: Operation, stage: Stage, *, back: bool) -> Operation:
    """An operation of a stage whose matrix several layers read, on the arrays that have it.

    Args:
        operation: as an update rule makes it of the stage alone.
        stage: that of the layer that keeps the matrix, or of one that shares it.
        back: whether it takes an error back: through a transposed matrix from its rows' side.
    """
    if operation.kind in OFF_TILES:
        return replace(operation, array=None)  # from a copy in memory
    owner = stage.head.shares or stage.name
    turned = back and stage.head.transposed
    return replace(
        operation,
        array=_of_owner(operation.array or owner, stage.name, owner),
        against=operation.against and _of_owner(operation.against, stage.name, owner),
        kind=_TURNED[operation.kind] if turned else operation.kind,
    )


def _of_owner(array: str, layer: str, owner: str) -> str:
    """The name of an array of a layer ("fc", "fc.fast") as that of the one whose matrix it reads."""
    further = array.removeprefix(layer)
    return owner + further if array != further and further[:1] in ("", ".") else array
