"""The inputs of an operation on their way to the tiles: `../feed.py`, state by state."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later
from archsim.soc.compiled.gates import ask, hold, leave, pass_ahead, pass_behind
from archsim.soc.compiled.handover import put
from archsim.soc.compiled.progress import (
    end_process,
    pass_turn,
    wait_for_results,
    wait_for_rows,
    wait_for_turn,
)
from archsim.soc.compiled.servers import pass_way, pass_way_yielding
from archsim.soc.compiled.tables import CLOCK, OPERATION, PROCESS, RUN, SETTINGS, STATION, WORDS
from archsim.soc.compiled.words import DOWN, NONE, ON_TILES, RESUME
from archsim.soc.compiled.yielding import close

# What a feed does next.
BEGIN = 0
DELAY = 1
NEXT_JOB = 2
ROWS = 3
LAST_STEP = 4
STREAM = 5
GATE = 6
HOLD = 7
LEAVE = 8
REST = 9
PUT = 10
PLACED = 11


@kernel
def feed(tables, number):
    """Go on until there is something to wait for."""
    process = get(tables, PROCESS, number)
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
        elif process.state < REST:
            if not _stream(tables, number, operation):
                return
        elif process.state == REST:
            if not _wait_for_rest(tables, number):
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
    plan = get(tables, OPERATION, get(tables, RUN, process.run).operation)
    row = (process.number * plan.per_job + process.count - 1) // steps_per_row
    if not wait_for_rows(tables, number, row):
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
    if not plan.sequential or step % plan.parts:
        return True
    return wait_for_results(tables, number, step, LAST_STEP)


@kernel
def _stream(tables, number, operation):
    """Through the stations on the way down; False while the words are under way."""
    process = get(tables, PROCESS, number)
    plan = get(tables, OPERATION, operation)
    now = get(tables, CLOCK, 0).now
    first = plan.down_first
    gate = first + plan.down_gate
    if process.state == STREAM:
        process.dependency = now - process.since
        if plan.down_gate != NONE:
            process.state = GATE
            return pass_ahead(tables, number, first, plan.down_gate, process.count)
        process.state = REST
        process.words_count = 0
        if process.count > 1 and get(tables, SETTINGS, 0).pipelined:
            done = pass_way_yielding(tables, number, first, plan.down_count, process.count)
        else:
            age = get(tables, RUN, process.run).age
            _, done = pass_way(tables, first, plan.down_count, process.count, 0, age)
    elif process.state == GATE:
        process.state = HOLD
        ask(tables, number, get(tables, STATION, gate).server, DOWN)
        return False
    elif process.state == HOLD:
        process.state = LEAVE
        pass_behind(tables, number, gate + 1, first + plan.down_count, process.count, 0)
        station = get(tables, STATION, gate)
        hold(tables, number, station.server, station.cycles * process.count)
        return False
    else:
        process.state = REST
        process.words_count = 0
        leave(tables, number, get(tables, STATION, gate).server)
        done = process.done
    if done > now:
        later(tables, RESUME, number, done - now)
        return False
    return True


@kernel
def _wait_for_rest(tables, number):
    """False while vectors after the first are under way: older operations may go before them."""
    process = get(tables, PROCESS, number)
    first = process.run * get(tables, SETTINGS, 0).stations
    now = get(tables, CLOCK, 0).now
    while process.words < process.words_count:
        end = get(tables, WORDS, first + process.words).end
        if end > now:
            later(tables, RESUME, number, end - now)
            return False
        close(tables, first + process.words)
        process.words += 1
    process.state = PUT
    return True


@kernel
def _hand_on(tables, number, operation):
    """Put the job into the queue of the unit whose turn it is, or of the results."""
    process = get(tables, PROCESS, number)
    plan = get(tables, OPERATION, operation)
    process.ready_at = get(tables, CLOCK, 0).now
    if plan.kind != ON_TILES:
        return put(tables, process.into, number)
    return put(tables, number + 1 + process.number % plan.units, number)
