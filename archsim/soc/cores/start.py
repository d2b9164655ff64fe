"""An operation begins on its cores."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from archsim.soc.cores.arrival import Arrival
from archsim.soc.cores.bring import bring_inputs
from archsim.soc.cores.drain_unit import UnitDrain
from archsim.soc.cores.feed_unit import feed_unit
from archsim.soc.jobs import Job
from archsim.soc.queues import OutputQueue, Queue
from archsim.soc.tile_unit import work_on_jobs

if TYPE_CHECKING:
    from archsim.soc.cores.core_machine import CoreMachine  # whose operations these are
    from archsim.soc.data.tile_data import Carried  # most runs have no real data
    from archsim.soc.operation_run import OperationRun


class RunOnCores:
    """An operation for one image on its cores: the queues between its processes, and how many of its
    copies are not through."""

    def __init__(self, machine: CoreMachine, run: OperationRun):
        self.machine = machine
        self.run = run
        work = run.plan.cores
        if work is None:
            raise ValueError(f"{run.name} has no work on cores")
        self.work = work
        self.left = run.plan.jobs
        outstanding = machine.chip.network.outstanding
        self.arrivals: list[Queue[Arrival]] = [Queue(machine.env, outstanding) for _ in work.units]

    def start(self) -> None:
        """Put its processes on the event list."""
        env = self.machine.env
        run = self.run
        env.process(bring_inputs(self))
        room = self.machine.chip.buffer.tile_queue
        for unit, arrivals in enumerate(self.arrivals):
            drain = OutputQueue(env, room + run.plan.timing.under_way)
            # what is written is programmed when it leaves the queue of results
            if run.plan.on_tiles and run.plan.operation.kind != "write":
                queue: Queue[Job] = Queue(env, room)
                env.process(feed_unit(self, unit, arrivals, queue))
                env.process(work_on_jobs(run, unit, queue, drain))
            else:
                env.process(feed_unit(self, unit, arrivals, drain))
            env.process(UnitDrain(self, unit, drain).take_results())

    def through(self, cycle: int, data: Carried | None) -> None:
        """The results of a step are where they belong at a cycle, now or later: they are handed on
        in the order in which they leave, real data with them."""
        run = self.run
        # A result may be through before an earlier one of another copy; the operation ends with the
        # latest.
        run.last_result = max(run.last_result, cycle)
        if self.machine.data is not None and data is not None:
            run.at(run.last_result, partial(self.machine.data.store, run, data))
        run.advance(1)
        self.left -= 1
        if not self.left:
            run.at(run.last_result, run.end)
