"""The parts of every core that steps queue for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from archsim.chip.config import Architecture
from archsim.chip.cores.core_work import Station, StationName
from archsim.soc.clock import Clock
from archsim.soc.server import Server

# the names of its parts, as a result lists them
WORDS: dict[StationName, str] = {
    "input_buffer": "input buffer",
    "wires_down": "wires",
    "wires_up": "wires up",
    "accumulator": "accumulator",
    "matrix_unit": "matrix unit",
    "lanes": "lanes",
    "output_buffer": "output buffer",
}


class Core:
    """One core: its servers by name. A bus serves both ways, and what the chip has once is `shared`."""

    def __init__(
        self,
        env: Clock,
        number: int,
        chip: Architecture,
        shared: Mapping[StationName, Server] | None = None,
        form: type[Server] = Server,
    ):
        self.servers = {
            name: form(env, f"core {number} {word}", name) for name, word in WORDS.items()
        }
        if chip.interconnect.kind == "bus":
            # A tree has wires for either way, a bus one set for both.
            self.servers["wires_up"] = self.servers["wires_down"]
        # Before what is shared comes in, which the machine lists once itself.
        self._own = list(dict.fromkeys(self.servers.values()))
        self.servers |= shared or {}

    def all(self) -> list[Server]:
        """Its own, each once."""
        return self._own

    def used(self) -> list[Server]:
        """Those that were asked, each once."""
        return [server for server in self.all() if server.requests]


class StationTimes(NamedTuple):
    """When the first station is done with a step, and when all are, and the last word is behind the
    last one."""

    left: int
    done: int


def pass_stations(core: Core, stations: Iterable[Station], ready: int) -> StationTimes:
    """A step passes stations in turn, word by word: each is asked for the cycle in which the first
    word is there, and none is done before the one ahead of it.

    Args:
        core: whose they are.
        stations: with their cycles; one of none is not asked.
        ready: the cycle of the first word, now or later.

    Returns:
        the two cycles.
    """
    left = 0
    done = ready
    for name, cycles, delay in stations:
        if cycles:
            ready, end = core.servers[name].take(ready, cycles)
            left = left or end
            done = max(done, end)
        # Each station begins with the first word of the one before, so the slowest sets the pace
        # and the others add their delay only.
        ready += delay
        done += delay
    return StationTimes(left or ready, done)
