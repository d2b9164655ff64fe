"""The loop of events: take the next one and do what it says."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import drop_first, drop_turning, go_to_next_cycle, soon, spoke_of
from archsim.soc.compiled.chain import chain
from archsim.soc.compiled.control import control
from archsim.soc.compiled.drain import drain
from archsim.soc.compiled.feed import feed
from archsim.soc.compiled.gates import grant
from archsim.soc.compiled.handover import admit, serve
from archsim.soc.compiled.tables import (
    BORN,
    CLOCK,
    COMING,
    CONTROL,
    DUE,
    ENDED,
    PROCESS,
    SETTINGS,
    SPOKE,
    TURNING,
    UNUSED,
)
from archsim.soc.compiled.unit import work
from archsim.soc.compiled.words import (
    ADMIT,
    CONTROLLER,
    DRAIN,
    FEED,
    LEFT,
    NONE,
    PLACED,
    RESUME,
    SERVE,
    STUCK,
    TAKEN,
    UNIT,
    WAKE,
)


def event_loop(header, most):
    """Do at most so many events; False once all are done or `clock.fault` says why not."""
    tables = header[0]
    clock = get(tables, CLOCK, 0)
    if clock.events == 0:
        resume(tables, CONTROLLER)
        begin_born(tables)
    until = clock.events + most
    size = get(tables, SETTINGS, 0).events
    spoke = get(tables, SPOKE, spoke_of(tables, 0))
    while clock.fault == 0:
        if clock.events >= until:
            return True
        clock.events += 1
        if clock.waiting and get(tables, COMING, 0).cycle <= clock.now:
            # put on the list in an earlier cycle: before all that is on the wheel, or put there now
            event = get(tables, COMING, 0)
            kind = event.kind
            who = event.who
            drop_first(tables)
        elif spoke.first_turning != NONE:
            turning = spoke.first_turning
            event = get(tables, TURNING, turning)
            kind = event.turning_kind
            who = event.turning_who
            drop_turning(tables, spoke, turning)
        elif clock.due_first < clock.due_end:
            event = get(tables, DUE, clock.due_first & (size - 1))
            kind = event.kind
            who = event.who
            clock.due_first += 1
        elif clock.waiting or clock.turning:
            if clock.stepped:
                skip_periods(tables)
            go_to_next_cycle(tables)
            spoke = get(tables, SPOKE, spoke_of(tables, 0))
            if clock.ended_runs:
                reuse_ended(tables)
            continue
        else:
            if not get(tables, CONTROL, 0).done or get(tables, CONTROL, 0).pending:
                clock.fault = STUCK
            return False
        do_event(tables, kind, who)
        if clock.born_end:
            begin_born(tables)
    return False


def event_kinds(tables, kind, who):
    """What an event does."""
    if kind == RESUME:
        resume(tables, who)
    elif kind == SERVE:
        serve(tables, who)
    elif kind == ADMIT:
        admit(tables, who)
    elif kind == PLACED:
        serve(tables, get(tables, PROCESS, who).gives_to)
        resume(tables, who)
    elif kind == TAKEN:
        admit(tables, who)
        resume(tables, who)
    elif kind == WAKE:
        soon(tables, RESUME, who)
    elif kind == LEFT:
        grant(tables, who)


@kernel
def resume(tables, number):
    """A process goes on."""
    if number == CONTROLLER:
        control(tables)
        return
    role = get(tables, PROCESS, number).role
    if role == FEED:
        feed(tables, number)
    elif role == UNIT:
        work(tables, number)
    elif role == DRAIN:
        drain(tables, number)
    else:
        chain(tables, number)


def births(tables):
    """Processes that were started begin, each before all that is due."""
    clock = get(tables, CLOCK, 0)
    while clock.born_first < clock.born_end:
        number = get(tables, BORN, clock.born_first).process
        clock.born_first += 1
        resume(tables, number)
    clock.born_first = clock.born_end = 0


@kernel
def reuse_ended(tables):
    """Records of runs that are over, with all events about them, are free again."""
    clock = get(tables, CLOCK, 0)
    for k in range(clock.ended_runs):
        get(tables, UNUSED, clock.unused_runs).unused = get(tables, ENDED, k).ended
        clock.unused_runs += 1
    clock.ended_runs = 0


@kernel
def no_periods(tables):
    """On a flat chip no steady state is looked for."""


# The same functions in the words that they call each other by; chips of cores have other processes
# (`cores/loop.py`).
begin_born = kernel(births)
do_event = kernel(event_kinds)
skip_periods = no_periods
run_events = kernel(event_loop)
