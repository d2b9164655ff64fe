"""Servers and tiles as a part of the state: when they are free, what they did."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.cores.steady.silence import due_or
from archsim.soc.compiled.cores.steady.words import (
    CYCLE,
    LAST,
    PAST,
    SKIP,
    SUM,
    same_fraction,
    same_word,
    state_word,
)
from archsim.soc.compiled.gaps import forget_past
from archsim.soc.compiled.tables import (
    CLOCK,
    HELD,
    LANE,
    PHASE_STALL,
    PIECE,
    PORT,
    REACHED_SERVER,
    SERVER,
    SETTINGS,
    SHARED,
    STALL,
    STEADY,
    TILE,
    TURN,
    UNIT,
    WAITING,
)
from archsim.soc.compiled.words import CAUSES, NONE, WRITE


@kernel
def walk_servers(tables):
    """Servers that the operation asks."""
    for k in range(get(tables, STEADY, 0).servers):
        number = get(tables, REACHED_SERVER, k).server_reached
        server = get(tables, SERVER, number)
        server.busy = state_word(tables, SUM, server.busy)
        server.requests = state_word(tables, SUM, server.requests)
        server.waited = state_word(tables, SUM, server.waited)
        same_word(tables, server.queue_max)
        same_word(tables, server.users)
        same_word(tables, server.queued)
        if server.until > get(tables, CLOCK, 0).now:
            server.until = state_word(tables, CYCLE, server.until)
        else:
            same_word(tables, 0)
        _walk_ports(tables, number)
        _walk_waiting(tables, number)


@kernel
def _walk_ports(tables, number):
    server = get(tables, SERVER, number)
    most = get(tables, SETTINGS, 0).gaps
    for chosen in range(server.first_port, server.first_port + server.ports):
        port = get(tables, PORT, chosen)
        same_word(tables, _rank(tables, number, chosen))
        port.free_at = state_word(tables, PAST, port.free_at)
        forget_past(tables, chosen)
        same_word(tables, port.gaps)
        for k in range(chosen * most, chosen * most + port.gaps):
            gap = get(tables, PIECE, k)
            gap.begin = state_word(tables, CYCLE, gap.begin)
            gap.end = state_word(tables, CYCLE, gap.end)


@kernel
def _rank(tables, number, chosen):
    """How many ports of a server were free before one: the next request has the first of them."""
    server = get(tables, SERVER, number)
    rank = 0
    for other in range(server.first_port, server.first_port + server.ports):
        if get(tables, PORT, other).free_at < get(tables, PORT, chosen).free_at:
            rank += 1
    return rank


@kernel
def _walk_waiting(tables, number):
    """Requests that wait; those that do no more go."""
    server = get(tables, SERVER, number)
    now = get(tables, CLOCK, 0).now
    first = number * get(tables, SETTINGS, 0).starts
    while server.starts and get(tables, WAITING, first + server.first_start).begin <= now:
        server.first_start += 1
        server.starts -= 1
    same_word(tables, server.starts)
    first += server.first_start
    for k in range(first, first + server.starts):
        waiting = get(tables, WAITING, k)
        waiting.begin = state_word(tables, CYCLE, waiting.begin)


@kernel
def walk_tiles(tables, plan):
    """Tiles of an operation, and those that must work with them."""
    if plan.lane == NONE:
        return
    _walk_lane(tables, plan.lane, plan)
    for k in range(plan.first_held, plan.first_held + plan.held):
        _walk_lane(tables, get(tables, HELD, k).lane, plan)
    if plan.kind == WRITE:
        _write_on(tables, plan)
        return
    for k in range(plan.first_turn, plan.first_turn + 1 + plan.units):
        same_fraction(tables, get(tables, TURN, k).owed)


@kernel
def _write_on(tables, plan):
    """Writes of whole cycles of which some take one more, each as it comes: no period holds them, but
    nothing waits for them either (`RUN.tight`).
    """
    steady = get(tables, STEADY, 0)
    if steady.walk != SKIP:
        return
    get(tables, LANE, plan.lane).busy += steady.drawn * plan.tiles
    for k in range(plan.first_held, plan.first_held + plan.held):
        held = get(tables, HELD, k)
        get(tables, LANE, held.lane).busy += steady.drawn * held.tiles


@kernel
def _walk_lane(tables, number, plan):
    lane = get(tables, LANE, number)
    writes = plan.kind == WRITE
    if not writes:
        lane.busy = state_word(tables, SUM, lane.busy)
    lane.jobs = state_word(tables, SUM, lane.jobs)
    for k in range(number * CAUSES, (number + 1) * CAUSES):
        stalls = get(tables, STALL, k)
        stalls.cycles = state_word(tables, SUM, stalls.cycles)
        same_word(tables, stalls.mark)
    in_phase = get(tables, PHASE_STALL, number * get(tables, SETTINGS, 0).phases + plan.phase)
    in_phase.cycles = state_word(tables, SUM, in_phase.cycles)
    for k in range(lane.first_unit, lane.first_unit + lane.units):
        unit = get(tables, UNIT, k)
        unit.free_at = due_or(tables, PAST, unit.free_at)
        # writes stand still for nobody: when they did last is not asked
        unit.booked = due_or(tables, PAST if writes else LAST, unit.booked)
        for s in range(unit.first_shared, unit.first_shared + unit.shared):
            tile = get(tables, TILE, get(tables, SHARED, s).tile)
            tile.free_at = due_or(tables, PAST, tile.free_at)
