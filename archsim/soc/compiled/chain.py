"""An operation that has the chip to itself, without events: the times of a job follow from those of
jobs before it, by maxima and sums.

Feed, unit and drain each do one job after the other, and each of them waits for nothing but its own
last job, for the job itself and for room in a queue. Where no resource serves both ways, and no
result is waited for by a later input, the order of requests on every resource is that of the jobs,
whatever happens in the same cycle: `is_chain` of `fill.py` asks for this. What is asked of a resource, and
when a tile stands still, is told by the same functions as in `feed.py`, `unit.py` and `drain.py`,
with the clock set to the cycle in which it happens.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later, soon
from archsim.soc.compiled.ending import end_run
from archsim.soc.compiled.progress import end_process
from archsim.soc.compiled.servers import pass_way
from archsim.soc.compiled.tables import CLOCK, JOB, LANE, OPERATION, PROCESS, QUEUE, RUN, SETTINGS
from archsim.soc.compiled.tiles import stall, take_tiles, whole_of
from archsim.soc.compiled.words import INPUT, NONE, ON_TILES, OUTPUT, RESUME, WRITE

# What a chain does next.
BEGIN = 0
GO_ON = 1
END = 2

EVENTS_A_JOB = 8
"""What a job would be as events, about."""


@kernel
def chain(tables, number):
    """All jobs of an operation, then its end at the cycle in which it comes."""
    process = get(tables, PROCESS, number)
    clock = get(tables, CLOCK, 0)
    if process.state == BEGIN:
        operation = get(tables, RUN, process.run).operation
        process.asked = clock.now + get(tables, OPERATION, operation).latency
        process.since = process.before = process.begin = clock.now
        process.state = GO_ON
    if process.state == GO_ON:
        now = clock.now
        jobs = get(tables, OPERATION, get(tables, RUN, process.run).operation).jobs
        last = min(jobs, process.number + get(tables, SETTINGS, 0).jobs_at_once)
        clock.events += EVENTS_A_JOB * (last - process.number)
        while process.number < last:
            _job(tables, number)
        clock.now = now
        if process.number < jobs:
            soon(tables, RESUME, number)
            return
        process.state = END
        ended = max(process.begin, get(tables, RUN, process.run).last_result)
        if ended > now:
            later(tables, RESUME, number, ended - now)
            return
    end_run(tables, process.run)
    end_process(tables, number)


@kernel
def _job(tables, number):
    """The next job, from its inputs to its results.

    Of the process, `asked` is when its feed has room for the next inputs, `since` when its unit
    asks for the next job, `begin` when its drain does, and `before` when the last result was
    through but for the wires.
    """
    process = get(tables, PROCESS, number)
    clock = get(tables, CLOCK, 0)
    run = get(tables, RUN, process.run)
    plan = get(tables, OPERATION, run.operation)
    settings = get(tables, SETTINGS, 0)
    job = process.number
    count = min(plan.per_job, plan.steps - job * plan.per_job)
    results = get(tables, QUEUE, number + settings.most_units + 1).offset
    # the cycle in which the result that came a queue's length before left its place
    room_at = 0
    if job >= plan.capacity:
        room_at = get(tables, JOB, results + job % plan.capacity).ready_at

    clock.now = process.asked
    _, fed = pass_way(tables, plan.down_first, plan.down_count, count, 0, run.age)
    fed = max(fed, process.asked)
    if plan.kind == ON_TILES:
        placed, ready = _work(tables, number, fed, room_at)
    else:
        process.asked = placed = max(fed, room_at)
        ready = fed

    taken = max(process.begin, placed)
    # a result that leaves while the one before it is under work keeps its place until that is over
    left_at = max(taken, process.before)
    get(tables, JOB, results + job % plan.capacity).ready_at = left_at
    clock.now = taken
    if plan.kind == WRITE:
        span = whole_of(tables, plan.first_turn, plan.write_cycles)
        ready = take_tiles(tables, run.operation, NONE, span)
    now = clock.now = max(taken, ready)
    left, done = pass_way(tables, plan.up_first, plan.up_count, count, plan.wires, run.age)
    # the next one follows when this one has left the first server, but only two are under way
    process.begin = max(now, left, process.before)
    process.before = max(process.before, done)
    run.last_result = process.before + plan.wires
    run.steps += count
    run.jobs += 1
    process.number += 1


@kernel
def _work(tables, number, fed, room_at):
    """A job whose inputs are there at `fed` on the tiles, until its result is in the queue, which
    has room at `room_at`: the cycle of that, and the one in which it leaves the tile's pipeline.
    """
    process = get(tables, PROCESS, number)
    clock = get(tables, CLOCK, 0)
    run = get(tables, RUN, process.run)
    plan = get(tables, OPERATION, run.operation)
    room = get(tables, SETTINGS, 0).room
    inputs = get(tables, QUEUE, number + 1).offset + process.number % room
    unit = NONE if plan.update else 0
    if process.number >= room:  # the job that came a queue's length before has left
        fed = max(fed, get(tables, JOB, inputs).ready_at)
    process.asked = fed
    now = clock.now = max(process.since, fed)
    get(tables, JOB, inputs).ready_at = now
    if now > process.since:
        stall(tables, plan.lane, INPUT, unit, process.since, now, plan.phase)
    extra = 0
    if plan.retries > 0:
        extra = whole_of(tables, plan.first_turn + 1, plan.retries)
    end = take_tiles(tables, run.operation, unit, plan.interval * (1 + extra))
    get(tables, LANE, plan.lane).jobs += 1
    run.extra += extra
    placed = max(end, room_at)
    if placed > end:
        stall(tables, plan.lane, OUTPUT, unit, end, placed, plan.phase)
    process.since = placed
    return placed, end + plan.after_interval
