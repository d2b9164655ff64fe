"""A unit of a layer at work: the set of tiles that holds one copy of its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.soc.feed import Process
from archsim.soc.jobs import Job
from archsim.soc.lane import Lane
from archsim.soc.queues import OutputQueue, Queue

if TYPE_CHECKING:
    from archsim.soc.operation_run import OperationRun  # which starts this process


def work_on_jobs(run: OperationRun, unit: int, queue: Queue[Job], drain: OutputQueue) -> Process:
    """Take the unit's jobs from its queue, read or update its tiles for their time, and put the
    results into the output queue, waiting where that is full.
    """
    machine = run.machine
    plan = run.plan
    waiting = run.waiting
    env = machine.env
    observers = machine.observers
    data = machine.data
    lane = machine.lanes[plan.operation.matrix_name]
    interval = plan.timing.interval
    # all copies are updated together
    taken = None if plan.operation.kind == "pulse_update" else unit
    last = len(range(unit, plan.jobs, plan.units)) - 1
    name = f"unit {unit}"
    phase = plan.operation.phase
    after = plan.timing.latency - interval
    turn = (plan.operation.name, unit)
    previous, passed = machine.turn(turn)
    if previous is not None:
        waiting[name] = "the same operation of the image before"
        yield previous
    if last < 0:  # more copies than steps: this one stands by
        passed.succeed()
    for number in range(last + 1):
        asked = env.now
        waiting[name] = "its input"
        job: Job = queue.take() if queue.items else (yield queue.coming())
        now = env.now
        if now > asked:
            ready = min(now, asked + job.dependency)
            lane.stall("dependency", taken, asked, ready, phase)
            lane.stall("input", taken, ready, now, phase)
        extra = 0
        if data is not None and job.data is not None:
            extra, job.data = data.compute(run, job.data)
        elif plan.retries:
            # a fraction of a retry is carried over to the next job, of whichever image
            extra = machine.whole_of(turn, plan.retries)
        end = take_tiles(run, lane, taken, interval * (1 + extra))
        if number == last:
            passed.succeed()
        for observer in observers:
            observer.tile_job(run, unit, end - interval * (1 + extra), end)
        lane.jobs += 1
        run.extra_reads += extra
        yield env.timeout(end - now)
        waiting[name] = "room in the output queue"
        job.ready_at = end + after
        put = drain.put(job)
        if put is not None:
            yield put
            lane.stall("output", taken, end, env.now, phase)
    waiting.pop(name, None)


def take_tiles(run: OperationRun, lane: Lane, unit: int | None, span: int) -> int:
    """Take a unit of the operation's own lane, and with it the lanes of all tiles that must work
    too, for `span` cycles: when all are free. Returns when they are done.
    """
    machine = run.machine
    plan = run.plan
    now = machine.env.now
    if not plan.held:
        return lane.take(unit, now, span, plan.tile_operations)
    taken = [(lane, unit, plan.tile_operations)]
    for name, tiles in plan.held.items():
        other = machine.lanes[name]
        # the same unit of a matrix with as many, all units of another
        same = len(other.free_at) == len(lane.free_at)
        taken.append((other, unit if same else None, tiles))
    begin = max(one.ready(which, now) for one, which, _ in taken)
    for one, which, tiles in taken:
        one.book(which, begin, span, tiles)
    return begin + span
