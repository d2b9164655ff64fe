"""Shared resources: when a request is served, as `../server.py` says. A request made for a later
cycle leaves free cycles behind it, which later requests fill word by word.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import copy, get
from archsim.soc.compiled.tables import CLOCK, PIECE, PORT, SERVER, SETTINGS, STATION, WAITING
from archsim.soc.compiled.words import FULL


@kernel
def take(tables, number, ready, duration):
    """Serve a request whose first word is there at `ready`: its first cycle and its end."""
    server = get(tables, SERVER, number)
    if ready < server.until:
        return fill(tables, number, ready, duration)
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
            _append(tables, chosen, max(free, now), ready)
            server.until = ready
    port.free_at = begin + duration
    server.busy += duration
    server.requests += 1
    if begin > ready:
        wait(tables, number, begin - ready, begin)
    return begin, begin + duration


@kernel
def _append(tables, chosen, begin, end):
    """A gap behind all others of a port; where there is no room, those that are over go."""
    port = get(tables, PORT, chosen)
    most = get(tables, SETTINGS, 0).gaps
    if port.gaps == most:
        forget_past(tables, chosen)
    if port.gaps == most:
        get(tables, CLOCK, 0).fault = FULL
        return
    gap = _gap(tables, chosen, port.gaps)
    gap.begin = begin
    gap.end = end
    port.gaps += 1


@kernel
def forget_past(tables, chosen):
    """Gaps that are over go."""
    port = get(tables, PORT, chosen)
    now = get(tables, CLOCK, 0).now
    past = 0
    while past < port.gaps and _gap(tables, chosen, past).end <= now:
        past += 1
    if past:
        for k in range(past, port.gaps):
            copy(_gap(tables, chosen, k - past), _gap(tables, chosen, k))
        port.gaps -= past


@kernel
def fill(tables, number, ready, duration):
    """Serve a request where a port has free cycles before its last booking: the port that is done
    with it first.
    """
    server = get(tables, SERVER, number)
    chosen = best = -1
    for port in range(server.first_port, server.first_port + server.ports):
        forget_past(tables, port)
        end = _end_on(tables, port, ready, duration)
        if chosen < 0 or end < best:
            chosen = port
            best = end
    begin, end = _book(tables, chosen, ready, duration)
    _find_last_gap(tables, number)
    server.busy += duration
    server.requests += 1
    if end - ready > duration:
        wait(tables, number, end - ready - duration, begin)
    return begin, end


@kernel
def _find_last_gap(tables, number):
    server = get(tables, SERVER, number)
    server.until = 0
    for chosen in range(server.first_port, server.first_port + server.ports):
        count = get(tables, PORT, chosen).gaps
        if count:
            server.until = max(server.until, _gap(tables, chosen, count - 1).end)


@kernel
def _end_on(tables, chosen, ready, duration):
    """When a port would be done with the first `duration` free cycles from `ready`."""
    port = get(tables, PORT, chosen)
    for k in range(port.gaps):
        gap = _gap(tables, chosen, k)
        begin = max(gap.begin, ready)
        if begin < gap.end:
            if gap.end - begin >= duration:
                return begin + duration
            duration -= gap.end - begin
    return max(ready, port.free_at) + duration


@kernel
def _book(tables, chosen, ready, duration):
    """Take the first `duration` free cycles of a port from `ready`: the first cycle, and the end."""
    port = get(tables, PORT, chosen)
    spare = get(tables, SETTINGS, 0).ports  # a row behind those of all ports
    count = 0
    first = -1
    end = ready
    for k in range(port.gaps):
        gap = _gap(tables, chosen, k)
        begin = max(gap.begin, ready)
        if begin < gap.end and duration:
            end = min(gap.end, begin + duration)
            duration -= end - begin
            if first < 0:
                first = begin
            if gap.begin < begin:
                _set(tables, spare, count, gap.begin, begin)
                count += 1
            if end < gap.end:
                _set(tables, spare, count, end, gap.end)
                count += 1
        else:
            _set(tables, spare, count, gap.begin, gap.end)
            count += 1
    if duration:
        free = port.free_at
        begin = max(ready, free)
        if first < 0:
            first = begin
        opened = max(get(tables, CLOCK, 0).now, free)
        if begin > opened:
            _set(tables, spare, count, opened, begin)
            count += 1
        end = port.free_at = begin + duration
    if count > get(tables, SETTINGS, 0).gaps:
        get(tables, CLOCK, 0).fault = FULL
        return first, end
    for k in range(count):
        copy(_gap(tables, chosen, k), _gap(tables, spare, k))
    port.gaps = count
    return first, end


@kernel
def _gap(tables, port, k):
    """A gap of a port. Those of the row behind the last port may be twice as many."""
    return get(tables, PIECE, port * get(tables, SETTINGS, 0).gaps + k)


@kernel
def _set(tables, port, k, begin, end):
    gap = _gap(tables, port, k)
    gap.begin = begin
    gap.end = end


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
def pass_way(tables, first, count, steps, wires):
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
            ready, end = take(tables, station.server, ready, duration)
            if behind:
                end -= wires
            if not left:
                left = end
            done = max(done, end)
        if wires and not behind:
            ready += wires
    return left if left else now, done
