"""What a chip of cores cannot do yet, refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from archsim.chip.blocks import blocks
from archsim.chip.blocks.base import Contradiction
from archsim.trace.operation import Trace
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # whose check asks for this


def contradictions(chip: Architecture) -> Iterator[Contradiction]:
    """Settings that a chip of cores cannot have beside its cores."""
    flat = "or make the chip flat (core.tiles=0)"
    if chip.tile.count != "auto":
        yield Contradiction(
            "tile.count",
            chip.tile.count,
            "the tiles are those of the cores",
            "set core.count and core.tiles",
        )
    if chip.placement.pack:
        yield Contradiction(
            "placement.pack", True, "layers on cores do not share tiles", f"leave it out, {flat}"
        )
    if chip.execution.reload:
        yield Contradiction(
            "execution.reload",
            True,
            "weights are not loaded in passes on cores",
            f"give more cores (core.count), {flat}",
        )
    if chip.execution.keep_pace:
        yield Contradiction(
            "execution.keep_pace", True, "the units of a core are as they are set", "leave it out"
        )
    if chip.core.kinds and chip.core.count != "auto":
        yield Contradiction(
            "core.count",
            chip.core.count,
            "each kind of cores has a count of its own",
            "set core.kinds.NAME.count",
        )
    if chip.core.kinds and chip.package.chips > 1:
        yield Contradiction(
            "package.chips",
            chip.package.chips,
            "the chips of a package are alike, and cores of several kinds are not dealt out to them",
            "take package.chips=1, or cores of one kind (core.kinds)",
        )
    for block in blocks():
        yield from block.flat_only(chip)
    if chip.network.flit_bits > chip.core.port_bits:
        # a flit that takes several cycles of a port wastes what its last word leaves empty
        yield Contradiction(
            "network.flit_bits",
            chip.network.flit_bits,
            f"a flit passes the port of a core in a cycle, which is {chip.core.port_bits} bits wide",
            "take narrower flits, or a wider port (core.port_bits)",
        )
    if chip.network.topology == "bus" and chip.package.chips > 1:
        yield Contradiction(
            "network.topology",
            "bus",
            "the links of a package sit at a router, and a bus has none",
            "take another topology, or package.chips=1",
        )


def check_on_cores(trace: Trace, chip: Architecture) -> None:
    """Raises InputError for the first setting that does not go with cores, and for a trace that a
    chip of cores cannot execute."""
    if not chip.core.tiles:
        return
    for fault in contradictions(chip):
        raise InputError(
            fault.why, where=f"{chip.origin}: {fault.field}", got=fault.got, hint=fault.hint
        )
    hint = "make the chip flat (core.tiles=0)"
    where = f"{chip.origin}: core.tiles"
    for operation in trace.image_operations:
        if operation.sequential:
            raise InputError(
                f"a chip of cores does no recurrent layers ({operation.layer})",
                where=where,
                got=chip.core.tiles,
                hint=hint,
            )
