"""How fast and how deep a network is, and what a message becomes on it."""

from __future__ import annotations

from typing import NamedTuple


class Speed(NamedTuple):
    """How fast and how deep a network is.

    `flit_bits` pass a link a cycle, `port_bits` the way in or out of a core; a head is on the next
    router `hop_cycles` after it was put on a link, on the next chip after `package_cycles`;
    `package_bits` pass a link of the package a cycle. A packet has at most `packet_flits` with its
    head flit, and every router holds `slots` packets of each class behind each of its links.
    """

    flit_bits: int
    port_bits: int
    hop_cycles: int
    packet_flits: int
    slots: int
    package_bits: int = 1
    package_cycles: int = 0

    def packets(self, bits: int) -> tuple[int, ...]:
        """The flits of the packets that carry so many bits, each with a head flit of its own."""
        flits = -(-bits // self.flit_bits)
        # One flit of a packet is its head.
        whole, rest = divmod(flits, self.packet_flits - 1)
        return (self.packet_flits,) * whole + ((rest + 1,) if rest else ())
