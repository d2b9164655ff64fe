"""The whole state of a chip between two cycles, where one operation has it to itself: every word that
what follows depends on, and every sum that is told at the end.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import copy, get
from archsim.soc.compiled.calendar import spoke_of
from archsim.soc.compiled.cores.kinds import ARRIVING, END, GO, HEAD, LOOK_AGAIN
from archsim.soc.compiled.cores.steady.copies import arrival_name, process_name, walk_copies
from archsim.soc.compiled.cores.steady.network import (
    message_name,
    packet_name,
    walk_found,
    walk_links,
)
from archsim.soc.compiled.cores.steady.servers import walk_servers, walk_tiles
from archsim.soc.compiled.cores.steady.silence import move_due, walk_silence
from archsim.soc.compiled.cores.steady.words import (
    COMPARE,
    CYCLE,
    PAST,
    SAME,
    STEPS,
    SUM,
    same_word,
    state_word,
)
from archsim.soc.compiled.progress import arrived
from archsim.soc.compiled.tables import (
    CLOCK,
    COMING,
    CONTROL,
    OPERATION,
    RESULT,
    RUN,
    SETTINGS,
    SPOKE,
    STEADY,
    TURNING,
)
from archsim.soc.compiled.words import NONE


@kernel
def walk_state(tables, number, what):
    """Keep, compare or skip the state (`words.py`) while a run has the chip to itself."""
    steady = get(tables, STEADY, 0)
    steady.walk = what
    steady.walks += 1
    steady.cursor = steady.fractions = steady.named = steady.differs = 0
    walk_silence(tables)
    _walk_control(tables)
    _walk_run(tables, number)
    walk_copies(tables, number)
    walk_tiles(tables, get(tables, OPERATION, get(tables, RUN, number).operation))
    if what == COMPARE and steady.differs:
        return
    _walk_events(tables)
    walk_servers(tables)
    if what == COMPARE and steady.differs:
        return
    walk_links(tables)
    walk_found(tables)


@kernel
def _walk_control(tables):
    """The controller does nothing meanwhile."""
    control = get(tables, CONTROL, 0)
    same_word(tables, control.state)
    same_word(tables, control.image)
    same_word(tables, control.operation)
    same_word(tables, control.issued)
    same_word(tables, control.in_flight)
    same_word(tables, control.pending)
    same_word(tables, control.wants_room)
    same_word(tables, control.waits_for)
    same_word(tables, get(tables, CLOCK, 0).marks)


@kernel
def _walk_events(tables):
    """Events of later cycles, in their order."""
    if get(tables, STEADY, 0).silent:
        move_due(tables)
        return
    waiting = get(tables, CLOCK, 0).waiting
    _sort_events(tables, waiting)
    same_word(tables, waiting)
    for k in range(waiting):
        event = get(tables, COMING, k)
        event.cycle = state_word(tables, CYCLE, event.cycle)
        same_word(tables, event.kind)
        same_word(tables, _name_in(tables, event.kind, event.who))
    _walk_wheel(tables)


@kernel
def _walk_wheel(tables):
    """Events of the next cycles, in their order."""
    clock = get(tables, CLOCK, 0)
    left = clock.turning
    same_word(tables, left)
    ahead = 0
    while left:
        ahead += 1
        number = get(tables, SPOKE, spoke_of(tables, ahead)).first_turning
        while number != NONE:
            event = get(tables, TURNING, number)
            same_word(tables, ahead)
            same_word(tables, event.turning_kind)
            same_word(tables, _name_in(tables, event.turning_kind, event.turning_who))
            number = event.next_turning
            left -= 1


@kernel
def _name_in(tables, kind, who):
    """Whom an event is about, by a name that is the same a period later."""
    if kind == HEAD:
        return packet_name(tables, who)
    if kind == GO:
        return message_name(tables, who)
    if kind == ARRIVING:
        return arrival_name(tables, who)
    if kind in (LOOK_AGAIN, END):
        return who
    return process_name(tables, who)


@kernel
def _sort_events(tables, count):
    """Sort the heap of events, which stays one, behind which a row is free (Shell 1959)."""
    spare = get(tables, COMING, get(tables, SETTINGS, 0).events)
    gap = count // 2
    while gap:
        for k in range(gap, count):
            copy(spare, get(tables, COMING, k))
            index = k
            while index >= gap and _is_later(get(tables, COMING, index - gap), spare):
                copy(get(tables, COMING, index), get(tables, COMING, index - gap))
                index -= gap
            copy(get(tables, COMING, index), spare)
        gap //= 2


@kernel
def _is_later(one, other):
    return one.cycle > other.cycle or (one.cycle == other.cycle and one.sequence > other.sequence)


@kernel
def _walk_run(tables, number):
    """How far the run is, and its results that are on their way."""
    arrived(tables, number)
    run = get(tables, RUN, number)
    run.steps = state_word(tables, STEPS, run.steps)
    run.jobs = state_word(tables, STEPS, run.jobs)
    run.through = state_word(tables, STEPS, run.through)
    run.extra = state_word(tables, SUM, run.extra)
    run.last_result = state_word(tables, PAST, run.last_result)
    same_word(tables, run.progress)
    same_word(tables, run.wakes)
    # where all wait for the tiles, rows are written as soon as they can be: each is tight, or none
    tight = SUM if get(tables, STEADY, 0).silent else SAME
    run.tight = state_word(tables, tight, run.tight)
    same_word(tables, run.alive)
    same_word(tables, run.comings)
    size = get(tables, SETTINGS, 0).results
    for k in range(run.comings):
        result = get(tables, RESULT, number * size + ((run.first_coming + k) & (size - 1)))
        result.cycle = state_word(tables, CYCLE, result.cycle)
        result.steps = state_word(tables, STEPS, result.steps)
