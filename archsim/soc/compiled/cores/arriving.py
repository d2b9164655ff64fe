"""A message is there: `_written` of `../../cores/core_machine.py`, and who waits for it is told."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later, soon
from archsim.soc.compiled.cores.kinds import ARRIVING, THERE
from archsim.soc.compiled.progress import wake_at
from archsim.soc.compiled.servers import take
from archsim.soc.compiled.tables import ARRIVAL, CLOCK, CROSSING, FLOOR, MESSAGE, SENDING, WRITING
from archsim.soc.compiled.words import AGELESS


@kernel
def message_is_there(tables, number, cycle):
    """The last packet of a message is at the last of its targets at a cycle, now or later."""
    sending = get(tables, SENDING, number)
    message = get(tables, MESSAGE, sending.message)
    now = get(tables, CLOCK, 0).now
    cycle = max(cycle, sending.end)
    for k in range(message.first_writing, message.first_writing + message.writings):
        writing = get(tables, WRITING, k)
        # its words were written as they came, as far as the port was free
        ready = max(now, cycle - writing.write_cycles)
        _, end = take(tables, writing.writer, ready, writing.write_cycles, AGELESS)
        cycle = max(cycle, end)
    floor = get(tables, FLOOR, 0)
    sending.next_free = floor.free_sending
    floor.free_sending = number
    tell(tables, sending.owner, sending.to_process, cycle)


@kernel
def tell(tables, owner, to_process, cycle):
    """One message more is there at a cycle: of a crossing, the process goes on when all are; of the
    inputs of a step, their arrival is an event."""
    now = get(tables, CLOCK, 0).now
    if to_process:
        crossing = get(tables, CROSSING, owner - get(tables, FLOOR, 0).over_first)
        crossing.to_come -= 1
        crossing.latest = max(crossing.latest, cycle)
        if crossing.to_come == 0:
            wake_at(tables, crossing.latest, owner)
        return
    arrival = get(tables, ARRIVAL, owner)
    arrival.to_come -= 1
    arrival.latest = max(arrival.latest, cycle)
    if arrival.to_come == 0:
        if arrival.latest > now:
            later(tables, ARRIVING, owner, arrival.latest - now)
        else:
            soon(tables, THERE, owner)
