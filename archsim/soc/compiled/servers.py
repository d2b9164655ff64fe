"""Shared resources: when a request is served, as `../server.py` says. A request made for a later
cycle leaves free cycles behind it, which later requests fill word by word.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import copy, get
from archsim.soc.compiled.gaps import append_gap, fill
from archsim.soc.compiled.tables import (
    CLOCK,
    PORT,
    PROCESS,
    RUN,
    SERVER,
    SETTINGS,
    STATION,
    WAITING,
)
from archsim.soc.compiled.words import FULL, NONE
from archsim.soc.compiled.yielding import come_back_oldest, give_way, is_younger, take_yielding


@kernel
def take(tables, number, ready, duration, age):
    """Serve a request whose first word is there at `ready`, for an operation of that age: its first
    cycle and its end.
    """
    server = get(tables, SERVER, number)
    if server.first_words != NONE and is_younger(tables, number, ready, age):
        return _overtake(tables, number, ready, duration, age)
    if ready < server.until:
        return _fill(tables, number, ready, duration)
    chosen = server.first_port
    for number_of_port in range(chosen + 1, server.first_port + server.ports):
        if get(tables, PORT, number_of_port).free_at < get(tables, PORT, chosen).free_at:
            chosen = number_of_port
    port = get(tables, PORT, chosen)
    free = port.free_at
    begin = free
    if ready > free:
        begin = ready
        now = get(tables, CLOCK, 0).now
        if ready > now:
            append_gap(tables, chosen, max(free, now), ready)
            server.until = ready
    port.free_at = begin + duration
    server.busy += duration
    server.requests += 1
    if begin > ready:
        wait(tables, number, begin - ready, begin)
    return begin, begin + duration


@kernel
def _fill(tables, number, ready, duration):
    server = get(tables, SERVER, number)
    begin, end = fill(tables, number, ready, duration, NONE)
    server.busy += duration
    server.requests += 1
    if end - ready > duration:
        wait(tables, number, end - ready - duration, begin)
    return begin, end


@kernel
def _overtake(tables, number, ready, duration, age):
    """Younger operations give way, and get the next free cycles, the older one first."""
    give_way(tables, number, ready, age)
    begin, end = _fill(tables, number, ready, duration)
    while come_back_oldest(tables, number):
        pass
    return begin, end


@kernel
def wait(tables, number, cycles, begin):
    """A request waits so many cycles, until `begin`; how many do at once is remembered."""
    server = get(tables, SERVER, number)
    server.waited += cycles
    now = get(tables, CLOCK, 0).now
    size = get(tables, SETTINGS, 0).starts
    row = number * size
    first = server.first_start
    count = server.starts
    while count and get(tables, WAITING, row + first).begin <= now:
        first += 1
        count -= 1
    if begin > now:
        # the row is full at its end; what has begun left room at its beginning
        if first + count == size:
            for k in range(count):
                copy(get(tables, WAITING, row + k), get(tables, WAITING, row + first + k))
            first = 0
        if count == size:
            get(tables, CLOCK, 0).fault = FULL
            return
        index = row + first + count  # in order of time; most come in it
        while index > row + first and get(tables, WAITING, index - 1).begin > begin:
            copy(get(tables, WAITING, index), get(tables, WAITING, index - 1))
            index -= 1
        get(tables, WAITING, index).begin = begin
        count += 1
        server.queue_max = max(server.queue_max, count)
    server.first_start = first
    server.starts = count


@kernel
def pass_way(tables, first, count, steps, wires, age):
    """Stream a job through the stations of a way, as `stream` of `../streams.py`: the cycle in which
    the first server asked is done with it, and the one in which all are.
    """
    now = get(tables, CLOCK, 0).now
    ready = done = now
    left = 0
    for k in range(first, first + count):
        station = get(tables, STATION, k)
        duration = station.cycles * steps
        behind = wires > 0 and station.server != get(tables, STATION, first).server
        if duration:
            ready, end = take(tables, station.server, ready, duration, age)
            if behind:
                end -= wires
            if not left:
                left = end
            done = max(done, end)
        if wires and not behind:
            ready += wires
    return left if left else now, done


@kernel
def pass_way_yielding(tables, number, first, count, vectors):
    """The same for a job of several vectors, of which those after the first give way to older
    operations: the cycle in which all servers are done with the first one. The process remembers
    the words after it.
    """
    process = get(tables, PROCESS, number)
    age = get(tables, RUN, process.run).age
    most = get(tables, SETTINGS, 0).stations
    ready = done = get(tables, CLOCK, 0).now
    process.words = 0
    process.words_count = 0
    for k in range(first, first + count):
        station = get(tables, STATION, k)
        if station.cycles:
            ready, end = take(tables, station.server, ready, station.cycles, age)
            one = process.run * most + process.words_count
            rest = station.cycles * (vectors - 1)
            take_yielding(tables, station.server, one, end, rest, age)
            process.words_count += 1
            done = max(done, end)
    return done
