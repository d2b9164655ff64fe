"""Inputs that have arrived go to the tiles of one copy: `../../cores/feed_unit.py`, state by state."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later
from archsim.soc.compiled.cores.stations import feed_cores
from archsim.soc.compiled.cores.steady.words import AT_INPUTS
from archsim.soc.compiled.handover import put, take_or_wait
from archsim.soc.compiled.progress import end_process
from archsim.soc.compiled.tables import ARRIVAL, CLOCK, OPERATION, PROCESS, RUN
from archsim.soc.compiled.words import RESUME

# What it does next.
NEXT_STEP = 0
COMING = 1
PASS = 2
PUT = 3
PLACED = 4


@kernel
def feed_unit(tables, number):
    """Go on until there is something to wait for."""
    process = get(tables, PROCESS, number)
    run = get(tables, RUN, process.run)
    plan = get(tables, OPERATION, run.operation)
    now = get(tables, CLOCK, 0).now
    while True:
        if process.state == NEXT_STEP:
            if process.number > process.last:
                end_process(tables, number)
                return
            process.state = COMING
            if not take_or_wait(tables, number):
                return
        elif process.state == COMING:
            process.state = PASS
            arrival = get(tables, ARRIVAL, process.count)  # what it took is the arrival's number
            if not arrival.there:
                arrival.waiter = number
                return
        elif process.state == PASS:
            process.state = PUT
            if run.searched == AT_INPUTS:
                get(tables, CLOCK, 0).stepped = process.run + 1
            done = feed_cores(tables, plan.first_copy + process.unit, now)
            if done > now:
                later(tables, RESUME, number, done - now)
                return
        elif process.state == PUT:
            process.state = PLACED
            process.count = 1
            process.ready_at = now
            if not put(tables, process.into, number):
                return
        else:
            process.number += 1
            process.state = NEXT_STEP
