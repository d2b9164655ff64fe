"""The results of an operation on their way from the tiles: `../drain.py`, state by state."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later
from archsim.soc.compiled.ending import end_run
from archsim.soc.compiled.gates import ask, hold, leave, pass_behind
from archsim.soc.compiled.handover import release, take_or_wait
from archsim.soc.compiled.progress import advance, end_process
from archsim.soc.compiled.servers import pass_way
from archsim.soc.compiled.tables import CLOCK, OPERATION, PROCESS, QUEUE, RUN, STATION
from archsim.soc.compiled.tiles import take_tiles, whole_of
from archsim.soc.compiled.words import NONE, RESUME, UP, WRITE

# What a drain does next.
BEGIN = 0
NEXT_JOB = 1
TAKEN = 2
RELEASE_EARLY = 3
READY = 4
STREAM = 5
HOLD = 6
LEAVE = 7
LEFT = 8
RELEASE = 9
FOLLOW = 10
LAST_RESULT = 11
END = 12


@kernel
def drain(tables, number):
    """Go on until there is something to wait for."""
    process = get(tables, PROCESS, number)
    queue = get(tables, QUEUE, number)
    run = get(tables, RUN, process.run)
    plan = get(tables, OPERATION, run.operation)
    now = get(tables, CLOCK, 0).now
    while True:
        if process.state == BEGIN:
            process.before = now
            process.state = NEXT_JOB
        elif process.state == NEXT_JOB:
            process.state = TAKEN
            if process.number == plan.jobs:
                process.state = LAST_RESULT
            elif not take_or_wait(tables, number):
                return
        elif process.state == TAKEN:
            process.state = READY
            if plan.kind == WRITE:
                span = whole_of(tables, plan.first_turn, plan.write_cycles)
                process.ready_at = take_tiles(tables, run.operation, NONE, span)
            if queue.kept and process.ready_at >= queue.until:
                process.state = RELEASE_EARLY
                later(tables, RESUME, number, queue.until - now)
                return
        elif process.state == RELEASE_EARLY:
            process.state = READY
            release(tables, number)
        elif process.state == READY:
            process.state = STREAM
            if process.ready_at > now:
                later(tables, RESUME, number, process.ready_at - now)
                return
        elif STREAM <= process.state <= LEAVE:
            if not _stream(tables, number):
                return
            process.state = LEFT
            if queue.kept:
                process.state = RELEASE
                if queue.until > now:
                    later(tables, RESUME, number, queue.until - now)
                    return
        elif process.state == RELEASE:
            process.state = LEFT
            release(tables, number)
        elif process.state == LEFT:
            queue.until = process.before
            process.state = FOLLOW
            if process.begin > now:
                later(tables, RESUME, number, process.begin - now)
                return
        elif process.state == FOLLOW:
            process.number += 1
            process.state = NEXT_JOB
        elif process.state == LAST_RESULT:
            process.state = END
            if run.last_result > now:
                later(tables, RESUME, number, run.last_result - now)
                return
        else:
            end_run(tables, process.run)
            end_process(tables, number)
            return


@kernel
def _stream(tables, number):
    """Through the stations on the way up; False while the result is in a resource that lets results
    leave first, which is then the first of them.
    """
    process = get(tables, PROCESS, number)
    run = get(tables, RUN, process.run)
    plan = get(tables, OPERATION, run.operation)
    first = plan.up_first
    if process.state == STREAM:
        if plan.up_gate == NONE:
            left, done = pass_way(tables, first, plan.up_count, process.count, plan.wires, run.age)
            _left(tables, number, left, done)
            return True
        process.state = HOLD
        process.done = get(tables, CLOCK, 0).now
        ask(tables, number, plan.up_gate, UP)
        return False
    if process.state == HOLD:
        process.state = LEAVE
        last = first + plan.up_count
        pass_behind(tables, number, first + 1, last, process.count, plan.wires)
        duration = get(tables, STATION, first).cycles * process.count
        hold(tables, number, plan.up_gate, duration)
        return False
    leave(tables, number, plan.up_gate)
    _left(tables, number, get(tables, CLOCK, 0).now, process.done)
    return True


@kernel
def _left(tables, number, left, done):
    """The next result follows as soon as this one has left the first server, but only two are under
    way.
    """
    process = get(tables, PROCESS, number)
    run = get(tables, RUN, process.run)
    process.begin = max(left, process.before)
    process.before = max(process.before, done)
    run.last_result = process.before + get(tables, OPERATION, run.operation).wires
    advance(tables, process.run, process.count)
