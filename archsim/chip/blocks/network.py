"""The network between the cores of a chip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from archsim.chip.blocks.base import Acts, Block
from archsim.chip.blocks.core import FLAT, TIMED_CORES, cores_of, on_cores
from archsim.chip.section import Section
from hwlib.effects import Effects

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py

MIDDLE = "middle"
Router = Annotated[int, Field(ge=0, le=1_000_000)] | Literal["middle"]
_PORT = Effects(area="any", energy="any", time="any")


class NetworkSettings(Section):
    """Routers and links between cores. A packet moves by virtual cut-through on the one way that its
    topology gives it (XY on a mesh, the shorter way on a ring).
    """

    topology: Annotated[
        Literal["mesh", "ring", "h_tree", "bus"], Effects(area="any", energy="any", time="any")
    ] = "mesh"
    """`mesh`: a router a core, joined to its four neighbours; `ring`: to two; `h_tree`: a binary tree
    of routers; `bus`: one medium without routers.
    """
    flit_bits: Annotated[
        int, Field(ge=8, le=4096), Effects(area="up", energy="any", time="any", admits=True)
    ] = 128
    """Bits that a link carries in a cycle, no more than a port does (`core.port_bits`)."""
    packet_flits: Annotated[
        int, Field(ge=2, le=1024), Effects(area="up", energy="any", time="any")
    ] = 17
    """Flits of a packet at most; the first says where it goes."""
    slots: Annotated[
        int, Field(ge=1, le=64), Effects(area="up", energy="any", time="any", limit=True)
    ] = 2
    """Packets that a router holds behind each of its links."""
    hop_cycles: Annotated[int, Field(ge=1, le=10_000), Effects(energy="any", time="up")] = 2
    """Cycles of a head through a router and the link in front of it."""
    outstanding: Annotated[
        int, Field(ge=1, le=1024), Effects(energy="any", time="any", limit=True)
    ] = 4
    """Steps of a unit whose inputs are under way or wait in its core, beside the one that its tiles
    are fed with.
    """
    buffer_port: Annotated[Router, _PORT] = 0
    """The router at which the global buffer sits; `middle` is the one that is nearest to all others,
    of however many cores.
    """
    off_chip_port: Annotated[Router, _PORT.as_limit()] = 0
    """The router at which the off-chip channel sits, or `middle`."""


class CoreNetwork(Block[NetworkSettings]):
    """Counted by what bits pass: routers, and links by their length in pitches of a core."""

    name = "network"
    section = NetworkSettings
    roles = ("network_router", "network_link")
    without = frozenset(roles)
    per = "router"
    optional = True
    only_times = True
    acts = {
        "topology": FLAT,
        "flit_bits": FLAT,
        "packet_flits": FLAT,
        "slots": Acts(
            lambda run: (
                on_cores(run)
                and (
                    run.timed
                    or any(
                        "=derived.router_buffer_kib" in part.parameters.values()
                        for part in run.built.chip.components.values()
                    )
                )
            ),
            "the chip has no cores, or nothing is timed and no part has so many slots",
        ),
        "hop_cycles": TIMED_CORES,
        "outstanding": TIMED_CORES,
        "buffer_port": FLAT,
        "off_chip_port": FLAT,
    }

    def cycles_for(self, role: str, action: str, chip: Architecture) -> int | None:
        return self.settings(chip).hop_cycles

    def parts(self, chip: Architecture, tiles: int) -> int:
        from archsim.chip.cores.network_of import routers_on  # which reads whole descriptions

        return routers_on(chip, cores_of(chip, tiles)) if chip.core.tiles else 0


BLOCK = CoreNetwork()
