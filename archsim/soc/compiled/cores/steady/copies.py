"""The copies of an operation as a part of the state: who feeds them, works on them and takes their
results, and the steps that cross the network.

Arrivals and crossings lie in rings, in which steps take turns: here they are named by how many turns
they are behind the next one.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.cores.bring import FETCH_INPUTS as ASKS_FOR_ROOM
from archsim.soc.compiled.cores.bring import MORE_ARRIVALS
from archsim.soc.compiled.cores.feed_unit import COMING as WAITS_FOR_STEP
from archsim.soc.compiled.cores.feed_unit import PASS as WAITS_FOR_INPUTS
from archsim.soc.compiled.cores.steady.words import (
    CYCLE,
    PAST,
    SKIP,
    STEPS,
    TURNS,
    later_by_skip,
    same_word,
    state_word,
)
from archsim.soc.compiled.tables import (
    ARRIVAL,
    COPY,
    CROSSING,
    CROSSINGS,
    FLOOR,
    JOB,
    OPERATION,
    PROCESS,
    QUEUE,
    RUN,
    SETTINGS,
    STEADY,
)
from archsim.soc.compiled.unit import WORK as WAITS_FOR_JOB
from archsim.soc.compiled.words import NONE, ON_TILES, WRITE


@kernel
def process_name(tables, number):
    """The number of a process; of one that crosses the network its turn."""
    floor = get(tables, FLOOR, 0)
    if number < floor.over_first:
        return number
    each = floor.outstanding + 1
    lane = (number - floor.over_first) // each
    turn = number - floor.over_first - lane * each
    name = (turn - _next_crossing(tables, lane)) % each
    return floor.over_first + lane * each + name


@kernel
def _next_crossing(tables, lane):
    """The turn of the crossing that comes next of a copy."""
    most_units = get(tables, SETTINGS, 0).most_units
    number = lane // most_units
    drain = number * get(tables, FLOOR, 0).width + 3 + 3 * (lane % most_units)
    return get(tables, PROCESS, drain).number - get(tables, RUN, number).skipped_turns


@kernel
def arrival_name(tables, one):
    """The turn of an arrival, behind those of all copies before its own."""
    floor = get(tables, FLOOR, 0)
    each = floor.outstanding + MORE_ARRIVALS
    lane = one // each
    number = lane // get(tables, SETTINGS, 0).most_units
    turn = one - lane * each
    return lane * each + (turn - _next_arrival(tables, number)) % each


@kernel
def _next_arrival(tables, number):
    """The turn of the arrivals that come next of a run."""
    run = get(tables, RUN, number)
    bring = get(tables, PROCESS, number * get(tables, FLOOR, 0).width)
    return bring.number // get(tables, OPERATION, run.operation).units - run.skipped_turns


@kernel
def owner_name(tables, owner, to_process):
    """Who waits for a message: a process, or an arrival."""
    if to_process:
        return process_name(tables, owner)
    return arrival_name(tables, owner)


@kernel
def walk_copies(tables, number):
    """All processes of a run, with their queues, arrivals and crossings."""
    run = get(tables, RUN, number)
    plan = get(tables, OPERATION, run.operation)
    first = number * get(tables, FLOOR, 0).width
    _walk_bring(tables, first)
    # so that the rings stand still while the numbers of steps move on
    steady = get(tables, STEADY, 0)
    if steady.walk == SKIP:
        run.skipped_turns += steady.periods * steady.steps // plan.units
    for unit in range(plan.units):
        feed = first + 1 + 3 * unit
        _walk_arrivals(tables, number, unit)
        _walk_feed(tables, feed)
        if plan.kind == ON_TILES:
            _walk_unit(tables, feed + 1)
        _walk_drain(tables, feed + 2)
        busy = plan.kind == WRITE and get(tables, QUEUE, feed + 2).taker == NONE
        if busy and not steady.silent:
            steady.differs = 1  # what is on the tiles takes another time a period later
        work = get(tables, COPY, plan.first_copy + unit)
        if work.exchanges or work.returns:
            _walk_crossings(tables, number, unit)


@kernel
def _walk_bring(tables, number):
    bring = get(tables, PROCESS, number)
    same_word(tables, bring.state)
    bring.number = state_word(tables, STEPS, bring.number)
    same_word(tables, bring.source)
    if bring.state == ASKS_FOR_ROOM:
        same_word(tables, bring.dependency)
        same_word(tables, arrival_name(tables, bring.count))
    else:
        bring.since = state_word(tables, CYCLE, bring.since)


@kernel
def _walk_queue(tables, number):
    """A queue but for its jobs."""
    queue = get(tables, QUEUE, number)
    same_word(tables, queue.capacity)
    same_word(tables, queue.size)
    same_word(tables, queue.taker)
    same_word(tables, queue.first_giver)


@kernel
def _job_in(tables, number, k):
    """Which job is behind `k` others of a queue."""
    queue = get(tables, QUEUE, number)
    return queue.offset + (queue.first + k) % queue.room


@kernel
def _walk_feed(tables, number):
    feed = get(tables, PROCESS, number)
    same_word(tables, feed.state)
    feed.number = state_word(tables, TURNS, feed.number)
    if feed.state != WAITS_FOR_STEP:
        same_word(tables, feed.dependency)
    if feed.state == WAITS_FOR_INPUTS:
        same_word(tables, arrival_name(tables, feed.count))
    _walk_queue(tables, number)
    for k in range(get(tables, QUEUE, number).size):
        job = get(tables, JOB, _job_in(tables, number, k))
        same_word(tables, arrival_name(tables, job.count))
        same_word(tables, job.dependency)


@kernel
def _walk_unit(tables, number):
    """A unit at work; when a job was put into its queue is not asked."""
    unit = get(tables, PROCESS, number)
    same_word(tables, unit.state)
    unit.number = state_word(tables, TURNS, unit.number)
    if unit.state == WAITS_FOR_JOB:
        unit.since = state_word(tables, CYCLE, unit.since)
    else:
        unit.end = state_word(tables, CYCLE, unit.end)
        unit.ready_at = later_by_skip(tables, unit.ready_at)  # follows from its end
    _walk_queue(tables, number)
    for k in range(get(tables, QUEUE, number).size):
        same_word(tables, get(tables, JOB, _job_in(tables, number, k)).dependency)


@kernel
def _walk_drain(tables, number):
    """Who takes the results of a unit; its own next cycle is an event."""
    drain = get(tables, PROCESS, number)
    same_word(tables, drain.state)
    drain.number = state_word(tables, TURNS, drain.number)
    drain.before = state_word(tables, PAST, drain.before)
    _walk_queue(tables, number)
    for k in range(get(tables, QUEUE, number).size):
        job = get(tables, JOB, _job_in(tables, number, k))
        job.ready_at = state_word(tables, PAST, job.ready_at)


@kernel
def _walk_arrivals(tables, number, unit):
    each = get(tables, FLOOR, 0).outstanding + MORE_ARRIVALS
    first = (number * get(tables, SETTINGS, 0).most_units + unit) * each
    for k in range(each):
        one = first + (_next_arrival(tables, number) + k) % each
        arrival = get(tables, ARRIVAL, one)
        same_word(tables, arrival.there)
        if arrival.there:
            continue
        same_word(tables, arrival.waiter)
        same_word(tables, arrival.to_come)
        if arrival.to_come:
            arrival.latest = state_word(tables, PAST, arrival.latest)


@kernel
def _walk_crossings(tables, number, unit):
    floor = get(tables, FLOOR, 0)
    each = floor.outstanding + 1
    lane = number * get(tables, SETTINGS, 0).most_units + unit
    of_copy = get(tables, CROSSINGS, lane)
    same_word(tables, of_copy.under_way)
    same_word(tables, of_copy.wants_room)
    same_word(tables, process_name(tables, of_copy.newest))
    for k in range(each):
        turn = lane * each + (_next_crossing(tables, lane) + k) % each
        crossing = get(tables, CROSSING, turn)
        process = get(tables, PROCESS, floor.over_first + turn)
        same_word(tables, crossing.turned)
        if crossing.turned:  # all that the one behind it asks for
            continue
        same_word(tables, process.state)
        same_word(tables, process.count)
        same_word(tables, process_name(tables, crossing.previous))
        same_word(tables, process_name(tables, crossing.waiter))
        same_word(tables, crossing.to_come)
        if crossing.to_come:
            crossing.latest = state_word(tables, PAST, crossing.latest)
