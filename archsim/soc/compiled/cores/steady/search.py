"""When the state is looked at, and what is skipped: whole periods of a steady state.

States are kept at steps that lie an eighth farther apart each time, the newest instead of the oldest,
and those that came later are held against them. A sum over what is due later says first
whether that is worth while; what is spent on it is bounded by what the events cost.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import spoke_of
from archsim.soc.compiled.cores.steady.reach import end_at_tiles, find_reached
from archsim.soc.compiled.cores.steady.silence import draw_writes, is_silent, is_writing
from archsim.soc.compiled.cores.steady.state import walk_state
from archsim.soc.compiled.cores.steady.words import AT_INPUTS, COMPARE, KEEP, KEPT_STATES, SKIP
from archsim.soc.compiled.tables import (
    CLOCK,
    COMING,
    CONTROL,
    FLOOR,
    KEPT_STATE,
    OPERATION,
    PORT,
    PROCESS,
    REACHED_LINK,
    REACHED_SERVER,
    RUN,
    SERVER,
    SPOKE,
    STEADY,
    TURNING,
    WIRE,
)
from archsim.soc.compiled.words import NONE, WRITE

MOST_FAILURES = 3
"""Of a kept state, which is not held against others after so many that only seem to be the same."""
MIX = 0x9E3779B97F4A7C15 >> 20
"""The golden ratio, as hashes mix words by it (Knuth 1998, Sec. 6.4)."""
FIRST_WORDS = 16_000
WORDS_AN_EVENT = 1.0
MORE_WORDS = 8_000
"""Words of the state that are looked at: of a run at first, for an event, and at least once more after a
rest. Where nothing is ever steady they take a sixth of the time of the events; with a quarter of them
they took a ninth, and periods were found so late that GPT-2 small took a fifth longer."""


@kernel
def skip_periods(tables):
    """Steps have ended in this cycle, whose events are over: skip what is known to come."""
    clock = get(tables, CLOCK, 0)
    number = clock.stepped - 1
    run = get(tables, RUN, number)
    steady = get(tables, STEADY, 0)
    steady.silent = 0
    if get(tables, CONTROL, 0).in_flight != 1 or clock.ended_runs or run.wakes:
        clock.stepped = 0
        return
    if steady.age != run.age:
        _begin(tables, number)
    if run.searched == AT_INPUTS and is_writing(tables, number):
        if clock.waiting + clock.turning > 1:
            return  # looked at again in the next cycle: this step has not come to rest yet
        steady.silent = is_silent(tables, number)
        steady.silences += steady.silent
    clock.stepped = 0
    if not run.searched or not _may_spend(tables):
        return
    state_sum = _sum_of_state(tables)
    if _is_steady(tables, number, state_sum):
        _skip(tables, number)
    elif run.jobs >= steady.next_kept:
        _keep(tables, number, state_sum)


@kernel
def _begin(tables, number):
    """Another run: of others nothing is kept."""
    run = get(tables, RUN, number)
    steady = get(tables, STEADY, 0)
    steady.age = run.age
    steady.spent = steady.keeps = steady.rests = 0
    steady.first_event = get(tables, CLOCK, 0).events
    steady.next_kept = run.jobs + 1
    steady.units = get(tables, OPERATION, run.operation).units
    find_reached(tables, run.operation)
    if run.searched == AT_INPUTS and not end_at_tiles(tables, run.operation):
        run.searched = 0


@kernel
def _may_spend(tables):
    """Whether the events were many enough for another look at the state. Where they were not, the
    search rests until they are for many looks one behind the other: a period is some steps long.
    """
    steady = get(tables, STEADY, 0)
    events = get(tables, CLOCK, 0).events - steady.first_event
    left = FIRST_WORDS + int(WORDS_AN_EVENT * events) - steady.spent
    if left < 0:
        steady.rests = 1
    elif left > MORE_WORDS:
        steady.rests = 0
    return not steady.rests


@kernel
def _sum_of_state(tables):
    """A number that is the same where the same kinds of events come in as many cycles from now, and
    servers and links are free in as many; seldom elsewhere.
    """
    clock = get(tables, CLOCK, 0)
    steady = get(tables, STEADY, 0)
    if steady.silent:
        steady.spent += 1
        return NONE
    total = clock.waiting + clock.turning
    for k in range(clock.waiting):
        event = get(tables, COMING, k)
        ahead = event.cycle - clock.now
        total += (ahead * 64 + event.kind) * (ahead + 17)
    left = clock.turning
    ahead = 0
    while left:
        ahead += 1
        turning = get(tables, SPOKE, spoke_of(tables, ahead)).first_turning
        while turning != NONE:
            total += (ahead * 64 + get(tables, TURNING, turning).turning_kind) * (ahead + 17)
            turning = get(tables, TURNING, turning).next_turning
            left -= 1
    for k in range(steady.servers):
        server = get(tables, SERVER, get(tables, REACHED_SERVER, k).server_reached)
        first = server.first_port
        for port in range(server.first_port, server.first_port + server.ports):
            free_at = get(tables, PORT, port).free_at
            if free_at < get(tables, PORT, first).free_at:
                first = port
            total += max(0, free_at - clock.now) * (MIX + k + port)
        total += first * (MIX - k)  # it has the next request
    for k in range(steady.links):
        wire = get(tables, WIRE, get(tables, REACHED_LINK, k).link_reached)
        ahead = max(0, wire.free_at - clock.now) + 256 * wire.asking
        total += ahead * (MIX - k)
    steady.spent += clock.waiting + clock.turning + steady.ports + steady.links
    return total


@kernel
def _keep(tables, number, state_sum):
    steady = get(tables, STEADY, 0)
    run = get(tables, RUN, number)
    steady.slot = steady.keeps % KEPT_STATES
    steady.keeps += 1
    steady.next_kept = run.jobs + 1 + run.jobs // 8
    state = get(tables, KEPT_STATE, steady.slot)
    state.failures = 0
    state.state_sum = state_sum
    state.at_cycle = get(tables, CLOCK, 0).now
    state.after_steps = run.steps
    walk_state(tables, number, KEEP)
    steady.spent += steady.cursor
    if steady.differs:  # more words than there is room for
        run.searched = 0


@kernel
def _is_steady(tables, number, state_sum):
    """Whether the state is one that was kept, some steps later."""
    steady = get(tables, STEADY, 0)
    for back in range(1, min(steady.keeps, KEPT_STATES) + 1):  # the newest first
        slot = (steady.keeps - back) % KEPT_STATES
        state = get(tables, KEPT_STATE, slot)
        if state.state_sum == state_sum and state.failures < MOST_FAILURES:
            steady.slot = slot
            if _is_the_same(tables, number):
                return True
            state.failures += 1
    return False


@kernel
def _is_the_same(tables, number):
    steady = get(tables, STEADY, 0)
    state = get(tables, KEPT_STATE, steady.slot)
    run = get(tables, RUN, number)
    plan = get(tables, OPERATION, run.operation)
    steps = run.steps - state.after_steps
    # inputs of steps are different in turn, and so are copies; a vector may be several steps
    if steps == 0 or steps % plan.units or steps % plan.fetches:
        return False
    if plan.sequential and steps % plan.parts:
        return False
    steady.steps = steps
    steady.since = state.at_cycle
    steady.period = get(tables, CLOCK, 0).now - steady.since
    walk_state(tables, number, COMPARE)
    steady.spent += steady.cursor
    return not steady.differs


@kernel
def _skip(tables, number):
    """As many periods as end before inputs of the last step of a copy are asked for; in silence one
    is left, so that links are free when they would be.
    """
    steady = get(tables, STEADY, 0)
    clock = get(tables, CLOCK, 0)
    run = get(tables, RUN, number)
    plan = get(tables, OPERATION, run.operation)
    asked = get(tables, PROCESS, number * get(tables, FLOOR, 0).width).number
    run.searched = 0
    steady.periods = (plan.steps - plan.units - asked) // steady.steps - steady.silent
    if steady.periods <= 0:
        return
    steady.shift = steady.periods * steady.period
    if plan.kind == WRITE:
        draw_writes(tables, plan)
    walk_state(tables, number, SKIP)
    clock.now += steady.shift
    clock.wheel_from += steady.shift  # it stands still, with all that is on it
    steady.skips += 1
    steady.skipped += steady.periods * steady.steps
