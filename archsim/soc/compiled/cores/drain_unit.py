"""The results of one copy: `take_results` of `../../cores/drain_unit.py`, state by state."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later
from archsim.soc.compiled.cores.crossing import start_crossing
from archsim.soc.compiled.cores.stations import collect_sums
from archsim.soc.compiled.cores.steady.words import AMPLE
from archsim.soc.compiled.cores.through import through
from archsim.soc.compiled.handover import take_or_wait
from archsim.soc.compiled.progress import end_process
from archsim.soc.compiled.tables import (
    CLOCK,
    COPY,
    CROSSINGS,
    FLOOR,
    OPERATION,
    PROCESS,
    RUN,
    SETTINGS,
)
from archsim.soc.compiled.tiles import take_tiles, whole_of
from archsim.soc.compiled.words import NONE, RESUME, WRITE

# What it does next.
BEGIN = 0
NEXT_STEP = 1
READY = 2
ROOM = 3
FOLLOW = 4


@kernel
def drain_unit(tables, number):
    """Go on until there is something to wait for."""
    process = get(tables, PROCESS, number)
    now = get(tables, CLOCK, 0).now
    while True:
        if process.state == BEGIN:
            process.before = now
            process.state = NEXT_STEP
        elif process.state == NEXT_STEP:
            if process.number > process.last:
                end_process(tables, number)
                return
            process.state = READY
            process.since = now
            if not take_or_wait(tables, number):
                return
        elif process.state == READY:
            process.state = ROOM
            run = get(tables, RUN, process.run)
            plan = get(tables, OPERATION, run.operation)
            if plan.kind == WRITE:
                if now - process.since < AMPLE:
                    run.tight += 1
                span = whole_of(tables, plan.first_turn, plan.write_cycles)
                process.ready_at = take_tiles(tables, run.operation, NONE, span)
            if process.ready_at > now:
                later(tables, RESUME, number, process.ready_at - now)
                return
        elif process.state == ROOM:
            first = process.run * get(tables, SETTINGS, 0).most_units
            crossings = get(tables, CROSSINGS, first + process.unit)
            if crossings.under_way >= get(tables, FLOOR, 0).outstanding:
                crossings.wants_room = 1
                return
            process.state = FOLLOW
            _begin(tables, number)
            if process.begin > now:
                later(tables, RESUME, number, process.begin - now)
                return
        else:
            process.number += 1
            process.state = NEXT_STEP


@kernel
def _begin(tables, number):
    """A result begins to be collected; `begin` says when the next one follows."""
    process = get(tables, PROCESS, number)
    plan = get(tables, OPERATION, get(tables, RUN, process.run).operation)
    copy = plan.first_copy + process.unit
    work = get(tables, COPY, copy)
    left, done = collect_sums(tables, copy, get(tables, CLOCK, 0).now)
    if work.exchanges or work.returns:
        start_crossing(tables, number, copy, done)
    else:
        through(tables, process.run, done)
    # the next one follows when this has left the first part, but only two are under way
    process.begin = max(left, process.before)
    process.before = max(process.before, done)
