"""Which tiles of a layer share a core, whatever cores these are.

What a core does of a layer rests on this pattern and on how the layer is split, not on where the cores
lie: copies, layers of one shape and the same network on another chip have it once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import NamedTuple

from archsim.chip.cores.unit_shares import UnitShares

Law = Callable[..., UnitShares]
"""From the cores of tiles, by their numbers in the pattern, and what else it rests on, to shares of these
cores."""

PATTERNS_KEPT = 256
TILES_KEPT = 1 << 14
"""How many are kept, of so many tiles at most each: 32 MB of the largest."""


class CorePattern(NamedTuple):
    """The core of every tile by its number in `cores`, which are in the order in which they come
    first."""

    tiles: tuple[int, ...]
    cores: tuple[int, ...]

    @classmethod
    def of(cls, cores: Sequence[int]) -> CorePattern:
        """The pattern of tiles that lie on these cores."""
        named = tuple(dict.fromkeys(cores))
        numbers = dict(zip(named, range(len(named))))
        return cls(tuple([numbers[core] for core in cores]), named)

    def once(self, law: Law, *rest: Hashable) -> UnitShares:
        """What a law makes of the pattern, which is not asked again for what it told already."""
        if len(self.tiles) > TILES_KEPT:
            return law(self.tiles, *rest)
        return _kept(law, self.tiles, *rest)

    def named(self, shares: UnitShares) -> UnitShares:
        """Shares of the cores by their numbers in the pattern as those of the cores themselves."""
        names = self.cores
        return UnitShares(
            tuple([share._replace(core=names[share.core]) for share in shares.cores]),
            tuple(
                [
                    group._replace(cores=tuple([names[core] for core in group.cores]))
                    for group in shares.groups
                ]
            ),
            tuple(
                [
                    exchange._replace(source=names[exchange.source], target=names[exchange.target])
                    for exchange in shares.exchanges
                ]
            ),
            shares.columns,
        )


@lru_cache(maxsize=PATTERNS_KEPT)
def _kept(law: Law, *rest: Hashable) -> UnitShares:
    return law(*rest)
