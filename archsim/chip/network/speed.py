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
        whole, rest = self._packets(bits)
        return (self.packet_flits,) * whole + ((rest + 1,) if rest else ())

    def packet_count(self, bits: int) -> int:
        """How many packets these are."""
        whole, rest = self._packets(bits)
        return whole + (rest > 0)

    def flits(self, bits: int) -> int:
        """The flits of all of them."""
        whole, rest = self._packets(bits)
        return self.packet_flits * whole + (rest + 1 if rest else 0)

    def count_and_last(self, bits: int) -> tuple[int, int]:
        """How many packets these are, and the flits of the last one; none where there is none."""
        whole, rest = self._packets(bits)
        if rest:
            return whole + 1, rest + 1
        return whole, self.packet_flits * (whole > 0)

    def _packets(self, bits: int) -> tuple[int, int]:
        """Packets that are full, and the flits of one that is not, without its head."""
        flits = -(-bits // self.flit_bits)
        # One flit of a packet is its head.
        return divmod(flits, self.packet_flits - 1)
