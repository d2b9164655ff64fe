"""What the controller issues next: `schedule` of `../control.py`, and the run that it makes of it."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later
from archsim.soc.compiled.servers import pass_way, take
from archsim.soc.compiled.tables import (
    CLOCK,
    CONTROL,
    LINK,
    OPERATION,
    RUN,
    SETTINGS,
    SOURCE,
    UNUSED,
)
from archsim.soc.compiled.words import AGELESS, CONTROLLER, FULL, NONE, RESUME

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
def next_group(tables):
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
def next_turn(tables):
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
def make_run(tables):
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
        later(tables, RESUME, CONTROLLER, fetch_instruction(tables))
        return False
    return True


@kernel
def fetch_instruction(tables):
    settings = get(tables, SETTINGS, 0)
    now = get(tables, CLOCK, 0).now
    _, end = take(tables, settings.controller, now, settings.issue_cycles, AGELESS)
    return end - now
