"""The controller: `../control.py`, state by state."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later, start
from archsim.soc.compiled.servers import pass_way, take
from archsim.soc.compiled.tables import (
    CLOCK,
    CONTROL,
    LINK,
    OPERATION,
    PROCESS,
    QUEUE,
    RUN,
    SETTINGS,
    SOURCE,
    UNUSED,
    USE,
)
from archsim.soc.compiled.tiles import stall
from archsim.soc.compiled.words import (
    AGELESS,
    CHAIN,
    CONTROLLER,
    DRAIN,
    FEED,
    FULL,
    INSTRUCTION,
    NONE,
    ON_TILES,
    RESUME,
    UNIT,
)

# What the controller does next.
GROUP = 0
TURN = 1
MAKE = 2
FETCHED = 3
AFTER_LAST = 4
ROOM = 5
FETCH = 6
START = 7
BARRIER = 8
OVER = 9


@kernel
def control(tables):
    """Go on until there is something to wait for."""
    control = get(tables, CONTROL, 0)
    while get(tables, CLOCK, 0).fault == 0:
        if control.state == GROUP:
            if not _next_group(tables):
                return
        elif control.state == TURN:
            if not _next_turn(tables):
                return
        elif control.state == MAKE:
            if not _make_run(tables):
                return
        elif control.state == FETCHED:
            if not _wait_for_last(tables):
                return
        elif control.state == AFTER_LAST:
            control.barrier = get(tables, CLOCK, 0).now
            control.state = ROOM
        elif control.state == ROOM:
            if (
                get(tables, SETTINGS, 0).pipelined
                and control.in_flight >= get(tables, SETTINGS, 0).in_flight
            ):
                control.wants_room = 1
                return
            control.state = FETCH
        elif control.state == FETCH:
            control.state = START
            settings = get(tables, SETTINGS, 0)
            if not settings.prefetch and settings.issue_cycles:
                later(tables, RESUME, CONTROLLER, _fetch(tables))
                return
        elif control.state == START:
            _start(tables)
        elif control.state == BARRIER:
            if not _wait_for_all(tables):
                return
        else:
            return


@kernel
def _next_group(tables):
    """Begin the images of the next batch, or what is done once for it."""
    control = get(tables, CONTROL, 0)
    control.last_age = NONE
    control.last_ended = NONE
    control.state = TURN
    if control.once_a_batch:
        return True
    if control.first >= get(tables, SETTINGS, 0).images:
        control.done = 1
        control.state = OVER
        return False
    control.image = control.first
    control.operation = 0
    return True


@kernel
def _next_turn(tables):
    """The operation and the image that are next; False where the image has to be fetched first."""
    control = get(tables, CONTROL, 0)
    settings = get(tables, SETTINGS, 0)
    last = min(control.first + settings.step, settings.images) - 1
    while True:
        if control.operation < settings.image_operations:
            if control.image % get(tables, OPERATION, control.operation).every == 0:
                break
            control.operation += 1
        elif control.operation == settings.image_operations and control.image < last:
            control.image += 1
            control.operation = 0
        elif control.operation < settings.operations and control.once_a_batch:
            break
        else:
            control.once_a_batch = control.operation < settings.operations
            if not control.once_a_batch:
                control.first = last + 1
            control.state = BARRIER
            return True
    control.state = MAKE
    if settings.fetched and control.operation == settings.first_forward:
        _, done = pass_way(tables, settings.load_first, settings.load_count, 1, 0, AGELESS)
        delay = settings.load_latency + done - get(tables, CLOCK, 0).now
        later(tables, RESUME, CONTROLLER, delay)
        return False
    return True


@kernel
def _make_run(tables):
    """A run of the operation, and who feeds it; False while its instruction is fetched."""
    clock = get(tables, CLOCK, 0)
    control = get(tables, CONTROL, 0)
    settings = get(tables, SETTINGS, 0)
    if clock.unused_runs == 0:
        clock.fault = FULL
        return False
    clock.unused_runs -= 1
    number = get(tables, UNUSED, clock.unused_runs).unused
    control.run = number
    run = get(tables, RUN, number)
    run.operation = control.operation
    run.image = control.image
    run.age = control.issued
    run.started = run.ended = NONE
    run.progress = NONE
    run.steps = run.jobs = run.extra = run.last_result = run.through = 0
    run.first_coming = run.comings = run.wakes = run.sources = 0
    control.issued += 1
    control.pending += 1
    plan = get(tables, OPERATION, control.operation)
    for k in range(plan.first_source, plan.first_source + plan.sources):
        source = get(tables, OPERATION, get(tables, SOURCE, k).operation)
        if source.latest_run != NONE and source.latest_image == control.image:
            link = get(tables, LINK, number * settings.links + run.sources)
            link.run = source.latest_run
            link.age = source.latest_age
            link.source = k
            run.sources += 1
    plan.latest_image = control.image
    plan.latest_run = number
    plan.latest_age = run.age
    control.asked = clock.now
    control.state = FETCHED
    if settings.prefetch and settings.issue_cycles:
        later(tables, RESUME, CONTROLLER, _fetch(tables))
        return False
    return True


@kernel
def _fetch(tables):
    settings = get(tables, SETTINGS, 0)
    now = get(tables, CLOCK, 0).now
    _, end = take(tables, settings.controller, now, settings.issue_cycles, AGELESS)
    return end - now


@kernel
def _wait_for_last(tables):
    """Layer by layer: False while the last operation is under way."""
    clock = get(tables, CLOCK, 0)
    control = get(tables, CONTROL, 0)
    control.state = ROOM
    control.barrier = clock.now
    if get(tables, SETTINGS, 0).pipelined:
        return True
    if control.last_age == NONE:
        control.barrier = control.asked
        return True
    if control.last_ended != NONE:
        control.barrier = max(control.asked, control.last_ended)
        return True
    control.state = AFTER_LAST
    control.waits_for = control.last_run
    return False


@kernel
def _start(tables):
    """Put the processes of the run on the event list."""
    clock = get(tables, CLOCK, 0)
    control = get(tables, CONTROL, 0)
    run = get(tables, RUN, control.run)
    plan = get(tables, OPERATION, control.operation)
    now = clock.now
    if plan.lane != NONE:
        stall(tables, plan.lane, INSTRUCTION, NONE, control.barrier, now, plan.phase)
    control.in_flight += 1
    run.started = now
    _enter(get(tables, USE, plan.layer_use), now)
    _enter(get(tables, USE, plan.phase_use), now)
    most_units = get(tables, SETTINGS, 0).most_units
    first = control.run * (most_units + 2)
    if plan.chain:
        run.alive = 1
        _start_process(tables, first, CHAIN, 0, 0)
    else:
        units = plan.units if plan.kind == ON_TILES else 0
        run.alive = units + 2
        _start_process(tables, first, FEED, 0, 0)
        for unit in range(units):
            _start_process(tables, first + 1 + unit, UNIT, unit, get(tables, SETTINGS, 0).room)
        _start_process(tables, first + 1 + most_units, DRAIN, 0, plan.capacity)
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
def _start_process(tables, number, role, unit, capacity):
    """A process with the queue that it takes from, empty."""
    process = get(tables, PROCESS, number)
    run_number = get(tables, CONTROL, 0).run
    plan = get(tables, OPERATION, get(tables, RUN, run_number).operation)
    process.run = run_number
    process.role = role
    process.unit = unit
    process.state = 0
    process.number = 0
    process.last = (plan.jobs - 1 - unit) // plan.units  # of its jobs, from 0
    process.successor = NONE
    queue = get(tables, QUEUE, number)
    queue.capacity = capacity
    queue.first = queue.size = queue.kept = queue.until = 0
    queue.taker = queue.first_giver = queue.last_giver = NONE
    start(tables, number)


@kernel
def _wait_for_all(tables):
    """False while an operation of the group is under way; the oldest is waited for first."""
    control = get(tables, CONTROL, 0)
    control.waits_for = NONE
    if control.pending:
        for number in range(get(tables, SETTINGS, 0).runs):
            run = get(tables, RUN, number)
            if run.ended == NONE and (
                control.waits_for == NONE or run.age < get(tables, RUN, control.waits_for).age
            ):
                control.waits_for = number
        return False
    control.state = GROUP
    return True
