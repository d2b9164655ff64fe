"""The blocks of a chip, one file each: its settings, what operations queue for, its law of cycles,
what it counts, and when its settings act.

In go a step of an operation, or its work on the tiles; out come counts and cycles in a plan
(archsim/chip/plan), which the event model plays and which are priced without events as well. Begin
with `base.py`, then `vector_unit.py`; `lookup_unit.py` is one that only some chips have.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from archsim.chip.blocks.base import Block

# Every block, in the order in which a step asks them: what the tiles put on the wires is known
# before the wires are asked, and the vector unit does the work that the blocks before it left.
# A result lists their resources in this order, too.
NAMES = (
    "tile_read",
    "tile_update",
    "tile_write",
    "controller",
    "matrix_unit",
    "interconnect",
    "buffer",
    "lookup_unit",
    "vector_unit",
    "off_chip",
    "bitstream",
    "core",
    "accumulator",
    "network",
    "package",
)


@cache
def blocks() -> tuple[Block[Any], ...]:
    """All blocks, loaded by their names."""
    return tuple(import_module(f"{__name__}.{name}").BLOCK for name in NAMES)


@cache
def by_kind() -> dict[str, Block[Any]]:
    """The block by whose law an operation of a kind keeps the tiles busy."""
    return {kind: block for block in blocks() for kind in block.kinds}


@cache
def on_the_way() -> tuple[Block[Any], ...]:
    """The blocks that a step asks for something."""
    return tuple(block for block in blocks() if type(block).plan_step is not Block.plan_step)


@cache
def counted() -> dict[str, Block[Any]]:
    """The blocks by which parts of a chip are counted, by the word for it."""
    return {block.per: block for block in blocks() if block.per}


@cache
def _owners() -> dict[str, Block[Any]]:
    owners: dict[str, Block[Any]] = {}
    for block in blocks():
        for role in block.roles:
            # The first block asked is the first on the way, so its settings say how long an action
            # lasts.
            owners.setdefault(role, block)
    return owners


def owner_of(role: str) -> Block[Any] | None:
    """The block that counts under a role, the first where several do; None where none does."""
    return _owners().get(role)


@cache
def down() -> tuple[Block[Any], ...]:
    """The blocks on the way of inputs to the tiles, as data pass them."""
    return tuple(sorted((b for b in blocks() if b.down is not None), key=lambda b: b.down or 0))


@cache
def up() -> tuple[Block[Any], ...]:
    """The blocks on the way of results from the tiles, as data pass them."""
    return tuple(sorted((b for b in blocks() if b.up is not None), key=lambda b: b.up or 0))
