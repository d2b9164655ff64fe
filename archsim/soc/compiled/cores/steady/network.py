"""The network as a part of the state: links, packets and messages on their way.

Records of packets and messages are used again and again, in an order that tells nothing: here they
are named by the order in which the walk finds them.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.cores.steady.copies import owner_name
from archsim.soc.compiled.cores.steady.words import (
    CYCLE,
    LAST,
    PAST,
    SUM,
    later_by_skip,
    same_word,
    state_word,
)
from archsim.soc.compiled.tables import (
    FLOOR,
    FOUND,
    LOOK,
    NAME,
    REACHED_LINK,
    SENDING,
    SLOT,
    STEADY,
    TRANSIT,
    WIRE,
)
from archsim.soc.compiled.words import NONE


@kernel
def packet_name(tables, number):
    """The number of a packet in the order in which the walk finds them; NONE of NONE."""
    if number == NONE:
        return NONE
    return _name(tables, number)


@kernel
def message_name(tables, number):
    """The same of a message that is sent: its record is named behind those of all packets."""
    return _name(tables, get(tables, FLOOR, 0).transits + number)


@kernel
def _name(tables, record):
    steady = get(tables, STEADY, 0)
    name = get(tables, NAME, record)
    if name.found_in != steady.walks:
        name.found_in = steady.walks
        name.found_as = steady.named
        get(tables, FOUND, steady.named).record = record
        steady.named += 1
    return name.found_as


@kernel
def walk_links(tables):
    """Links that the operation reaches, with who asks for them and the slots behind."""
    steady = get(tables, STEADY, 0)
    classes = get(tables, FLOOR, 0).classes
    for k in range(steady.links):
        wire = get(tables, WIRE, get(tables, REACHED_LINK, k).link_reached)
        same_word(tables, wire.asking)
        # for cycles that a packet stood at a free link it counts since when that was free
        kind = LAST if wire.asking else PAST
        wire.free_at = state_word(tables, kind, wire.free_at)
        wire.busy = state_word(tables, SUM, wire.busy)
        wire.packets = state_word(tables, SUM, wire.packets)
        wire.flits = state_word(tables, SUM, wire.flits)
        wire.waited = state_word(tables, SUM, wire.waited)
        wire.blocked = state_word(tables, SUM, wire.blocked)
        same_word(tables, wire.queue_max)
        transit = wire.first_asking
        for _ in range(wire.asking):
            same_word(tables, packet_name(tables, transit))
            transit = get(tables, TRANSIT, transit).next_asking
        for s in range(wire.first_slot, wire.first_slot + wire.slots * classes):
            slot = get(tables, SLOT, s)
            slot.free_from = state_word(tables, PAST, slot.free_from)
        # each is an event that is due then, which is compared
        for s in range(wire.first_look, wire.first_look + wire.looks):
            look = get(tables, LOOK, s)
            look.at_cycle = later_by_skip(tables, look.at_cycle)


@kernel
def walk_found(tables):
    """Packets and messages that were found, and those that are found from them."""
    steady = get(tables, STEADY, 0)
    packets = get(tables, FLOOR, 0).transits
    k = 0
    while k < steady.named:
        record = get(tables, FOUND, k).record
        if record < packets:
            _walk_packet(tables, record)
        else:
            _walk_message(tables, record - packets)
        k += 1


@kernel
def _walk_packet(tables, number):
    packet = get(tables, TRANSIT, number)
    same_word(tables, message_name(tables, packet.sending))
    same_word(tables, packet.branch)
    same_word(tables, packet.flits)
    same_word(tables, packet_name(tables, packet.before))
    same_word(tables, packet.left)
    packet.leaves_at = state_word(tables, PAST, packet.leaves_at)
    same_word(tables, packet.slot)
    if packet.since == NONE:  # it waits no more
        same_word(tables, NONE)
    else:
        packet.since = state_word(tables, CYCLE, packet.since)
    same_word(tables, packet.cycles)
    packet.whole = state_word(tables, PAST, packet.whole)


@kernel
def _walk_message(tables, number):
    sending = get(tables, SENDING, number)
    same_word(tables, sending.message)
    same_word(tables, sending.to_process)
    same_word(tables, owner_name(tables, sending.owner, sending.to_process))
    sending.end = state_word(tables, PAST, sending.end)
    same_word(tables, sending.left)
    if sending.left != NONE:
        sending.latest = state_word(tables, PAST, sending.latest)
