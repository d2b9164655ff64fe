"""The network of a chip of cores, as its description says."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from archsim.chip.blocks.network import MIDDLE
from archsim.chip.network.layout import NetworkLayout
from archsim.chip.network.package import package
from archsim.chip.network.routes import TOPOLOGIES
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # whose blocks ask for the layout

BUFFER = 0
"""The first port, behind the cores: the global buffer."""
OFF_CHIP = 1
"""The second port: the off-chip channel."""


def layout_on(chip: Architecture, cores: int) -> NetworkLayout:
    """The layout of so many cores with the ports of buffer and channel behind them.

    Args:
        chip: its topology, ports and package.
        cores: of all chips together.

    Returns:
        the layout, one object for equal settings.

    Raises:
        InputError: for a port at a router that is not there.
    """
    settings = chip.network
    joined = chip.package
    each = -(-cores // joined.chips)
    one = _layout(settings.topology, each, (), 1, 0)
    routers = len(one.routers.positions)
    buffer, off_chip = (
        _middle(settings.topology, each) if port == MIDDLE else int(port)
        for port in (settings.buffer_port, settings.off_chip_port)
    )
    asked = {
        "network.buffer_port": buffer,
        "network.off_chip_port": off_chip,
        **({"package.gateway": joined.gateway} if joined.chips > 1 else {}),
    }
    for field, router in asked.items():
        if router >= routers:
            raise InputError(
                f"no such router on a {settings.topology} of {each} cores",
                where=f"{chip.origin}: {field}",
                got=router,
                allowed=f"0 to {routers - 1}",
            )
    return _layout(settings.topology, each, (buffer, off_chip), joined.chips, joined.gateway)


@lru_cache(maxsize=64)
def _middle(topology: str, cores: int) -> int:
    """The router that is nearest to all others together, the first of several."""
    positions = _layout(topology, cores, (), 1, 0).routers.positions
    # few routers differ in a coordinate
    along, across = (
        {one: sum(abs(one - other) for other in where) for one in set(where)}
        for where in ([router.x for router in positions], [router.y for router in positions])
    )
    ways = [along[router.x] + across[router.y] for router in positions]
    return ways.index(min(ways)) if ways else 0


@lru_cache(maxsize=64)
def _layout(
    topology: str, cores: int, ports: tuple[int, ...], chips: int, gateway: int
) -> NetworkLayout:
    if chips == 1:
        return TOPOLOGIES[topology](cores, ports)
    return package(TOPOLOGIES[topology], chips, cores, ports, gateway)


def routers_on(chip: Architecture, cores: int) -> int:
    """Routers of so many cores; a bus has none."""
    if chip.network.topology == "bus":
        return 0
    return len(layout_on(chip, cores).routers.positions)


def network_values(chip: Architecture, cores: int) -> dict[str, float]:
    """What parameters of parts may name of a network: `router_ports`, those of the router that has
    most; `router_buffer_kib` of the buffers behind them; `link_pitches`, the length of all links in
    pitches of a core. A flat chip has one core and no network.

    Args:
        chip: its description.
        cores: of all chips together.

    Returns:
        the values by name.
    """
    if not chip.core.tiles:
        return {"router_ports": 1, "router_buffer_kib": 0.0625, "link_pitches": 0.0}
    layout = layout_on(chip, cores)
    ports = layout.most_ports
    settings = chip.network
    packets = ports * settings.slots * layout.routers.classes
    return {
        "router_ports": ports,
        "router_buffer_kib": packets * settings.packet_flits * settings.flit_bits / 8192,
        "link_pitches": layout.link_pitches,
    }
