"""What events do on a chip of cores; the loop is that of `../loop.py`."""

from __future__ import annotations

from archsim.kernels.compiled import kernel, template
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import soon
from archsim.soc.compiled.control import control_states
from archsim.soc.compiled.cores.bring import bring
from archsim.soc.compiled.cores.crossing import cross
from archsim.soc.compiled.cores.drain_unit import drain_unit
from archsim.soc.compiled.cores.feed_unit import feed_unit
from archsim.soc.compiled.cores.kinds import (
    ARRIVING,
    BRING,
    DRAIN_UNIT,
    END,
    FEED_UNIT,
    GO,
    HEAD,
    LOOK_AGAIN,
    THERE,
    TURNED,
)
from archsim.soc.compiled.cores.packets import go_on, look_again
from archsim.soc.compiled.cores.sending import go
from archsim.soc.compiled.cores.starting import start_on_cores
from archsim.soc.compiled.cores.steady.search import skip_periods
from archsim.soc.compiled.cores.through import end
from archsim.soc.compiled.loop import births, event_kinds, event_loop
from archsim.soc.compiled.tables import ARRIVAL, CROSSING, FLOOR, PROCESS
from archsim.soc.compiled.unit import work
from archsim.soc.compiled.words import CONTROLLER, NONE, UNIT

core_control = template(control_states, start_run=start_on_cores)


@kernel
def resume_on_cores(tables, number):
    """A process goes on."""
    if number == CONTROLLER:
        core_control(tables)
        return
    role = get(tables, PROCESS, number).role
    if role == BRING:
        bring(tables, number)
    elif role == FEED_UNIT:
        feed_unit(tables, number)
    elif role == UNIT:
        work(tables, number)
    elif role == DRAIN_UNIT:
        drain_unit(tables, number)
    else:
        cross(tables, number)


any_event = template(event_kinds, resume=resume_on_cores)


@kernel
def event_on_cores(tables, kind, who):
    """What an event does."""
    if kind < GO:
        any_event(tables, kind, who)
    elif kind == HEAD:
        go_on(tables, who)
    elif kind == LOOK_AGAIN:
        look_again(tables, who)
    elif kind == GO:
        go(tables, who)
    elif kind == ARRIVING:
        soon(tables, THERE, who)
    elif kind == THERE:
        arrival = get(tables, ARRIVAL, who)
        arrival.there = 1
        if arrival.waiter != NONE:
            resume_on_cores(tables, arrival.waiter)
    elif kind == TURNED:
        crossing = get(tables, CROSSING, who - get(tables, FLOOR, 0).over_first)
        crossing.turned = 1
        if crossing.waiter != NONE:
            resume_on_cores(tables, crossing.waiter)
    elif kind == END:
        end(tables, who)


run_core_events = template(
    event_loop,
    resume=resume_on_cores,
    do_event=event_on_cores,
    begin_born=template(births, resume=resume_on_cores),
    skip_periods=skip_periods,
)
