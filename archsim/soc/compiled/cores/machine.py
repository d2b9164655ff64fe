"""A machine with cores whose events run as compiled code."""

from __future__ import annotations

from collections.abc import Callable

from archsim.chip.config import Architecture
from archsim.chip.placement import Placement
from archsim.soc.compiled.cores.fill import CoreFiller
from archsim.soc.compiled.cores.loop import run_core_events
from archsim.soc.compiled.fill import Filler
from archsim.soc.compiled.machine import EVENTS_AT_ONCE, CompiledMachine
from archsim.soc.compiled.tables import Table
from archsim.soc.cores.chip_of_cores import ChipOfCores
from archsim.soc.length import steps_in
from archsim.soc.network.link import CountedLink
from archsim.soc.server import CountedServer
from archsim.trace.operation import Trace

SHORT = 20_000
"""Steps of a run that is sooner begun anew in larger tables than large tables are cleared."""

CARRIED = ("free_at", "busy", "packets", "flits", "queue_max", "waited", "blocked")


GAPS_IN_ALL = 1 << 20
"""Gaps of all servers for which there is room at first: 16 MB."""


class CompiledCoreMachine(CompiledMachine, ChipOfCores):
    """One chip of cores that executes one trace. Where `skips` is false, every step is simulated: for
    tests. `skipped_steps` were not, in a steady state.
    """

    servers_of_cores = CountedServer
    links_between = CountedLink
    skips = True
    skipped_steps = 0

    def __init__(
        self,
        trace: Trace,
        chip: Architecture,
        placement: Placement,
        images: int,
        progress: Callable[[int, int], None] | None = None,
    ):
        super().__init__(trace, chip, placement, images, progress)
        # Inputs of a step are hundreds of messages, all asked of one buffer. On a chip of thousands of
        # cores most servers have few gaps, and room for many would be most of the memory.
        gaps = max(1 << 5, min(1 << 7, GAPS_IN_ALL // len(self.all_servers())))
        self.room = self.room._replace(events=1 << 14, results=1 << 10, gaps=gaps, starts=1 << 10)
        if steps_in(trace, images) < SHORT:
            self.room = self.room._replace(events=1 << 11, transits=1 << 11, sendings=1 << 9)

    def _filler(self) -> Filler:
        return CoreFiller(self, self.room)

    def _go_on(self, header: Table) -> bool:
        return bool(run_core_events(header, EVENTS_AT_ONCE))

    def read(self, filler: Filler, tables: dict[str, Table]) -> None:
        super().read(filler, tables)
        self.skipped_steps = int(tables["STEADY"]["skipped"][0])
        carried = (tables["WIRE"][name].tolist() for name in CARRIED)
        for link, *values in zip(self.network.links, *carried):
            (
                link.free_at,
                link.busy,
                link.packets,
                link.flits,
                link.queue_max,
                link.waited,
                link.blocked,
            ) = values
