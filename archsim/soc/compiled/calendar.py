"""Time and the order of events, as SimPy keeps them: by cycle, and within one in the order in which
they were put on the list.

What is put on the list for this very cycle comes after all that was put there for it before: a ring
is enough for it. What comes at one of the next cycles is put on the spoke of that cycle on a timing wheel
(Varghese & Lauck 1987), behind what is there, and what is further away on a heap. So what is on the
heap for a cycle was put there before all that is on its spoke, and goes before that. Processes that
start go before all.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import copy, get
from archsim.soc.compiled.tables import BORN, CLOCK, COMING, DUE, SETTINGS, SPOKE, TURNING
from archsim.soc.compiled.words import FULL, NONE

SPOKES = 1 << 8
"""Cycles ahead that the wheel reaches: most packets pass a link in fewer."""


@kernel
def soon(tables, kind, who):
    """An event of this cycle, after all that are due already."""
    clock = get(tables, CLOCK, 0)
    size = get(tables, SETTINGS, 0).events
    if clock.due_end - clock.due_first >= size:
        clock.fault = FULL
        return
    event = get(tables, DUE, clock.due_end & (size - 1))
    event.kind = kind
    event.who = who
    clock.due_end += 1


@kernel
def later(tables, kind, who, delay):
    """An event in so many cycles; none is the same as `soon`."""
    if delay <= 0:
        soon(tables, kind, who)
        return
    if delay < SPOKES:
        _turn(tables, kind, who, delay)
        return
    clock = get(tables, CLOCK, 0)
    index = clock.waiting
    if index >= get(tables, SETTINGS, 0).events:
        clock.fault = FULL
        return
    cycle = clock.now + delay
    clock.waiting += 1
    clock.sequence += 1
    while index > 0:
        above = (index - 1) >> 1
        # what is put on the list later comes later in its cycle
        if get(tables, COMING, above).cycle <= cycle:
            break
        copy(get(tables, COMING, index), get(tables, COMING, above))
        index = above
    event = get(tables, COMING, index)
    event.cycle = cycle
    event.sequence = clock.sequence
    event.kind = kind
    event.who = who


@kernel
def shortly(tables, kind, who, delay):
    """The same as `later`, for what comes millions of times and seldom far away."""
    if 0 < delay < SPOKES:
        _turn(tables, kind, who, delay)
    else:
        later(tables, kind, who, delay)


@kernel
def spoke_of(tables, ahead):
    """The spoke of the wheel for the cycle that is so many ahead."""
    clock = get(tables, CLOCK, 0)
    return (clock.now + ahead - clock.wheel_from) & (SPOKES - 1)


@kernel
def _turn(tables, kind, who, delay):
    """Put an event on the wheel."""
    clock = get(tables, CLOCK, 0)
    number = clock.free_turning
    if number != NONE:
        clock.free_turning = get(tables, TURNING, number).next_turning
    elif clock.turning_made < get(tables, SETTINGS, 0).events:
        number = clock.turning_made
        clock.turning_made += 1
    else:
        clock.fault = FULL
        return
    clock.turning += 1
    event = get(tables, TURNING, number)
    event.turning_kind = kind
    event.turning_who = who
    event.next_turning = NONE
    spoke = get(tables, SPOKE, spoke_of(tables, delay))
    if spoke.first_turning == NONE:
        spoke.first_turning = number
    else:
        get(tables, TURNING, spoke.last_turning).next_turning = number
    spoke.last_turning = number


@kernel
def drop_turning(tables, spoke, number):
    """Take the first event off a spoke of the wheel."""
    clock = get(tables, CLOCK, 0)
    event = get(tables, TURNING, number)
    spoke.first_turning = event.next_turning
    event.next_turning = clock.free_turning
    clock.free_turning = number
    clock.turning -= 1


@kernel
def go_to_next_cycle(tables):
    """The time of the next event, of those on the heap and on the wheel."""
    clock = get(tables, CLOCK, 0)
    ahead = SPOKES
    if clock.waiting:
        ahead = min(ahead, get(tables, COMING, 0).cycle - clock.now)
    if clock.turning:
        for k in range(1, ahead):
            if get(tables, SPOKE, spoke_of(tables, k)).first_turning != NONE:
                clock.now += k
                return
    if clock.waiting:
        clock.now = get(tables, COMING, 0).cycle


@kernel
def drop_first(tables):
    """Take the first event off the heap."""
    clock = get(tables, CLOCK, 0)
    clock.waiting -= 1
    size = clock.waiting
    last = get(tables, COMING, size)
    index = 0
    while True:
        below = 2 * index + 1
        if below >= size:
            break
        beside = below + 1
        if beside < size and _before(get(tables, COMING, beside), get(tables, COMING, below)):
            below = beside
        if not _before(get(tables, COMING, below), last):
            break
        copy(get(tables, COMING, index), get(tables, COMING, below))
        index = below
    copy(get(tables, COMING, index), last)


@kernel
def _before(one, other):
    return one.cycle < other.cycle or (one.cycle == other.cycle and one.sequence < other.sequence)


@kernel
def start(tables, process):
    """A process starts as soon as who started it waits."""
    clock = get(tables, CLOCK, 0)
    get(tables, BORN, clock.born_end).process = process
    clock.born_end += 1
