"""The controller: `../control.py`, state by state."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later
from archsim.soc.compiled.starting import start_run
from archsim.soc.compiled.tables import CLOCK, CONTROL, RUN, SETTINGS
from archsim.soc.compiled.turns import (
    AFTER_LAST,
    BARRIER,
    FETCH,
    FETCHED,
    GROUP,
    MAKE,
    ROOM,
    START,
    TURN,
    fetch_instruction,
    make_run,
    next_group,
    next_turn,
)
from archsim.soc.compiled.words import CONTROLLER, NONE, RESUME


def control_states(tables):
    """Go on until there is something to wait for; chips of cores start runs another way."""
    control = get(tables, CONTROL, 0)
    while get(tables, CLOCK, 0).fault == 0:
        if control.state == GROUP:
            if not next_group(tables):
                return
        elif control.state == TURN:
            if not next_turn(tables):
                return
        elif control.state == MAKE:
            if not make_run(tables):
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
                later(tables, RESUME, CONTROLLER, fetch_instruction(tables))
                return
        elif control.state == START:
            start_run(tables)
        elif control.state == BARRIER:
            if not _wait_for_all(tables):
                return
        else:
            return


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


control = kernel(control_states)
