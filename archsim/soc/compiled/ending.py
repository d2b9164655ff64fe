"""An operation ends: what was done, and who waited for it."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import soon
from archsim.soc.compiled.tables import (
    CLOCK,
    CONTROL,
    IMAGE,
    OPERATION,
    RUN,
    SETTINGS,
    SPAN,
    USE,
    WAKE_FOR,
)
from archsim.soc.compiled.words import CONTROLLER, LOST, NONE, RESUME


@kernel
def end_run(tables, number):
    """All results are through: whoever waits for rows, for room or for the end goes on."""
    run = get(tables, RUN, number)
    clock = get(tables, CLOCK, 0)
    control = get(tables, CONTROL, 0)
    run.ended = clock.now
    first = number * get(tables, SETTINGS, 0).wakes
    for k in range(first, first + run.wakes):
        soon(tables, RESUME, get(tables, WAKE_FOR, k).process)
    run.wakes = 0
    control.in_flight -= 1
    control.pending -= 1
    clock.operations_ended += 1
    if run.age == control.last_age:
        control.last_ended = run.ended
    if control.wants_room:
        control.wants_room = 0
        soon(tables, RESUME, CONTROLLER)
    _note(tables, number)
    if control.waits_for == number:
        control.waits_for = NONE
        soon(tables, RESUME, CONTROLLER)


@kernel
def _note(tables, number):
    """What was done, and when."""
    run = get(tables, RUN, number)
    plan = get(tables, OPERATION, run.operation)
    clock = get(tables, CLOCK, 0)
    if run.steps != plan.steps or run.jobs != plan.jobs:
        clock.fault = LOST
    if plan.done_mark == 0:
        clock.marks += 1
        plan.done_mark = clock.marks
    plan.steps_total += run.steps
    plan.jobs_total += run.jobs
    plan.extra_total += run.extra
    _leave(get(tables, USE, plan.layer_use), run.ended)
    _leave(get(tables, USE, plan.phase_use), run.ended)
    if clock.spans == get(tables, SETTINGS, 0).spans:
        clock.spans_left_out += 1
    else:
        span = get(tables, SPAN, clock.spans)
        span.operation = run.operation
        span.image = run.image
        span.start = run.started
        span.end = run.ended
        clock.spans += 1
    image = get(tables, IMAGE, run.image)
    image.end = max(image.end, run.ended)


@kernel
def _leave(use, now):
    use.running -= 1
    if use.running == 0:
        use.cycles += now - use.since
