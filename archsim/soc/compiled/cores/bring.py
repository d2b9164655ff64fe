"""The inputs of an operation come over the network: `../../cores/bring.py`, state by state."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import soon
from archsim.soc.compiled.cores.kinds import THERE
from archsim.soc.compiled.cores.sending import send_all
from archsim.soc.compiled.handover import put
from archsim.soc.compiled.progress import (
    end_process,
    pass_turn,
    wait_for_results,
    wait_for_rows,
    wait_for_turn,
)
from archsim.soc.compiled.tables import (
    ARRIVAL,
    CLOCK,
    FETCH,
    FLOOR,
    OPERATION,
    PROCESS,
    RUN,
    SETTINGS,
)
from archsim.soc.compiled.words import NONE

# What it does next.
BEGIN = 0
NEXT_STEP = 1
ROWS = 2
LAST_STEP = 3
ROOM = 4
FETCH_INPUTS = 5

MORE_ARRIVALS = 3
"""Of a copy, beside those that may wait: with its tiles, before the queue, and one that is over."""


@kernel
def bring(tables, number):
    """Go on until there is something to wait for."""
    process = get(tables, PROCESS, number)
    run = get(tables, RUN, process.run)
    plan = get(tables, OPERATION, run.operation)
    now = get(tables, CLOCK, 0).now
    while True:
        if process.state == BEGIN:
            process.state = NEXT_STEP
            if not wait_for_turn(tables, number, plan.first_turn):
                return
        elif process.state == NEXT_STEP:
            if process.number == plan.steps:
                pass_turn(tables, number)
                end_process(tables, number)
                return
            process.since = now
            process.source = 0
            process.state = LAST_STEP
            pipelined = get(tables, SETTINGS, 0).pipelined and run.sources
            if pipelined and process.number % plan.row == 0:
                process.state = ROWS
        elif process.state == ROWS:
            if not wait_for_rows(tables, number, process.number // plan.row):
                return
            process.state = LAST_STEP
        elif process.state == LAST_STEP:
            process.state = ROOM
            if not _wait_for_last_step(tables, number, plan):
                return
        elif process.state == ROOM:
            process.state = FETCH_INPUTS
            process.count = _new_arrival(tables, number, plan.units)
            process.dependency = now - process.since
            if not put(tables, number + 1 + 3 * (process.number % plan.units), number):
                return
        else:
            _fetch(tables, process.count, plan, process.number)
            process.number += 1
            process.state = NEXT_STEP


@kernel
def _wait_for_last_step(tables, number, plan):
    """False where a vector needs what the one before gives, and that is not there."""
    step = get(tables, PROCESS, number).number
    if not plan.sequential or step % plan.parts:
        return True
    return wait_for_results(tables, number, step, LAST_STEP)


@kernel
def _new_arrival(tables, number, units):
    """The record of the inputs of the next step; each copy has its own, taken in turn."""
    process = get(tables, PROCESS, number)
    each = get(tables, FLOOR, 0).outstanding + MORE_ARRIVALS
    unit = process.number % units
    turn = process.number // units - get(tables, RUN, process.run).skipped_turns
    one = (process.run * get(tables, SETTINGS, 0).most_units + unit) * each + turn % each
    arrival = get(tables, ARRIVAL, one)
    arrival.there = 0
    arrival.waiter = NONE
    return one


@kernel
def _fetch(tables, one, plan, step):
    """Send the messages of a step."""
    fetch = get(tables, FETCH, plan.first_fetch + step % plan.fetches)
    arrival = get(tables, ARRIVAL, one)
    arrival.to_come = fetch.messages
    arrival.latest = get(tables, CLOCK, 0).now
    if fetch.messages == 0:
        soon(tables, THERE, one)
    send_all(tables, fetch.first_message, fetch.messages, one, 0, 1)
