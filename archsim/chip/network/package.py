"""Several chips of one kind in a row, joined by links between neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archsim.chip.network.layout import Hop, Link, NetworkLayout, Position, Routers, layout_of


def package(
    topology: Callable[[int, Sequence[int]], NetworkLayout],
    chips: int,
    cores: int,
    ports: Sequence[int] = (),
    gateway: int = 0,
) -> NetworkLayout:
    """The network of a package; router r of chip c has the number c * (routers of a chip) + r.

    A packet goes to the gateway of its chip, from chip to chip, and from the gateway to its target.
    On its last chip it has buffers of their own: packets that leave a chip never wait for positions
    that packets which arrive have taken, so that two chips cannot wait for each other.

    Args:
        topology: of each chip; one with routers.
        chips: so many.
        cores: of each chip.
        ports: routers of the ports, all on the first chip.
        gateway: the router of each chip at which the links of the package sit.

    Returns:
        the layout, with the cores of the first chip first.
    """
    chip = topology(cores, ()).routers
    size = len(chip.positions)
    # Chips side by side: positions are for plots and for lengths inside a chip.
    width = max(position.x for position in chip.positions) + 1
    positions = [
        Position(position.x + number * width, position.y)
        for number in range(chips)
        for position in chip.positions
    ]
    homes = [number * size + home for number in range(chips) for home in chip.homes]
    joined = [
        (number * size + source, number * size + target)
        for number in range(chips)
        for source, target in chip.joined
    ]
    across = []
    for number in range(chips - 1):
        here, there = number * size + gateway, (number + 1) * size + gateway
        across += [(here, there), (there, here)]

    ways = _Ways(chip, size, gateway)
    all_chips = Routers(
        tuple(positions), tuple(homes), (*joined, *across), ways.path, ways.back, 2 * chip.classes
    )
    layout = layout_of(all_chips, ports)
    links = list(layout.links)
    for pair in across:
        number = layout.between[pair]
        # No pitches of a core: a link between chips is priced by the bit.
        links[number] = Link(links[number].name, "package", 0.0, pair[1])
    return NetworkLayout(
        all_chips, tuple(links), layout.terminals, layout.inject, layout.eject, layout.between
    )


class _Ways:
    """Paths between routers of chips of `size` routers each."""

    def __init__(self, chip: Routers, size: int, gateway: int):
        self.chip = chip
        self.size = size
        self.gateway = gateway

    def path(self, source: int, target: int) -> list[Hop]:
        size, gateway = self.size, self.gateway
        first, last = source // size, target // size
        if first == last:
            return self._inside(first, source % size, target % size, False)
        steps = self._inside(first, source % size, gateway, False)
        way = 1 if last > first else -1
        for number in range(first, last, way):
            steps.append(Hop(number * size + gateway, (number + way) * size + gateway, 0))
        return [*steps, *self._inside(last, gateway, target % size, True)]

    def back(self, source: int, target: int) -> tuple[int, int]:
        size, gateway = self.size, self.gateway
        first, last = source // size, target // size
        if first == last:
            before, buffers = self.chip.back(source % size, target % size)
            return first * size + before, buffers
        if target % size == gateway:
            return target + (size if first > last else -size), 0
        before, buffers = self.chip.back(gateway, target % size)
        return last * size + before, buffers + self.chip.classes

    def _inside(self, number: int, source: int, target: int, arriving: bool) -> list[Hop]:
        size = self.size
        # Arriving packets in classes of their own, or a packet that leaves could wait for one that
        # arrives and the other way round.
        later = self.chip.classes if arriving else 0
        return [
            Hop(number * size + step.source, number * size + step.target, step.buffers + later)
            for step in self.chip.path(source, target)
        ]
