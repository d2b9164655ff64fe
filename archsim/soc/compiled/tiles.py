"""Tiles at work and waiting, as `../lane.py` says."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.tables import (
    CLOCK,
    HELD,
    LANE,
    OPERATION,
    PHASE_STALL,
    SETTINGS,
    SHARED,
    STALL,
    TILE,
    TURN,
    UNIT,
)
from archsim.soc.compiled.words import CAUSES, NONE


@kernel
def ready_at(tables, number, unit, now):
    """When a unit of a lane (NONE: all of them) is free."""
    lane = get(tables, LANE, number)
    first = lane.first_unit if unit == NONE else lane.first_unit + unit
    last = lane.first_unit + lane.units if unit == NONE else first + 1
    for k in range(first, last):
        one = get(tables, UNIT, k)
        now = max(now, one.free_at)
        for s in range(one.first_shared, one.first_shared + one.shared):
            now = max(now, get(tables, TILE, get(tables, SHARED, s).tile).free_at)
    return now


@kernel
def book(tables, number, unit, begin, span, tiles):
    """Take a unit (NONE: all), which is free, from `begin` for `span` cycles."""
    lane = get(tables, LANE, number)
    first = lane.first_unit if unit == NONE else lane.first_unit + unit
    last = lane.first_unit + lane.units if unit == NONE else first + 1
    end = begin + span
    for k in range(first, last):
        one = get(tables, UNIT, k)
        one.free_at = end
        one.booked = end
        for s in range(one.first_shared, one.first_shared + one.shared):
            get(tables, TILE, get(tables, SHARED, s).tile).free_at = end
    lane.busy += span * tiles


@kernel
def stall(tables, number, cause, unit, since, until, phase):
    """Book the tiles of a unit (NONE: of all) as waiting; tiles that other layers use too are left
    out.
    """
    lane = get(tables, LANE, number)
    first = lane.first_unit if unit == NONE else lane.first_unit + unit
    last = lane.first_unit + lane.units if unit == NONE else first + 1
    each = lane.tiles // lane.units
    for k in range(first, last):
        one = get(tables, UNIT, k)
        begin = max(since, one.booked)
        if until > begin:
            cycles = (until - begin) * (each - one.shared)
            kept = get(tables, STALL, number * CAUSES + cause)
            if kept.mark == 0:
                # results list causes in the order in which they first stalled a tile
                get(tables, CLOCK, 0).marks += 1
                kept.mark = get(tables, CLOCK, 0).marks
            kept.cycles += cycles
            phases = get(tables, SETTINGS, 0).phases
            get(tables, PHASE_STALL, number * phases + phase).cycles += cycles
            one.booked = until


@kernel
def take_tiles(tables, operation, unit, span):
    """Take a unit of the operation's own lane, and with it the lanes of all tiles that must work
    too: when all are free. Returns when they are done.
    """
    plan = get(tables, OPERATION, operation)
    begin = ready_at(tables, plan.lane, unit, get(tables, CLOCK, 0).now)
    for k in range(plan.first_held, plan.first_held + plan.held):
        held = get(tables, HELD, k)
        begin = max(begin, ready_at(tables, held.lane, unit if held.same else NONE, begin))
    book(tables, plan.lane, unit, begin, span, plan.tiles)
    for k in range(plan.first_held, plan.first_held + plan.held):
        held = get(tables, HELD, k)
        book(tables, held.lane, unit if held.same else NONE, begin, span, held.tiles)
    return begin + span


@kernel
def whole_of(tables, turn, amount):
    """The whole part of an amount and of what was left over before; the rest is carried over."""
    kept = get(tables, TURN, turn)
    owed = kept.owed + amount
    # parts that make a whole in exact arithmetic may miss it by a rounding
    whole = int(owed + 1e-9)
    kept.owed = owed - whole
    return whole
