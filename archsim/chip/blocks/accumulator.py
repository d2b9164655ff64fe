"""The adders of a core that sum what several tiles give of one output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from archsim.chip.blocks.base import Block
from archsim.chip.blocks.core import FLAT, TIMED_CORES, cores_of
from archsim.chip.section import Section
from hwlib.effects import Effects

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py


class AccumulatorSettings(Section):
    """Partial sums of the rows of a matrix that is split over tiles."""

    kind: Annotated[Literal["tree", "chain"], Effects(area="any", energy="any", time="any")] = (
        "tree"
    )
    """`tree`: every tile sends its sums over the wires of the core to a tree of adders; `chain`: a
    tile adds what its neighbour sends and hands the sum on, and only the last one's crosses the
    wires.
    """
    adders: Annotated[int, Field(ge=1, le=65536), Effects(area="up", energy="any", time="down")] = (
        16
    )
    """Additions a cycle: of a core's tree, or of each tile of a chain."""


class Accumulator(Block[AccumulatorSettings]):
    """An addition a cycle and adder. A tree is as many cycles deep as it has levels, a chain takes a
    cycle from tile to tile.
    """

    name = "accumulator"
    section = AccumulatorSettings
    roles = ("accumulator",)
    per = "adder"
    in_every_core = True
    optional = True
    only_times = True
    acts = {
        "kind": FLAT,
        "adders": TIMED_CORES._replace(
            condition=lambda run: (
                FLAT.condition(run)
                and (
                    run.timed
                    or any(part.per == "adder" for part in run.built.chip.components.values())
                )
            )
        ),
    }

    def stops(self, chip: Architecture) -> bool:
        return chip.core.tiles > 0

    def parts(self, chip: Architecture, tiles: int) -> int:
        settings = self.settings(chip)
        cores = cores_of(chip, tiles)
        if not chip.core.tiles:
            return settings.adders  # a flat chip has none, and a part for them is one tree
        # A chain has its adders at every tile, a tree once a core.
        return settings.adders * (cores if settings.kind == "tree" else cores * chip.core.tiles)


BLOCK = Accumulator()
