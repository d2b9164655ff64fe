"""A packet on its way through the links of a tree: `../../network/packet.py`."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import shortly
from archsim.soc.compiled.cores.arriving import message_is_there
from archsim.soc.compiled.cores.kinds import ALL_TAKEN, HEAD, NO_SLOT
from archsim.soc.compiled.cores.wires import (
    cycles_on,
    go_through,
    is_free,
    leave_slot,
    look_at,
    look_at_slots,
    looked,
    occupy,
    queue_up,
    slot_behind,
    unqueue,
)
from archsim.soc.compiled.tables import BRANCH, CLOCK, FLOOR, SENDING, TRANSIT, WIRE
from archsim.soc.compiled.words import FULL, NONE


@kernel
def stand_at(tables, sending, branch, flits, before, whole):
    """A packet stands at the link of a branch, its last word there at cycle `whole` at the earliest.

    Its slot in front of that link is free when its last word has left on all links that lead on from
    there: `left` counts them.
    """
    floor = get(tables, FLOOR, 0)
    number = floor.free_transit
    if number != NONE:
        floor.free_transit = get(tables, TRANSIT, number).next_asking
    elif floor.transits_made < floor.transits:
        number = floor.transits_made
        floor.transits_made += 1
    else:
        get(tables, CLOCK, 0).fault = FULL
        return
    way = get(tables, BRANCH, branch)
    packet = get(tables, TRANSIT, number)
    packet.sending = sending
    packet.branch = branch
    packet.flits = flits
    packet.before = before
    packet.left = way.onward
    packet.leaves_at = 0
    packet.slot = NO_SLOT
    packet.since = get(tables, CLOCK, 0).now
    packet.whole = whole
    packet.cycles = cycles_on(tables, way.wire, flits)
    if is_free(tables, way.wire):
        slot = slot_behind(tables, way.wire, way.buffers)
        if slot != ALL_TAKEN:
            _pass(tables, number, slot)
            return
    queue_up(tables, way.wire, number)
    serve_wire(tables, way.wire)


@kernel
def serve_wire(tables, number):
    """The first packet that waits and has a slot passes; of a class without one all stay."""
    wire = get(tables, WIRE, number)
    if wire.free_at > get(tables, CLOCK, 0).now:
        look_at(tables, number, wire.free_at)
        return
    first = wire.first_asking
    slot = slot_behind(
        tables, number, get(tables, BRANCH, get(tables, TRANSIT, first).branch).buffers
    )
    if slot != ALL_TAKEN:
        _pass_first(tables, number, NONE, first, slot)
    elif get(tables, FLOOR, 0).classes == 1:
        look_at_slots(tables, number, 1)
    else:
        _serve_any(tables, number)


@kernel
def _serve_any(tables, number):
    """The first packet of a class that has a slot passes."""
    wire = get(tables, WIRE, number)
    full = 0
    every_class = (1 << get(tables, FLOOR, 0).classes) - 1
    before = NONE
    transit = wire.first_asking
    for _ in range(wire.asking):
        buffers = get(tables, BRANCH, get(tables, TRANSIT, transit).branch).buffers
        if not (full >> buffers) & 1:
            slot = slot_behind(tables, number, buffers)
            if slot != ALL_TAKEN:
                _pass_first(tables, number, before, transit, slot)
                return
            full |= 1 << buffers
            if full == every_class:  # thousands may wait behind
                break
        before = transit
        transit = get(tables, TRANSIT, transit).next_asking
    look_at_slots(tables, number, full)


@kernel
def _pass_first(tables, number, before, transit, slot):
    """A packet that waited passes; `before` is the one ahead of it, or NONE."""
    wire = get(tables, WIRE, number)
    unqueue(tables, number, before, transit)
    _pass(tables, transit, slot)
    if wire.asking:
        look_at(tables, number, wire.free_at)


@kernel
def look_again(tables, number):
    """A link looks whether somebody who waits can pass."""
    looked(tables, number)
    if get(tables, WIRE, number).asking:
        serve_wire(tables, number)


@kernel
def _pass(tables, number, slot):
    """Pass the link; the head goes on while the rest follows."""
    packet = get(tables, TRANSIT, number)
    way = get(tables, BRANCH, packet.branch)
    end = occupy(tables, way.wire, number, slot)
    if packet.before != NONE:
        _leave(tables, packet.before, end)
        packet.before = NONE  # whose record may soon be another's
    delay = get(tables, WIRE, way.wire).delay
    if way.onward == 0:
        sending = packet.sending
        _forget(tables, number)
        _arrive(tables, sending, end + delay)
        return
    packet.whole = end + delay
    shortly(tables, HEAD, number, delay)


@kernel
def go_on(tables, number):
    """The head of a packet is behind a link, and stands at all that lead on from there."""
    packet = get(tables, TRANSIT, number)
    way = get(tables, BRANCH, packet.branch)
    if way.onward == 1 and _goes_straight_on(tables, number, way):
        return
    # records do not move, but that of this packet may be another's once it has left on all ways
    sending = packet.sending
    flits = packet.flits
    whole = packet.whole
    for branch in range(way.first_onward, way.first_onward + way.onward):
        stand_at(tables, sending, branch, flits, number, whole)


@kernel
def _goes_straight_on(tables, number, way):
    """Whether a packet with one way to go finds the link ahead free: then it passes, which is the same
    as `stand_at`, in one record."""
    ahead = get(tables, BRANCH, way.first_onward)
    if not is_free(tables, ahead.wire):
        return False
    slot = slot_behind(tables, ahead.wire, ahead.buffers)
    if slot == ALL_TAKEN:
        return False
    packet = get(tables, TRANSIT, number)
    behind = packet.slot
    packet.cycles = cycles_on(tables, ahead.wire, packet.flits)
    end = go_through(tables, ahead.wire, packet, slot)
    leave_slot(tables, way.wire, behind, end)
    delay = get(tables, WIRE, ahead.wire).delay
    if ahead.onward == 0:
        sending = packet.sending
        _forget(tables, number)
        _arrive(tables, sending, end + delay)
        return True
    packet.branch = way.first_onward
    packet.before = NONE
    packet.left = ahead.onward
    packet.leaves_at = 0
    packet.whole = end + delay
    shortly(tables, HEAD, number, delay)
    return True


@kernel
def _leave(tables, number, end):
    """The last word leaves on one of the ways at cycle `end`."""
    packet = get(tables, TRANSIT, number)
    packet.left -= 1
    packet.leaves_at = max(packet.leaves_at, end)
    if packet.left == 0:
        wire = get(tables, BRANCH, packet.branch).wire
        leave_slot(tables, wire, packet.slot, packet.leaves_at)
        _forget(tables, number)


@kernel
def _forget(tables, number):
    floor = get(tables, FLOOR, 0)
    get(tables, TRANSIT, number).next_asking = floor.free_transit
    floor.free_transit = number


@kernel
def _arrive(tables, number, cycle):
    """The last word of a packet is at one target."""
    sending = get(tables, SENDING, number)
    sending.left -= 1
    sending.latest = max(sending.latest, cycle)
    if sending.left == 0:
        message_is_there(tables, number, sending.latest)
