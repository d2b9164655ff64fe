"""A unit of a layer at work: `../tile_unit.py`, state by state."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later
from archsim.soc.compiled.handover import put, take_or_wait
from archsim.soc.compiled.progress import end_process, pass_turn, wait_for_turn
from archsim.soc.compiled.tables import CLOCK, LANE, OPERATION, PROCESS, RUN
from archsim.soc.compiled.tiles import stall, take_tiles, whole_of
from archsim.soc.compiled.words import DEPENDENCY, INPUT, NONE, OUTPUT, RESUME

# What a unit does next.
BEGIN = 0
STAND_BY = 1
ASK = 2
WORK = 3
PUT = 4
PLACED = 5
NEXT_JOB = 6


@kernel
def work(tables, number):
    """Go on until there is something to wait for."""
    process = get(tables, PROCESS, number)
    run = get(tables, RUN, process.run)
    operation = run.operation
    plan = get(tables, OPERATION, operation)
    taken = NONE if plan.update else process.unit
    now = get(tables, CLOCK, 0).now
    while True:
        if process.state == BEGIN:
            process.state = STAND_BY
            if not wait_for_turn(tables, number, plan.first_turn + 1 + process.unit):
                return
        elif process.state == STAND_BY:
            process.state = ASK
            if process.last < 0:  # more copies than steps: this one stands by
                pass_turn(tables, number)
        elif process.state == ASK:
            if process.number > process.last:
                end_process(tables, number)
                return
            process.since = now
            process.state = WORK
            if not take_or_wait(tables, number):
                return
        elif process.state == WORK:
            process.state = PUT
            _begin(tables, number, operation, taken)
            later(tables, RESUME, number, process.end - now)
            return
        elif process.state == PUT:
            process.ready_at = process.end + plan.after_interval
            process.state = PLACED
            if put(tables, process.into, number):
                process.state = NEXT_JOB
            else:
                return
        elif process.state == PLACED:
            stall(tables, plan.lane, OUTPUT, taken, process.end, now, plan.phase)
            process.state = NEXT_JOB
        else:
            process.number += 1
            process.state = ASK


@kernel
def _begin(tables, number, operation, taken):
    """Begin the job that the unit holds: `end` says when it is done."""
    process = get(tables, PROCESS, number)
    run = get(tables, RUN, process.run)
    plan = get(tables, OPERATION, operation)
    now = get(tables, CLOCK, 0).now
    since = process.since
    if now > since:
        ready = min(now, since + process.dependency)
        stall(tables, plan.lane, DEPENDENCY, taken, since, ready, plan.phase)
        stall(tables, plan.lane, INPUT, taken, ready, now, plan.phase)
    extra = 0
    if plan.retries > 0:
        extra = whole_of(tables, plan.first_turn + 1 + process.unit, plan.retries)
    process.end = take_tiles(tables, operation, taken, plan.interval * (1 + extra))
    if process.number == process.last:
        pass_turn(tables, number)
    get(tables, LANE, plan.lane).jobs += 1
    run.extra += extra
