"""A message is read where it lies and sent: `send` of `../../cores/core_machine.py`."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later
from archsim.soc.compiled.cores.arriving import tell
from archsim.soc.compiled.cores.kinds import GO
from archsim.soc.compiled.cores.packets import stand_at
from archsim.soc.compiled.servers import take
from archsim.soc.compiled.tables import CLOCK, FLOOR, MESSAGE, SENDING
from archsim.soc.compiled.words import AGELESS, FULL, NONE


@kernel
def send(tables, number, owner, to_process, stored):
    """Send a message as soon as the memory in which it lies begins to read it; who owns it is told
    when it is there."""
    message = get(tables, MESSAGE, number)
    now = get(tables, CLOCK, 0).now
    begin = end = now
    if stored:
        ready = now + message.read_latency
        begin, end = take(tables, message.reader, ready, message.read_cycles, AGELESS)
    if message.root == NONE:
        tell(tables, owner, to_process, max(now, end))
        return
    one = _new_sending(tables)
    if one == NONE:
        return
    sending = get(tables, SENDING, one)
    sending.message = number
    sending.owner = owner
    sending.to_process = to_process
    sending.end = end
    sending.left = NONE  # its packets are not on their way yet
    if begin > now:
        later(tables, GO, one, begin - now)
    else:
        go(tables, one)


@kernel
def _new_sending(tables):
    floor = get(tables, FLOOR, 0)
    one = floor.free_sending
    if one != NONE:
        floor.free_sending = get(tables, SENDING, one).next_free
    elif floor.sendings_made < floor.sendings:
        one = floor.sendings_made
        floor.sendings_made += 1
    else:
        get(tables, CLOCK, 0).fault = FULL
    return one


@kernel
def go(tables, one):
    """Its packets stand at the way into the network, one behind the other."""
    sending = get(tables, SENDING, one)
    message = get(tables, MESSAGE, sending.message)
    whole_flits = get(tables, FLOOR, 0).packet_flits
    packets = message.packets
    sending.left = message.leaves * packets
    sending.latest = get(tables, CLOCK, 0).now
    # the words of the last packet are read last
    end = sending.end
    for _ in range(packets - 1):
        stand_at(tables, one, message.root, whole_flits, NONE, 0)
    stand_at(tables, one, message.root, message.last_flits, NONE, end)


@kernel
def send_all(tables, first, count, owner, to_process, stored):
    """Send messages in their order."""
    for number in range(first, first + count):
        send(tables, number, owner, to_process, stored)
