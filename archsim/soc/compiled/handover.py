"""Bounded queues between the processes of an operation, as `../queues.py` says, event for event.

A queue has the number of the process that takes from it; who gives waits with the job in its own
record.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import soon
from archsim.soc.compiled.tables import CLOCK, JOB, PROCESS, QUEUE
from archsim.soc.compiled.words import ADMIT, NONE, PLACED, SERVE, TAKEN


@kernel
def put(tables, number, giver):
    """Give the job that the process holds to a queue; False where it waits for room until it is
    resumed.
    """
    queue = get(tables, QUEUE, number)
    process = get(tables, PROCESS, giver)
    if queue.first_giver == NONE and queue.size < queue.capacity:
        _append(tables, number, giver)
        if queue.taker != NONE:
            soon(tables, SERVE, number)
        return True
    process.gives_to = number
    process.next_giver = NONE
    if queue.first_giver == NONE:
        queue.first_giver = giver
    else:
        get(tables, PROCESS, queue.last_giver).next_giver = giver
    queue.last_giver = giver
    admit(tables, number)
    return False


@kernel
def take_or_wait(tables, number):
    """Let the taker of a queue hold the first job; False where it waits for one until it is
    resumed.
    """
    queue = get(tables, QUEUE, number)
    if queue.size:
        if queue.first_giver != NONE:
            soon(tables, ADMIT, number)
        _pop(tables, number)
        return True
    queue.taker = number
    return False


@kernel
def serve(tables, number):
    """Give the first item to who waits for one."""
    queue = get(tables, QUEUE, number)
    if queue.taker != NONE and queue.size:
        queue.taker = NONE
        soon(tables, TAKEN, number)
        _pop(tables, number)


@kernel
def admit(tables, number):
    """Let the first giver in, where there is room."""
    queue = get(tables, QUEUE, number)
    giver = queue.first_giver
    if giver != NONE and queue.size < queue.capacity:
        queue.first_giver = get(tables, PROCESS, giver).next_giver
        _append(tables, number, giver)
        soon(tables, PLACED, giver)


@kernel
def release(tables, number):
    """Give the room of a result that left early to the next one."""
    queue = get(tables, QUEUE, number)
    queue.kept = 0
    queue.capacity += 1
    admit(tables, number)


@kernel
def _append(tables, number, giver):
    queue = get(tables, QUEUE, number)
    process = get(tables, PROCESS, giver)
    at = queue.first + queue.size
    if at >= queue.room:
        at -= queue.room
    job = get(tables, JOB, queue.offset + at)
    job.count = process.count
    job.dependency = process.dependency
    job.ready_at = process.ready_at
    queue.size += 1


@kernel
def _pop(tables, number):
    """The taker holds the first job. A result that leaves before cycle `until` keeps its room."""
    queue = get(tables, QUEUE, number)
    process = get(tables, PROCESS, number)
    job = get(tables, JOB, queue.offset + queue.first)
    process.count = job.count
    process.dependency = job.dependency
    process.ready_at = job.ready_at
    queue.first += 1
    if queue.first == queue.room:
        queue.first = 0
    queue.size -= 1
    if queue.until > get(tables, CLOCK, 0).now:  # of a queue of inputs: always 0
        queue.kept = 1
        queue.capacity -= 1
