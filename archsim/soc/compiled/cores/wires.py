"""A link of the network with the slots for packets behind it: `../../network/link.py`."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import shortly
from archsim.soc.compiled.cores.kinds import ALL_TAKEN, LOOK_AGAIN, NO_SLOT, TAKEN
from archsim.soc.compiled.tables import CLOCK, FLOOR, LOOK, SLOT, TRANSIT, WIRE
from archsim.soc.compiled.words import FULL, NONE


@kernel
def is_free(tables, number):
    """Whether a packet that asks now passes at once: nobody is before it, and nothing on the link."""
    wire = get(tables, WIRE, number)
    return wire.asking == 0 and wire.free_at <= get(tables, CLOCK, 0).now


@kernel
def queue_up(tables, number, transit):
    """A packet waits for a link, behind all others."""
    wire = get(tables, WIRE, number)
    get(tables, TRANSIT, transit).next_asking = NONE
    if wire.asking:
        get(tables, TRANSIT, wire.last_asking).next_asking = transit
    else:
        wire.first_asking = transit
    wire.last_asking = transit
    wire.asking += 1
    wire.queue_max = max(wire.queue_max, wire.asking)


@kernel
def unqueue(tables, number, before, transit):
    """A packet that waited passes; `before` is the one ahead of it, or NONE."""
    wire = get(tables, WIRE, number)
    following = get(tables, TRANSIT, transit).next_asking
    if before == NONE:
        wire.first_asking = following
    else:
        get(tables, TRANSIT, before).next_asking = following
    if wire.last_asking == transit:
        wire.last_asking = before
    wire.asking -= 1


@kernel
def slot_behind(tables, number, buffers):
    """A free slot of a class behind a link; NO_SLOT where none is needed."""
    wire = get(tables, WIRE, number)
    if wire.slots == 0:
        return NO_SLOT
    first = wire.first_slot + buffers * wire.slots
    # without a loop for most links: each packet asks at each link
    if _is_open(tables, first):
        return first
    if wire.slots == 1:
        return ALL_TAKEN
    if _is_open(tables, first + 1):
        return first + 1
    if wire.slots == 2:
        return ALL_TAKEN
    return _slot_among(tables, first + 2, first + wire.slots)


@kernel
def _is_open(tables, slot):
    free_from = get(tables, SLOT, slot).free_from
    return free_from > TAKEN and free_from <= get(tables, CLOCK, 0).now


@kernel
def _slot_among(tables, first, end):
    for slot in range(first, end):
        if _is_open(tables, slot):
            return slot
    return ALL_TAKEN


@kernel
def occupy(tables, number, transit, slot):
    """A packet passes the link from now on: when its last word does."""
    wire = get(tables, WIRE, number)
    packet = get(tables, TRANSIT, transit)
    now = get(tables, CLOCK, 0).now
    wire.blocked += max(0, now - max(wire.free_at, packet.since))
    wire.waited += now - packet.since
    return go_through(tables, number, packet, slot)


@kernel
def go_through(tables, number, packet, slot):
    """A packet passes the link, for which it has not waited, or that is counted: when its last word
    does.
    """
    wire = get(tables, WIRE, number)
    now = get(tables, CLOCK, 0).now
    end = max(now + packet.cycles, packet.whole)
    packet.since = NONE
    wire.free_at = end
    wire.busy += end - now
    wire.packets += 1
    wire.flits += packet.flits
    if slot >= 0:
        get(tables, SLOT, slot).free_from = TAKEN
    packet.slot = slot
    return end


@kernel
def cycles_on(tables, number, flits):
    """Cycles that so many flits take of a link, which may be narrower than a flit, or wider."""
    wire = get(tables, WIRE, number)
    flit_bits = get(tables, FLOOR, 0).flit_bits
    if wire.bits == flit_bits:
        return flits
    return -(-flits * flit_bits // wire.bits)


@kernel
def leave_slot(tables, number, slot, cycle):
    """A packet leaves its slot behind a link at a cycle, now or later."""
    if slot >= 0:
        get(tables, SLOT, slot).free_from = cycle
        if get(tables, WIRE, number).asking:
            look_at(tables, number, cycle)


@kernel
def look_at_slots(tables, number, full):
    """Look again when packets that are leaving have left; `full` has a bit for each class."""
    wire = get(tables, WIRE, number)
    now = get(tables, CLOCK, 0).now
    buffers = 0
    while full >> buffers:
        if (full >> buffers) & 1:
            first = wire.first_slot + buffers * wire.slots
            for k in range(first, first + wire.slots):
                free_from = get(tables, SLOT, k).free_from
                if free_from > now:
                    look_at(tables, number, free_from)
        buffers += 1


@kernel
def look_at(tables, number, cycle):
    """Look again at a cycle, once."""
    wire = get(tables, WIRE, number)
    cycle = max(cycle, get(tables, CLOCK, 0).now)
    if wire.looks and not _is_another(tables, number, cycle):
        return
    get(tables, LOOK, wire.first_look + wire.looks).at_cycle = cycle
    wire.looks += 1
    shortly(tables, LOOK_AGAIN, number, cycle - get(tables, CLOCK, 0).now)


@kernel
def _is_another(tables, number, cycle):
    """Whether a link does not look at a cycle yet, and has room to remember it."""
    wire = get(tables, WIRE, number)
    for k in range(wire.first_look, wire.first_look + wire.looks):
        if get(tables, LOOK, k).at_cycle == cycle:
            return False
    if wire.looks == get(tables, FLOOR, 0).waits_of_link:
        get(tables, CLOCK, 0).fault = FULL
        return False
    return True


@kernel
def looked(tables, number):
    """The look of this cycle is over."""
    wire = get(tables, WIRE, number)
    if wire.looks == 1:
        wire.looks = 0
    else:
        _looked_of_many(tables, number)


@kernel
def _looked_of_many(tables, number):
    wire = get(tables, WIRE, number)
    now = get(tables, CLOCK, 0).now
    last = wire.first_look + wire.looks - 1
    for k in range(wire.first_look, last + 1):
        if get(tables, LOOK, k).at_cycle == now:
            get(tables, LOOK, k).at_cycle = get(tables, LOOK, last).at_cycle
            wire.looks -= 1
            return
