"""Keys and values for later tokens on a chip of cores."""

from __future__ import annotations

from typing import NamedTuple


class CachedAt(NamedTuple):
    """Of the keys and values of an operation the share that the buffers of its cores hold, and of the
    rest that which is off chip."""

    kept: float
    off_chip: float


class CoreCache:
    """Where keys and values lie: in the output buffers of the cores that make them, behind these in
    the global buffer, whose room feature maps then lack, and the rest off chip. What comes first has
    its place first.

    Args:
        free: bits of the global buffer.
    """

    def __init__(self, free: float):
        self.free = free
        self.shares: dict[str, CachedAt] = {}
        self._bits = self._bits_off_chip = 0.0

    def add(self, name: str, bits: float, kept: float) -> None:
        """Enter those of an operation, of which its cores hold a share."""
        rest = (1 - kept) * bits
        here = min(rest, self.free)
        self.free -= here
        self._bits += bits
        self._bits_off_chip += rest - here
        self.shares[name] = CachedAt(kept, 1 - here / rest if rest else 0.0)

    @property
    def off_chip(self) -> float:
        """The share of all keys and values that is off chip."""
        return self._bits_off_chip / self._bits if self._bits else 0.0
