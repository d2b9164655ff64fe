"""The inputs of an operation on their way to the tiles: `../feed.py`, state by state."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later
from archsim.soc.compiled.handover import put
from archsim.soc.compiled.progress import (
    arrived,
    end_process,
    newest_through,
    pass_turn,
    rows_needed,
    wait_for_row,
    wait_for_turn,
)
from archsim.soc.compiled.servers import pass_way
from archsim.soc.compiled.tables import CLOCK, LINK, OPERATION, PROCESS, RUN, SETTINGS
from archsim.soc.compiled.words import ON_TILES, RESUME

# What a feed does next.
BEGIN = 0
DELAY = 1
NEXT_JOB = 2
ROWS = 3
LAST_STEP = 4
OWN_STEPS = 5
STREAM = 6
PUT = 7
PLACED = 8


@kernel
def feed(tables, number):
    """Go on until there is something to wait for."""
    process = get(tables, PROCESS, number)
    clock = get(tables, CLOCK, 0)
    operation = get(tables, RUN, process.run).operation
    plan = get(tables, OPERATION, operation)
    while True:
        if process.state == BEGIN:
            process.state = DELAY
            if not wait_for_turn(tables, number, plan.first_turn):
                return
        elif process.state == DELAY:
            process.state = NEXT_JOB
            if plan.latency:
                later(tables, RESUME, number, plan.latency)
                return
        elif process.state == NEXT_JOB:
            if process.number == plan.jobs:
                pass_turn(tables, number)
                end_process(tables, number)
                return
            _next_job(tables, number, operation)
        elif process.state == ROWS:
            if not _wait_for_rows(tables, number, plan.row):
                return
        elif process.state == LAST_STEP:
            if not _wait_for_last_step(tables, number, operation):
                return
        elif process.state == STREAM:
            process.state = PUT
            process.dependency = clock.now - process.since
            _, done = pass_way(tables, plan.down_first, plan.down_count, process.count, 0)
            if done > clock.now:
                later(tables, RESUME, number, done - clock.now)
                return
        elif process.state == PUT:
            process.state = PLACED
            if not _hand_on(tables, number, operation):
                return
        else:
            process.number += 1
            process.state = NEXT_JOB


@kernel
def _next_job(tables, number, operation):
    """The steps of the job, and whether rows of other operations come first."""
    process = get(tables, PROCESS, number)
    plan = get(tables, OPERATION, operation)
    step = process.number * plan.per_job
    process.count = min(plan.per_job, plan.steps - step)
    process.since = get(tables, CLOCK, 0).now
    process.source = 0
    process.state = LAST_STEP
    if get(tables, SETTINGS, 0).pipelined and get(tables, RUN, process.run).sources:
        into = step % plan.row
        if into == 0 or into + process.count > plan.row:
            process.state = ROWS


@kernel
def _wait_for_rows(tables, number, steps_per_row):
    """False where the rows of a source, from the one on that it looked at last, are not there."""
    process = get(tables, PROCESS, number)
    run = get(tables, RUN, process.run)
    plan = get(tables, OPERATION, run.operation)
    row = (process.number * plan.per_job + process.count - 1) // steps_per_row
    while process.source < run.sources:
        link = process.source
        process.source += 1  # whoever comes back has waited for this one
        links = get(tables, SETTINGS, 0).links
        source = get(tables, LINK, process.run * links + link).source
        if not wait_for_row(tables, number, link, rows_needed(tables, source, row)):
            return False
    process.state = LAST_STEP
    return True


@kernel
def _wait_for_last_step(tables, number, operation):
    """False where a vector waits for its predecessor's results, which come one after the other."""
    process = get(tables, PROCESS, number)
    plan = get(tables, OPERATION, operation)
    step = process.number * plan.per_job
    process.state = STREAM
    if not plan.sequential or step % plan.parts or arrived(tables, process.run) >= step:
        return True
    run = get(tables, RUN, process.run)
    if run.steps < step:
        run.progress = number
        process.state = LAST_STEP
        return False
    if arrived(tables, process.run) < step:
        later(
            tables, RESUME, number, newest_through(tables, process.run) - get(tables, CLOCK, 0).now
        )
        return False
    return True


@kernel
def _hand_on(tables, number, operation):
    """Put the job into the queue of the unit whose turn it is, or of the results."""
    process = get(tables, PROCESS, number)
    plan = get(tables, OPERATION, operation)
    process.ready_at = get(tables, CLOCK, 0).now
    drain = number + get(tables, SETTINGS, 0).most_units + 1
    if plan.kind != ON_TILES:
        return put(tables, drain, number)
    return put(tables, number + 1 + process.number % plan.units, number)
