"""An operation begins: `start` of `../operation_run.py`."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import start
from archsim.soc.compiled.tables import (
    CLOCK,
    CONTROL,
    OPERATION,
    PROCESS,
    QUEUE,
    RUN,
    SETTINGS,
    USE,
)
from archsim.soc.compiled.tiles import stall
from archsim.soc.compiled.turns import TURN
from archsim.soc.compiled.words import CHAIN, DRAIN, FEED, INSTRUCTION, NONE, ON_TILES, UNIT


@kernel
def start_run(tables):
    """Put the processes of the run on the event list."""
    control = get(tables, CONTROL, 0)
    run = get(tables, RUN, control.run)
    plan = get(tables, OPERATION, run.operation)
    begin_run(tables)
    most_units = get(tables, SETTINGS, 0).most_units
    first = control.run * (most_units + 2)
    drain = first + 1 + most_units
    if plan.chain:
        run.alive = 1
        start_process(tables, first, CHAIN, 0, 0, NONE)
    else:
        units = plan.units if plan.kind == ON_TILES else 0
        room = get(tables, SETTINGS, 0).room
        run.alive = units + 2
        start_process(tables, first, FEED, 0, 0, drain)
        for unit in range(units):
            start_process(tables, first + 1 + unit, UNIT, unit, room, drain)
        start_process(tables, drain, DRAIN, 0, plan.capacity, NONE)


@kernel
def begin_run(tables):
    """The run that the controller made is under way; next is another turn."""
    control = get(tables, CONTROL, 0)
    run = get(tables, RUN, control.run)
    plan = get(tables, OPERATION, control.operation)
    now = get(tables, CLOCK, 0).now
    if plan.lane != NONE:
        stall(tables, plan.lane, INSTRUCTION, NONE, control.barrier, now, plan.phase)
    control.in_flight += 1
    run.started = now
    _enter(get(tables, USE, plan.layer_use), now)
    _enter(get(tables, USE, plan.phase_use), now)
    control.last_age = run.age
    control.last_run = control.run
    control.last_ended = NONE
    control.operation += 1
    control.state = TURN


@kernel
def _enter(use, now):
    if use.running == 0:
        use.since = now
    use.running += 1


@kernel
def start_process(tables, number, role, unit, capacity, into):
    """A process with the queue that it takes from, empty, and the one that it gives to."""
    process = get(tables, PROCESS, number)
    run_number = get(tables, CONTROL, 0).run
    plan = get(tables, OPERATION, get(tables, RUN, run_number).operation)
    process.run = run_number
    process.role = role
    process.unit = unit
    process.into = into
    process.state = 0
    process.number = 0
    process.last = (plan.jobs - 1 - unit) // plan.units  # of its jobs, from 0
    process.successor = NONE
    queue = get(tables, QUEUE, number)
    queue.capacity = capacity
    queue.first = queue.size = queue.kept = queue.until = 0
    queue.taker = queue.first_giver = queue.last_giver = NONE
    start(tables, number)
