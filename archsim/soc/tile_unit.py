"""A unit of a layer at work: the set of tiles that holds one copy of its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.soc.feed import Process
from archsim.soc.jobs import Job, Result
from archsim.soc.lane import Lane
from archsim.soc.queues import OutputQueue, Queue

if TYPE_CHECKING:
    from archsim.soc.operation_run import OperationRun  # which starts this process


def work_on_jobs(run: OperationRun, unit: int, queue: Queue[Job], drain: OutputQueue) -> Process:
    """Take the unit's jobs from its queue, read or update its tiles for their time, and put the
    results into the output queue, waiting where that is full.
    """
    machine, plan = run.machine, run.plan
    env = machine.env
    lane, timing = machine.lanes[plan.operation.place], plan.timing
    # all copies are updated together
    taken = None if plan.operation.kind == "pulse_update" else unit
    jobs = len(range(unit, plan.jobs, plan.units))
    name, phase = f"unit {unit}", plan.operation.phase
    after = timing.latency - timing.interval
    turn = (plan.operation.name, unit)
    previous, passed = machine.turn(turn)
    if previous is not None:
        run.waiting[name] = "the same operation of the image before"
        yield previous
    if not jobs:  # more copies than steps: this one stands by
        passed.succeed()
    for job in range(jobs):
        asked = env.now
        run.waiting[name] = "its input"
        count, dependency, data = queue.take() if queue.items else (yield queue.coming())
        if env.now > asked:
            ready = min(env.now, asked + dependency)
            lane.stall("dependency", taken, asked, ready, phase)
            lane.stall("input", taken, ready, env.now, phase)
        extra = 0
        if data is not None:
            extra, data = machine.data.compute(run, data)
        elif plan.retries:
            # a fraction of a retry is carried over to the next job, of whichever image
            extra = machine.whole_of(turn, plan.retries)
        span = timing.interval * (1 + extra)
        begin = take_tiles(run, lane, taken, span)
        if job == jobs - 1:
            passed.succeed()
        for observer in machine.observers:
            observer.tile_job(run, unit, begin, begin + span)
        lane.jobs += 1
        run.extra_reads += extra
        yield env.timeout(begin + span - env.now)
        run.waiting[name] = "room in the output queue"
        blocked = env.now
        put = drain.put(Result(count, data, begin + span + after))
        if put is not None:
            yield put
            lane.stall("output", taken, blocked, env.now, phase)
    run.waiting.pop(name, None)


def take_tiles(run: OperationRun, lane: Lane, unit: int | None, span: int) -> int:
    """Take a unit of the operation's own lane, and with it the lanes of all tiles that must work
    too, for `span` cycles: when all are free. Returns when that is.
    """
    machine, plan = run.machine, run.plan
    if not plan.held:
        return lane.take(unit, machine.env.now, span, plan.tile_operations)
    taken = [(lane, unit, plan.tile_operations)]
    for name, tiles in plan.held.items():
        other = machine.lanes[name]
        # the same unit of a matrix with as many, all units of another
        same = len(other.free_at) == len(lane.free_at)
        taken.append((other, unit if same else None, tiles))
    begin = max(one.ready(which, machine.env.now) for one, which, _ in taken)
    for one, which, tiles in taken:
        one.book(which, begin, span, tiles)
    return begin
