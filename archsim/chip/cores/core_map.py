"""Where an operation is done on the cores of a chip, where its results lie, and from where it fetches
its inputs.
"""

from __future__ import annotations

from dataclasses import dataclass

from archsim.chip.config import Architecture
from archsim.chip.cores.core_map_making import MapMaking
from archsim.chip.cores.holdings import InputSource
from archsim.chip.cores.network_of import layout_on
from archsim.chip.cores.unit_shares import UnitShares
from archsim.chip.network.layout import NetworkLayout
from archsim.chip.placement import Placement
from archsim.trace.operation import Trace


@dataclass(frozen=True)
class CoreMap:
    """A trace on the cores of a chip.

    `units` are the copies of each operation by its name, `kept` the share of its results that the
    output buffers of its cores hold, `off_chip` the share of what goes to the global buffer that does
    not fit there, and `sources` those of its inputs. `fetches` are the input values that come over
    the network for a step, and `cache_off_chip` is the share of keys and values for later tokens that
    is off chip.
    """

    cores: int
    layout: NetworkLayout
    units: dict[str, tuple[UnitShares, ...]]
    kept: dict[str, float]
    off_chip: dict[str, float]
    sources: dict[str, tuple[InputSource, ...]]
    fetches: dict[str, float]
    cache_off_chip: float

    @classmethod
    def of(cls, trace: Trace, chip: Architecture, placement: Placement) -> CoreMap | None:
        """The map of a trace; None on a flat chip."""
        if not chip.core.tiles:
            return None
        making = MapMaking(trace, chip, placement)
        for operation in trace.image_operations + trace.batch_operations:
            making.add(operation)
        return CoreMap(
            placement.cores,
            layout_on(chip, placement.cores),
            making.units,
            making.kept,
            making.off_chip,
            making.sources,
            making.fetches,
            making.cache.off_chip,
        )

    def terminal(self, port: int) -> int:
        """The terminal of a port of the network."""
        return self.cores + port
