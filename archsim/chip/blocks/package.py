"""Several chips in one package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from archsim.chip.blocks.base import Acts, Block
from archsim.chip.blocks.core import on_cores
from archsim.chip.section import Cycles, Section
from hwlib.effects import Effects

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py
    from archsim.chip.usage import Usage


class PackageSettings(Section):
    """Chips of cores in a row, with a link between neighbours in either direction."""

    chips: Annotated[
        int, Field(ge=1, le=256), Effects(area="any", energy="any", time="any", admits=True)
    ] = 1
    """Chips of the package; global buffer and off-chip channel are those of the first."""
    link_bits: Annotated[int, Field(ge=1, le=4096), Effects(energy="any", time="down")] = 32
    """Bits a cycle of a link."""
    link_cycles: Annotated[Cycles, Effects(energy="any", time="up")] = 8
    """Cycles that a word is under way from chip to chip."""
    gateway: Annotated[
        int, Field(ge=0, le=1_000_000), Effects(area="any", energy="any", time="any")
    ] = 0
    """The router of each chip at which its links sit."""


def several_chips(run: Usage) -> bool:
    """Whether the cores are on several chips."""
    return on_cores(run) and run.built.chip.package.chips > 1


JOINED = Acts(several_chips, "there is one chip")


class Package(Block[PackageSettings]):
    """A link is as wide in either direction; it is counted by the bit."""

    name = "package"
    section = PackageSettings
    roles = ("package_link",)
    without = frozenset(roles)
    per = "package_link"
    optional = True
    only_times = True
    acts = {
        "chips": Acts(on_cores, "the chip has no cores (core.tiles)"),
        "link_bits": JOINED,
        "link_cycles": JOINED._replace(
            condition=lambda run: run.timed and several_chips(run),
            otherwise="nothing is timed, or there is one chip",
        ),
        "gateway": JOINED,
    }

    def cycles_for(self, role: str, action: str, chip: Architecture) -> int | None:
        return None  # links between chips have a clock of their own

    def parts(self, chip: Architecture, tiles: int) -> int:
        # A row of chips: neighbours are joined, one link each way.
        return 2 * (chip.package.chips - 1)


BLOCK = Package()
