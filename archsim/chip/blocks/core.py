"""Cores: tiles that share buffers, vector lanes and a port to the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from archsim.chip.blocks.base import Acts, Block
from archsim.chip.core_kinds import KindName, KindSettings
from archsim.chip.section import Count, Section
from hwlib.effects import Effects

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py
    from archsim.chip.usage import Usage

# Cores carry no training and no real data: a larger circuit that works at the same time.
CIRCUIT = Effects(area="up", energy="any", time="down")
FASTER_ADMITTED = Effects(energy="any", time="down", admits=True)


class CoreSettings(Section):
    """Cores of the chip. Without any, the chip is flat: one core, whose buffer and vector unit are
    those of the chip. All are of one kind, unless `kinds` names several.
    """

    tiles: Annotated[
        int, Field(ge=0, le=65536), Effects(area="any", energy="any", time="any", admits=True)
    ] = 0
    """Tiles of a core; 0: the chip is flat."""
    count: Annotated[
        Count | Literal["auto"], Effects(area="any", energy="any", time="any", admits=True)
    ] = "auto"
    """Cores of a chip; `auto`: as many as the network needs."""
    input_buffer_kib: Annotated[
        float, Field(ge=0.0625, le=65536), Effects(area="up", energy="any", time="down")
    ] = 16.0
    """Buffer of inputs from other cores. Where it holds the rows of a window of each layer of the core,
    a value comes over the network once; else once for each row of the window.
    """
    output_buffer_kib: Annotated[
        float, Field(ge=0.0625, le=65536), Effects(area="up", energy="any", time="any")
    ] = 32.0
    """Buffer of results, which other cores fetch. What it does not hold of the feature maps of the
    core's layers goes to the global buffer.
    """
    # words that are there sooner may take a turn in which another layer's would have been sooner through
    buffer_bits: Annotated[int, Field(ge=8, le=1024), Effects(energy="any", time="any")] = 128
    """Bits a cycle of either buffer."""
    lanes: Annotated[int, Field(ge=1, le=65536), CIRCUIT] = 16
    """Vector lanes of a core, elements a cycle; their format is that of the vector unit."""
    port_bits: Annotated[int, Field(ge=1, le=4096), FASTER_ADMITTED] = 128
    """Bits a cycle into and out of a core; a flit of the network is no wider."""
    kinds: Annotated[
        dict[KindName, KindSettings],
        Effects(area="any", energy="any", time="any", accuracy="any", limit=True),
    ] = Field(default_factory=dict)
    """Kinds of cores by name (`[core.kinds.NAME]`): each core is of one of them. Without any, all are
    as the chip says."""

    def buffer_cycles(self, bits: int) -> int:
        """Cycles of either buffer for so many bits."""
        return -(-bits // self.buffer_bits)


def on_cores(run: Usage) -> bool:
    """Whether the run is on a chip of cores."""
    return run.built.chip.core.tiles > 0


def timed_on_cores(run: Usage) -> bool:
    """Whether time passes on a chip of cores."""
    return run.timed and on_cores(run)


FLAT = Acts(on_cores, "the chip has no cores (core.tiles)")
TIMED_CORES = Acts(timed_on_cores, "nothing is timed, or the chip has no cores (core.tiles)")


class Cores(Block[CoreSettings]):
    """Inputs wait in one buffer, results in another; what lies between is the business of other
    blocks. The laws of a step on cores are in archsim/chip/cores.
    """

    name = "core"
    section = CoreSettings
    roles = ("input_buffer", "output_buffer")
    without = frozenset(roles)
    per = "core"
    in_every_core = True
    optional = True
    only_times = True
    acts = {
        "count": FLAT,
        "input_buffer_kib": FLAT,
        "output_buffer_kib": FLAT,
        "buffer_bits": FLAT,
        "lanes": Acts(
            lambda run: (
                on_cores(run)
                and (
                    run.timed
                    or any(part.per == "lane" for part in run.built.chip.components.values())
                )
            ),
            "the chip has no cores, or nothing is timed and no part is for a lane",
        ),
        "port_bits": TIMED_CORES,
    }

    def parts(self, chip: Architecture, tiles: int) -> int:
        return cores_of(chip, tiles)


def cores_of(chip: Architecture, tiles: int) -> int:
    """Cores that so many tiles are; a flat chip is one. Cores without tiles, as weights in memory leave
    them, are those that the chip states, else one a chip of the package.
    """
    if not chip.core.tiles:
        return 1
    if not tiles:
        return chip.package.chips * (1 if chip.core.count == "auto" else chip.core.count)
    # The last core may have tiles that no layer needs; it is built whole.
    return -(-tiles // chip.core.tiles)


BLOCK = Cores()
