"""The results of one copy of an operation: sums are collected, finished in their cores, kept or sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import simpy

from archsim.chip.cores.core_work import CoreStep, Message, Station
from archsim.soc.cores.core_servers import StationTimes, pass_stations
from archsim.soc.drain import program_row
from archsim.soc.feed import Process
from archsim.soc.jobs import Job
from archsim.soc.queues import OutputQueue

if TYPE_CHECKING:
    from archsim.soc.cores.start import RunOnCores  # which starts this process
    from archsim.soc.data.tile_data import Carried  # most runs have no real data


class UnitDrain:
    """The results of a copy, in their order. `outstanding` steps of it may be on their way over the
    network at a time; one begins when the one before it has left the first part of its cores."""

    def __init__(self, on_cores: RunOnCores, unit: int, drain: OutputQueue):
        self.on_cores = on_cores
        self.machine = on_cores.machine
        self.work = on_cores.work.units[unit]
        self.jobs = range(unit, on_cores.run.plan.jobs, on_cores.run.plan.units)
        self.drain = drain
        self.name = f"drain of unit {unit}"
        self.writes = on_cores.run.plan.operation.kind == "write"
        self.under_way = 0
        self._room: simpy.Event | None = None
        self._before: simpy.Event | None = None

    def take_results(self) -> Process:
        """Take the result of each step and start it on its way."""
        env = self.machine.env
        waiting = self.on_cores.run.waiting
        before = env.now
        for _ in self.jobs:
            waiting[self.name] = "results"
            job: Job = self.drain.take() if self.drain.items else (yield self.drain.coming())
            ready = program_row(self.on_cores.run) if self.writes else job.ready_at
            if ready > env.now:
                yield env.timeout(ready - env.now)
            waiting[self.name] = "the parts of its cores"
            # Each step on its way needs a place for its sums in the core.
            while self.under_way >= self.machine.chip.network.outstanding:
                self._room = env.event()
                yield self._room
            passed = self._pass([(core, self._here(core)) for core in self.work.cores])
            # A process of its own, so the next result is collected while this one travels.
            if self.work.exchanges or self.work.returns:
                self.under_way += 1
                env.process(self._over_the_network(passed.done, job.data, self._turn()))
            else:
                self.on_cores.through(passed.done, job.data)
            # the next one follows when this has left the first part, but only two are under way
            begin = max(passed.left, before)
            before = max(before, passed.done)
            if begin > env.now:
                yield env.timeout(begin - env.now)
        waiting.pop(self.name, None)

    def _here(self, core: CoreStep) -> tuple[Station, ...]:
        """What a step passes before anything goes over the network; sums that others finish, or that
        come from others, go no further than the adders."""
        return core.collect if self.work.exchanges else core.collect + core.finish

    def _pass(self, steps: list[tuple[CoreStep, tuple[Station, ...]]]) -> StationTimes:
        """Pass stations on all cores at once."""
        now = self.machine.env.now
        passed = [pass_stations(self.machine.cores[core.core], way, now) for core, way in steps]
        return StationTimes(max(one.left for one in passed), max(one.done for one in passed))

    def _turn(self) -> tuple[simpy.Event | None, simpy.Event]:
        """The event that the step before is through, and that of this one."""
        before = self._before
        self._before = self.machine.env.event()
        return before, self._before

    def _over_the_network(
        self, collected: int, data: Carried | None, turn: tuple[simpy.Event | None, simpy.Event]
    ) -> Process:
        """Sums to the cores that finish them, results to where they are kept; then the next step may
        be handed on."""
        env = self.machine.env
        if collected > env.now:
            yield env.timeout(collected - env.now)
        if self.work.exchanges:
            yield self._sent(self.work.exchanges, stored=False)
            passed = self._pass([(core, core.finish) for core in self.work.cores])
            if passed.done > env.now:
                yield env.timeout(passed.done - env.now)
        if self.work.returns:
            yield self._sent(self.work.returns, stored=True)
        before, mine = turn
        # Messages may overtake each other, but layers behind count results and take them in order.
        if before is not None and not before.processed:
            yield before
        self.on_cores.through(env.now, data)
        mine.succeed()
        self.under_way -= 1
        if self._room is not None and not self._room.triggered:
            self._room.succeed()

    def _sent(self, messages: tuple[Message, ...], stored: bool) -> simpy.Event:
        """The event that all messages have arrived."""
        event = self.machine.env.event()
        left = len(messages)
        latest = self.machine.env.now

        def one_more(cycle: int) -> None:
            nonlocal left, latest
            left -= 1
            latest = max(latest, cycle)
            if not left:
                self.on_cores.run.at(latest, event.succeed)

        for message in messages:
            self.machine.send(message, stored, one_more)
        return event
