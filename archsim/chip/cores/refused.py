"""What a chip of cores cannot do yet, refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from archsim.chip.blocks import blocks
from archsim.chip.blocks.base import Contradiction
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # whose check asks for this


def contradictions(chip: Architecture) -> Iterator[Contradiction]:
    """Settings that a chip of cores cannot have beside its cores."""
    flat = "or take a flat chip (cim40)"
    if chip.tile.count != "auto":
        yield Contradiction(
            "tile.count",
            chip.tile.count,
            "the tiles are those of the cores",
            f"set core.count and core.tiles, {flat}",
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
            "execution.keep_pace",
            True,
            "the units of a core are as they are set",
            f"leave it out, {flat}",
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
        for fault in block.flat_only(chip):
            yield fault._replace(hint=f"{fault.hint}, {flat}")
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


def check_on_cores(chip: Architecture) -> None:
    """Raises InputError for the first setting that does not go with cores."""
    if not chip.core.tiles:
        return
    for fault in contradictions(chip):
        raise InputError(
            fault.why, where=f"{chip.origin}: {fault.field}", got=fault.got, hint=fault.hint
        )
