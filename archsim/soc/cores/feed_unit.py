"""Inputs that have arrived go to the tiles of one copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.soc.cores.core_servers import pass_stations
from archsim.soc.feed import Process
from archsim.soc.jobs import Job
from archsim.soc.queues import Queue

if TYPE_CHECKING:
    from archsim.soc.cores.arrival import Arrival
    from archsim.soc.cores.start import RunOnCores  # which starts this process


def feed_unit(
    on_cores: RunOnCores, unit: int, arrivals: Queue[Arrival], queue: Queue[Job]
) -> Process:
    """Wait for the inputs of each step of this copy, let them pass the buffers and wires of its
    cores, all at once, and put them into the queue of its tiles. Off the tiles nobody works on them
    before the drain.
    """
    machine = on_cores.machine
    run = on_cores.run
    env = machine.env
    waiting = run.waiting
    work = on_cores.work.units[unit]
    name = f"feed of unit {unit}"
    data = machine.data
    carried = None
    for step in range(unit, run.plan.jobs, run.plan.units):
        waiting[name] = "inputs on their way"
        arrival = arrivals.take() if arrivals.items else (yield arrivals.coming())
        if not arrival.event.processed:
            yield arrival.event
        now = done = env.now
        for core in work.cores:
            done = max(done, pass_stations(machine.cores[core.core], core.feed, now).done)
        if done > now:
            yield env.timeout(done - now)
        if data is not None:
            carried = data.fetch(run, step, 1)
        waiting[name] = "room in the tile's input queue"
        put = queue.put(Job(1, arrival.dependency, carried, env.now))
        if put is not None:
            yield put
    waiting.pop(name, None)
