"""A step on its way over the network: `_over_the_network` of `../../cores/drain_unit.py`, state by
state."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later, soon, start
from archsim.soc.compiled.cores.kinds import CROSS, TURNED
from archsim.soc.compiled.cores.sending import send_all
from archsim.soc.compiled.cores.stations import finish_sums
from archsim.soc.compiled.cores.through import through
from archsim.soc.compiled.progress import end_process
from archsim.soc.compiled.tables import (
    CLOCK,
    COPY,
    CROSSING,
    CROSSINGS,
    FLOOR,
    PROCESS,
    RUN,
    SETTINGS,
)
from archsim.soc.compiled.words import NONE, RESUME

# What it does next.
BEGIN = 0
EXCHANGE = 1
FINISH = 2
RETURN = 3
TURN = 4
HAND_ON = 5


@kernel
def start_crossing(tables, drain, copy, collected):
    """A process of its own for a step whose sums are collected at a cycle."""
    giver = get(tables, PROCESS, drain)
    floor = get(tables, FLOOR, 0)
    lane = giver.run * get(tables, SETTINGS, 0).most_units + giver.unit
    crossings = get(tables, CROSSINGS, lane)
    # one more than may be under way: who comes next looks at the last one
    each = floor.outstanding + 1
    turn = giver.number - get(tables, RUN, giver.run).skipped_turns
    number = floor.over_first + lane * each + turn % each
    process = get(tables, PROCESS, number)
    process.run = giver.run
    process.role = CROSS
    process.unit = giver.unit
    process.state = BEGIN
    process.count = copy
    process.end = collected
    crossing = get(tables, CROSSING, number - floor.over_first)
    crossing.previous = crossings.newest
    crossing.turned = 0
    crossing.waiter = NONE
    crossings.newest = number
    crossings.under_way += 1
    get(tables, RUN, giver.run).alive += 1
    start(tables, number)


@kernel
def cross(tables, number):
    """Go on until there is something to wait for."""
    process = get(tables, PROCESS, number)
    first = get(tables, FLOOR, 0).over_first
    crossing = get(tables, CROSSING, number - first)
    work = get(tables, COPY, process.count)
    now = get(tables, CLOCK, 0).now
    while True:
        if process.state == BEGIN:
            process.state = EXCHANGE
            if process.end > now:
                later(tables, RESUME, number, process.end - now)
                return
        elif process.state == EXCHANGE:
            process.state = RETURN
            if work.exchanges:
                process.state = FINISH
                crossing.to_come = work.exchanges
                crossing.latest = now
                send_all(tables, work.first_exchange, work.exchanges, number, 1, 0)
                return
        elif process.state == FINISH:
            process.state = RETURN
            done = finish_sums(tables, process.count, now)
            if done > now:
                later(tables, RESUME, number, done - now)
                return
        elif process.state == RETURN:
            process.state = TURN
            if work.returns:
                crossing.to_come = work.returns
                crossing.latest = now
                send_all(tables, work.first_return, work.returns, number, 1, 1)
                return
        elif process.state == TURN:
            process.state = HAND_ON
            if crossing.previous != NONE:
                before = get(tables, CROSSING, crossing.previous - first)
                if not before.turned:
                    before.waiter = number
                    return
        else:
            _hand_on(tables, number)
            return


@kernel
def _hand_on(tables, number):
    """The step is through: the one behind it has its turn, and another may cross."""
    process = get(tables, PROCESS, number)
    run = process.run
    through(tables, run, get(tables, CLOCK, 0).now)
    soon(tables, TURNED, number)
    crossings = get(tables, CROSSINGS, run * get(tables, SETTINGS, 0).most_units + process.unit)
    crossings.under_way -= 1
    if crossings.wants_room:
        crossings.wants_room = 0
        width = get(tables, FLOOR, 0).width
        soon(tables, RESUME, run * width + 3 + 3 * process.unit)
    end_process(tables, number)
