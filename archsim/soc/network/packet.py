"""A packet on its way through the links of a tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from archsim.chip.network.routes import Branch

if TYPE_CHECKING:
    from archsim.soc.network.network import NetworkOnChip  # which sends these


class Transit:
    """A packet at one link of its tree.

    Its slot in the buffer in front of the link is free when its last word has left on all links
    that lead on from there: `before` counts them.
    """

    __slots__ = ("network", "branch", "flits", "before", "arrived", "left", "free", "slot")

    def __init__(
        self,
        network: NetworkOnChip,
        branch: Branch,
        flits: int,
        before: Transit | None,
        arrived: Callable[[int, int], None],
    ):
        self.network = network
        self.branch = branch
        self.flits = flits
        self.before = before
        self.arrived = arrived
        self.left = len(branch.onward)
        self.free = 0
        self.slot = -1

    def ask(self, whole: int) -> None:
        """Stand at the link, the last word there at cycle `whole` at the earliest."""
        network = self.network
        channel = self.branch.channel
        cycles = network.cycles_of(channel.link, self.flits)
        network.links[channel.link].ask(self, channel.buffers, self.flits, cycles, whole)

    def granted(self, start: int, end: int, slot: int) -> None:
        """Pass the link; the head goes on while the rest follows."""
        self.slot = slot
        network = self.network
        if self.before is not None:
            self.before.leaves(end)
        delay = network.delays[self.branch.channel.link]
        if self.branch.target is not None:
            self.arrived(self.branch.target, end + delay)
            return
        onward = [
            Transit(network, branch, self.flits, self, self.arrived)
            for branch in self.branch.onward
        ]

        def head_is_there(_: object) -> None:
            for transit in onward:
                transit.ask(end + delay)

        network.env.timeout(start + delay - network.env.now).callbacks.append(head_is_there)

    def leaves(self, end: int) -> None:
        """The last word leaves on one of the ways at cycle `end`."""
        self.left -= 1
        self.free = max(self.free, end)
        if not self.left:
            channel = self.branch.channel
            self.network.links[channel.link].leave(channel.buffers, self.slot, self.free)
