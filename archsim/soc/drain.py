"""The results of an operation on their way from the tiles."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from archsim.soc.feed import Process
from archsim.soc.jobs import Job
from archsim.soc.queues import OutputQueue
from archsim.soc.streams import stream
from archsim.soc.tile_unit import take_tiles

if TYPE_CHECKING:
    from archsim.soc.operation_run import OperationRun  # which starts this process

UP = 0
"""Priority of results on a medium that lets them leave first."""
WRITES = -1
"""All units of a layer, as a key beside those of single units."""


def drain_results(run: OperationRun, drain: OutputQueue) -> Process:
    """Take results in order and stream them through the blocks on their way; a write is programmed
    here, row by row.
    """
    machine = run.machine
    plan = run.plan
    age = run.age
    wires = run.wires
    env = machine.env
    waiting = run.waiting
    way = run.ways.up
    servers = way.servers
    gate = way.gate
    write = plan.operation.kind == "write"
    before = env.now
    for _ in range(plan.jobs):
        waiting["drain"] = "results"
        job: Job = drain.take() if drain.items else (yield drain.coming())
        count = job.count
        ready = program_row(run) if write else job.ready_at
        if drain.kept and ready >= drain.until:
            yield env.timeout(drain.until - env.now)
            drain.release()
        now = env.now
        if ready > now:
            yield env.timeout(ready - now)
        waiting["drain"] = "interconnect, vector unit or buffer port"
        durations = way.cycles if count == 1 else way.durations(count)
        if gate is not None:
            left, done = yield from gate.hold((), servers[1:], durations, UP, wires, age)
        else:
            left, done = stream(servers, durations, wires, age)
        # The next result follows as soon as this one has left the first server, but only two are
        # under way.
        begin = left if left > before else before
        if done > before:
            before = done
        run.last_result = before + wires
        if machine.data is not None and job.data is not None:
            run.at(run.last_result, partial(machine.data.store, run, job.data))
        run.advance(count)
        if drain.kept:
            if drain.until > env.now:
                yield env.timeout(drain.until - env.now)
            drain.release()
        drain.until = before
        now = env.now
        if begin > now:
            yield env.timeout(begin - now)
    if run.last_result > env.now:
        waiting["drain"] = "its last result"
        yield env.timeout(run.last_result - env.now)
    run.end()


def program_row(run: OperationRun) -> int:
    """Program the next row on all tiles; returns when that is done. A fraction of a cycle is
    carried over, to the next row or image.
    """
    machine = run.machine
    plan = run.plan
    span = machine.whole_of((plan.operation.name, WRITES), plan.write_cycles)
    end = take_tiles(run, machine.lanes[plan.operation.matrix_name], None, span)
    for observer in machine.observers if span else ():
        observer.tile_job(run, 0, end - span, end)
    return end
