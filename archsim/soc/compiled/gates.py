"""A resource on which lower priority numbers go first: `../priority_server.py` with SimPy's resource
in it, event for event.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later, soon
from archsim.soc.compiled.servers import take
from archsim.soc.compiled.tables import CLOCK, PROCESS, RUN, SERVER, STATION
from archsim.soc.compiled.words import LEFT, NONE, RESUME


@kernel
def pass_ahead(tables, number, first, ahead, steps):
    """Ask the stations ahead of a gate; False while the job is on its way through them."""
    process = get(tables, PROCESS, number)
    age = get(tables, RUN, process.run).age
    now = get(tables, CLOCK, 0).now
    begin = process.done = now
    for k in range(first, first + ahead):
        station = get(tables, STATION, k)
        if station.cycles:
            begin, end = take(tables, station.server, begin, station.cycles * steps, age)
            process.done = max(process.done, end)
    if begin > now:
        later(tables, RESUME, number, begin - now)
        return False
    return True


@kernel
def ask(tables, number, gate, priority):
    """Ask for the resource; the process is resumed when it has it."""
    process = get(tables, PROCESS, number)
    server = get(tables, SERVER, gate)
    full = server.users == server.ports
    server.queue_max = max(server.queue_max, server.queued + full)
    process.asked = get(tables, CLOCK, 0).now
    process.priority = priority
    before = NONE
    other = server.first_waiting
    # behind those of the same priority: the first who came goes first
    while other != NONE and get(tables, PROCESS, other).priority <= priority:
        before = other
        other = get(tables, PROCESS, other).next_waiting
    process.next_waiting = other
    if before == NONE:
        server.first_waiting = number
    else:
        get(tables, PROCESS, before).next_waiting = number
    server.queued += 1
    grant(tables, gate)


@kernel
def grant(tables, gate):
    """The first who waits gets the resource, where it is free."""
    server = get(tables, SERVER, gate)
    first = server.first_waiting
    if first != NONE and server.users < server.ports:
        server.first_waiting = get(tables, PROCESS, first).next_waiting
        server.queued -= 1
        server.users += 1
        soon(tables, RESUME, first)


@kernel
def hold(tables, number, gate, duration):
    """The process has the resource, for so many cycles."""
    process = get(tables, PROCESS, number)
    server = get(tables, SERVER, gate)
    server.waited += get(tables, CLOCK, 0).now - process.asked
    server.requests += 1
    server.busy += duration
    later(tables, RESUME, number, duration)


@kernel
def pass_behind(tables, number, first, behind, steps, wires):
    """Ask the stations behind a gate that a job is passing."""
    process = get(tables, PROCESS, number)
    age = get(tables, RUN, process.run).age
    begin = get(tables, CLOCK, 0).now + wires
    for k in range(first, behind):
        station = get(tables, STATION, k)
        if station.cycles:
            begin, end = take(tables, station.server, begin, station.cycles * steps, age)
            process.done = max(process.done, end - wires)


@kernel
def leave(tables, number, gate):
    """Leave the resource: who waits for it comes later in this cycle."""
    server = get(tables, SERVER, gate)
    server.users -= 1
    soon(tables, LEFT, gate)
    process = get(tables, PROCESS, number)
    process.done = max(process.done, get(tables, CLOCK, 0).now)
