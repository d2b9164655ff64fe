"""Time and the order of events, as SimPy keeps them: by cycle, and within one in the order in which
they were put on the list.

What is put on the list for this very cycle comes after all that was put there for it before: a ring
beside the heap is enough for it. Processes that start go before both.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import copy, get
from archsim.soc.compiled.tables import BORN, CLOCK, COMING, DUE, SETTINGS
from archsim.soc.compiled.words import FULL


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
