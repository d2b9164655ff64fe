"""The links of a network on chip, and messages over them."""

from __future__ import annotations

from collections.abc import Callable

from archsim.chip.network.layout import NetworkLayout
from archsim.chip.network.route_table import NetworkRoute
from archsim.chip.network.routes import Branch, tree
from archsim.chip.network.speed import Speed
from archsim.soc.clock import Clock
from archsim.soc.network.link import NetworkLink
from archsim.soc.network.packet import Transit


class NetworkOnChip:
    """Links with their buffers, made for one run. Each has `slots` of every class of buffers behind it,
    but for those into a core or port.
    """

    def __init__(
        self, env: Clock, layout: NetworkLayout, speed: Speed, form: type[NetworkLink] = NetworkLink
    ):
        self.env = env
        self.layout = layout
        self.speed = speed
        self._trees: dict[NetworkRoute, Branch] = {}
        classes = layout.routers.classes
        self.links = [
            form(env, link.name, link.kind, classes if link.kind != "eject" else 0, speed.slots)
            for link in layout.links
        ]
        self.slots = [speed.slots if link.kind != "eject" else 0 for link in layout.links]
        # A hop is a router and the wire in front of it; a bus has the wire alone.
        by_kind = {
            "inject": 0 if any(link.kind == "bus" for link in layout.links) else speed.hop_cycles,
            "wire": speed.hop_cycles,
            "bus": speed.hop_cycles,
            "package": speed.hop_cycles + speed.package_cycles,
            "eject": 0,
        }
        self.delays = [by_kind[link.kind] for link in layout.links]
        width = {"inject": speed.port_bits, "eject": speed.port_bits, "package": speed.package_bits}
        self.widths = [width.get(link.kind, speed.flit_bits) for link in layout.links]
        ports = range(len(layout.routers.homes), len(layout.terminals))
        for port in ports:  # a buffer or channel at a port has one of a link's width
            for number in (layout.inject[port], layout.eject[port]):
                self.widths[number] = speed.flit_bits

    def cycles_of(self, link: int, flits: int) -> int:
        """Cycles in which so many flits pass a link."""
        width = self.widths[link]
        if width == self.speed.flit_bits:
            return flits
        return -(-flits * self.speed.flit_bits // width)

    def tree(self, route: NetworkRoute) -> Branch:
        """The branches of a route, which events walk along."""
        if route not in self._trees:
            self._trees[route] = tree(self.layout, route.source, route.targets)
        return self._trees[route]

    def send(self, tree: Branch, bits: int, arrived: Callable[[int], None], whole: int = 0) -> None:
        """Send a message to all targets of a tree, from now on, in packets that follow one another.

        Args:
            tree: its way, of `archsim.chip.network.routes.tree`.
            bits: of the message; none are sent at once.
            arrived: is told, in the cycle in which it is known, the cycle in which the last word is
                at the last target.
            whole: the cycle in which the last word is at the source, where it is read meanwhile.
        """
        packets = self.speed.packets(bits)
        targets = sum(1 for _ in _leaves(tree))
        left = targets * len(packets)
        latest = self.env.now
        if not left:
            arrived(latest)
            return

        def one_more(_: int, cycle: int) -> None:
            nonlocal left, latest
            left -= 1
            latest = max(latest, cycle)
            if not left:
                arrived(latest)

        last = len(packets) - 1
        for number, flits in enumerate(packets):
            # the words of the last packet are read last
            Transit(self, tree, flits, None, one_more).ask(whole if number == last else 0)


def _leaves(branch: Branch) -> list[Branch]:
    if branch.target is not None:
        return [branch]
    return [leaf for onward in branch.onward for leaf in _leaves(onward)]
