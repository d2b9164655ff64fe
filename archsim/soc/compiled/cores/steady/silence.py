"""Writes that all wait for: a state between two of them in which nothing else is under way.

A write takes a whole number of cycles, now one more and now one less, so nothing comes back after a
fixed time. But where all that the end of a write sets going is over before the next one ends, and rows
are there when they are wanted, what follows an end is the same each time, as many cycles later as its
write takes. Such states are held against each other from the end that is awaited, `due`; what is skipped
is as long as its writes, drawn one by one. Nothing passes between two of them: where all stand still
though rows are left, the queue before the tiles is full.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import spoke_of
from archsim.soc.compiled.cores.steady.words import STEPS, later_by_skip, same_word, state_word
from archsim.soc.compiled.tables import (
    CLOCK,
    COMING,
    FLOOR,
    OPERATION,
    QUEUE,
    RUN,
    SPOKE,
    STEADY,
    TURNING,
)
from archsim.soc.compiled.tiles import whole_of
from archsim.soc.compiled.words import NONE, RESUME

DUE = -2
"""The word of a cycle that is the one awaited: no cycle is negative, and NONE is another."""


@kernel
def is_writing(tables, number):
    """Whether a row is on the tiles of the one copy that a run writes."""
    run = get(tables, RUN, number)
    drain = number * get(tables, FLOOR, 0).width + 3
    return (
        get(tables, OPERATION, run.operation).units == 1 and get(tables, QUEUE, drain).taker == NONE
    )


@kernel
def is_silent(tables, number):
    """Whether the end of that write is all that is to come, and would be if it came a cycle sooner."""
    clock = get(tables, CLOCK, 0)
    drain = number * get(tables, FLOOR, 0).width + 3
    if clock.waiting + clock.turning != 1:
        return 0
    if clock.waiting:
        event = get(tables, COMING, 0)
        due = event.cycle
        kind = event.kind
        who = event.who
    else:
        ahead = 1
        while get(tables, SPOKE, spoke_of(tables, ahead)).first_turning == NONE:
            ahead += 1
        due = clock.now + ahead
        turning = get(tables, TURNING, get(tables, SPOKE, spoke_of(tables, ahead)).first_turning)
        kind = turning.turning_kind
        who = turning.turning_who
    get(tables, STEADY, 0).due = due
    return 1 if kind == RESUME and who == drain and due > clock.now + 1 else 0


@kernel
def draw_writes(tables, plan):
    """The cycles of the writes that are skipped; in silence they say how long that is."""
    steady = get(tables, STEADY, 0)
    steady.drawn = 0
    for _ in range(steady.periods * steady.steps):
        steady.drawn += whole_of(tables, plan.first_turn, plan.write_cycles)
    if steady.silent:
        steady.shift = steady.drawn


@kernel
def walk_silence(tables):
    """Whether the state is a silent one; then all steps since another one ended so."""
    steady = get(tables, STEADY, 0)
    same_word(tables, steady.silent)
    if steady.silent:
        steady.silences = state_word(tables, STEPS, steady.silences)


@kernel
def move_due(tables):
    """The one event that is to come; on the wheel it moves with that."""
    if get(tables, CLOCK, 0).waiting:
        event = get(tables, COMING, 0)
        event.cycle = later_by_skip(tables, event.cycle)


@kernel
def due_or(tables, kind, cycle):
    """A word of the state that is the cycle awaited, or one of another kind."""
    steady = get(tables, STEADY, 0)
    if steady.silent and cycle == steady.due:
        same_word(tables, DUE)
        return later_by_skip(tables, cycle)
    return state_word(tables, kind, cycle)
