"""Free cycles of a port before its last booking, and who takes them: `fill` and `release` of
`../server.py`.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import copy, get
from archsim.soc.compiled.tables import CLOCK, PIECE, PORT, SERVER, SETTINGS, WORDS, WORDS_PIECE
from archsim.soc.compiled.words import FULL, NONE


@kernel
def append_gap(tables, chosen, begin, end):
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
def fill(tables, number, ready, duration, words):
    """Book the first free cycles from `ready`, of the port that is done with them first, for words
    that give way or for NONE: the first cycle, and the end.
    """
    server = get(tables, SERVER, number)
    chosen = best = NONE
    for port in range(server.first_port, server.first_port + server.ports):
        forget_past(tables, port)
        end = _end_on(tables, port, ready, duration)
        if chosen == NONE or end < best:
            chosen = port
            best = end
    begin, end = _book(tables, chosen, ready, duration, words)
    find_last_gap(tables, number)
    return begin, end


@kernel
def find_last_gap(tables, number):
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
def _book(tables, chosen, ready, duration, words):
    """Take the first `duration` free cycles of a port from `ready`: the first cycle, and the end."""
    port = get(tables, PORT, chosen)
    spare = get(tables, SETTINGS, 0).ports  # a row behind those of all ports
    count = 0
    first = NONE
    end = ready
    for k in range(port.gaps):
        gap = _gap(tables, chosen, k)
        begin = max(gap.begin, ready)
        if begin < gap.end and duration:
            end = min(gap.end, begin + duration)
            duration -= end - begin
            _note_piece(tables, words, chosen, begin, end)
            if first == NONE:
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
        if first == NONE:
            first = begin
        opened = max(get(tables, CLOCK, 0).now, free)
        if begin > opened:
            _set(tables, spare, count, opened, begin)
            count += 1
        end = port.free_at = begin + duration
        _note_piece(tables, words, chosen, begin, end)
    if count > get(tables, SETTINGS, 0).gaps:
        get(tables, CLOCK, 0).fault = FULL
        return first, end
    for k in range(count):
        copy(_gap(tables, chosen, k), _gap(tables, spare, k))
    port.gaps = count
    return first, end


@kernel
def _note_piece(tables, one, port, begin, end):
    """Words that give way know which cycles are theirs."""
    if one == NONE:
        return
    words = get(tables, WORDS, one)
    most = get(tables, SETTINGS, 0).pieces
    if words.pieces == most:
        get(tables, CLOCK, 0).fault = FULL
        return
    piece = get(tables, WORDS_PIECE, one * most + words.pieces)
    piece.port = port
    piece.begin = begin
    piece.end = end
    words.pieces += 1
    words.end = end


@kernel
def release(tables, number, chosen, begin, end):
    """Take back a booking, or a part of it: its cycles are free again."""
    port = get(tables, PORT, chosen)
    index = port.gaps
    if index == get(tables, SETTINGS, 0).gaps:
        get(tables, CLOCK, 0).fault = FULL
        return
    while index > 0 and _gap(tables, chosen, index - 1).begin > begin:
        copy(_gap(tables, chosen, index), _gap(tables, chosen, index - 1))
        index -= 1
    _set(tables, chosen, index, begin, end)
    port.gaps += 1
    if end == port.free_at:
        while port.gaps and _gap(tables, chosen, port.gaps - 1).end == port.free_at:
            port.gaps -= 1
            port.free_at = _gap(tables, chosen, port.gaps).begin
    find_last_gap(tables, number)


@kernel
def _gap(tables, port, k):
    """A gap of a port. Those of the row behind the last port may be twice as many."""
    return get(tables, PIECE, port * get(tables, SETTINGS, 0).gaps + k)


@kernel
def _set(tables, port, k, begin, end):
    gap = _gap(tables, port, k)
    gap.begin = begin
    gap.end = end
