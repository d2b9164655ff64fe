"""How far the results of an operation have come, and who waits for them, as in
`../operation_run.py`.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import copy, get
from archsim.soc.compiled.calendar import later, soon
from archsim.soc.compiled.tables import (
    CLOCK,
    ENDED,
    LINK,
    OPERATION,
    POOL,
    PROCESS,
    RESULT,
    RUN,
    SETTINGS,
    SOURCE,
    TURN,
    WAKE_FOR,
)
from archsim.soc.compiled.words import ALL_ROWS, FULL, NONE, RESUME, WAKE, WINDOW


@kernel
def rows_done(tables, operation, steps):
    """Finished output rows after so many steps."""
    plan = get(tables, OPERATION, operation)
    if steps >= plan.steps:
        return plan.rows_out
    if plan.steps_per_row == 0:
        return 0
    rows = steps // plan.steps_per_row
    for k in range(plan.first_pool, plan.first_pool + plan.pools):
        pool = get(tables, POOL, k)
        made = (rows + pool.padding - pool.extent) // pool.stride + 1
        rows = max(0, min(pool.limit, made))
    return rows


@kernel
def rows_needed(tables, source, row):
    """Rows of a source that a row of an operation needs."""
    way = get(tables, SOURCE, source)
    if way.need == ALL_ROWS:  # more than partial progress can give: the end of the operation
        return way.rows_out + 1
    if way.need == WINDOW:
        return max(0, min(way.rows_out, row * way.stride + way.extent - way.padding))
    return row + 1


@kernel
def wait_for_row(tables, number, link, rows):
    """True where so many rows of the source are finished; else the process is resumed when they
    are.
    """
    settings = get(tables, SETTINGS, 0)
    source = get(tables, LINK, get(tables, PROCESS, number).run * settings.links + link)
    run = get(tables, RUN, source.run)
    if run.age != source.age or run.ended >= 0:
        return True
    operation = run.operation
    if get(tables, OPERATION, operation).steps_per_row and rows <= rows_done(
        tables, operation, run.steps
    ):
        if rows <= rows_done(tables, operation, arrived(tables, source.run)):
            return True
        for k in range(run.comings):
            result = _result(tables, source.run, k)
            if rows <= rows_done(tables, operation, result.steps):
                later(tables, RESUME, number, result.cycle - get(tables, CLOCK, 0).now)
                return False
    if run.wakes == settings.wakes:
        get(tables, CLOCK, 0).fault = FULL
        return False
    wake = get(tables, WAKE_FOR, source.run * settings.wakes + run.wakes)
    wake.rows = rows
    wake.process = number
    run.wakes += 1
    return False


@kernel
def wait_for_rows(tables, number, row):
    """False where what a row needs of a source, from the one on that the process looked at last, is
    not there; the process is resumed when it is.
    """
    process = get(tables, PROCESS, number)
    links = get(tables, SETTINGS, 0).links
    while process.source < get(tables, RUN, process.run).sources:
        link = process.source
        process.source += 1  # whoever comes back has waited for this one
        source = get(tables, LINK, process.run * links + link).source
        if not wait_for_row(tables, number, link, rows_needed(tables, source, row)):
            return False
    return True


@kernel
def arrived(tables, number):
    """Steps whose results are through."""
    run = get(tables, RUN, number)
    now = get(tables, CLOCK, 0).now
    while run.comings and _result(tables, number, 0).cycle < now:
        run.through = _result(tables, number, 0).steps
        run.first_coming += 1
        run.comings -= 1
    return run.through


@kernel
def newest_through(tables, number):
    """The cycle in which the newest result on its way is through."""
    return _result(tables, number, get(tables, RUN, number).comings - 1).cycle


@kernel
def wait_for_results(tables, number, step, again):
    """False where results of its own run before a step are not through; the process is resumed when
    the next one is and looks once more, in state `again`, or when the newest on its way is, and goes on.
    """
    process = get(tables, PROCESS, number)
    if arrived(tables, process.run) >= step:
        return True
    run = get(tables, RUN, process.run)
    if run.steps < step:
        run.progress = number
        process.state = again
        return False
    now = get(tables, CLOCK, 0).now
    later(tables, RESUME, number, newest_through(tables, process.run) - now)
    return False


@kernel
def _result(tables, number, k):
    """The result of a run that is through after `k` others."""
    size = get(tables, SETTINGS, 0).results
    k += get(tables, RUN, number).first_coming
    return get(tables, RESULT, number * size + (k & (size - 1)))


@kernel
def advance(tables, number, count):
    """Results are on their last way, through at cycle `last_result`: whoever waits for them goes on
    then.
    """
    run = get(tables, RUN, number)
    run.steps += count
    run.jobs += 1
    size = get(tables, SETTINGS, 0).results
    if run.comings == size:
        arrived(tables, number)
    if run.comings == size:
        get(tables, CLOCK, 0).fault = FULL
        return
    result = _result(tables, number, run.comings)
    result.cycle = run.last_result
    result.steps = run.steps
    run.comings += 1
    if run.progress != NONE:
        wake_at(tables, run.last_result, run.progress)
        run.progress = NONE
    if run.wakes:
        _wake_for_rows(tables, number)


@kernel
def _wake_for_rows(tables, number):
    run = get(tables, RUN, number)
    first = number * get(tables, SETTINGS, 0).wakes
    rows = rows_done(tables, run.operation, run.steps)
    kept = 0
    for k in range(run.wakes):
        wake = get(tables, WAKE_FOR, first + k)
        if wake.rows <= rows:
            wake_at(tables, run.last_result, wake.process)
        else:
            copy(get(tables, WAKE_FOR, first + kept), wake)
            kept += 1
    run.wakes = kept


@kernel
def wake_at(tables, cycle, process):
    """Resume a process at a cycle, now or later, after what is due then already."""
    now = get(tables, CLOCK, 0).now
    if cycle > now:
        later(tables, WAKE, process, cycle - now)
    else:
        soon(tables, RESUME, process)


@kernel
def wait_for_turn(tables, number, turn):
    """Successive images pass something one after the other: False where an earlier one has not."""
    kept = get(tables, TURN, turn)
    process = get(tables, PROCESS, number)
    process.turn = turn
    process.successor = NONE
    waits = kept.last != NONE and not kept.passed
    if waits:
        get(tables, PROCESS, kept.last).successor = number
    kept.last = number
    kept.passed = 0
    return not waits


@kernel
def pass_turn(tables, number):
    """The next image may pass."""
    process = get(tables, PROCESS, number)
    kept = get(tables, TURN, process.turn)
    if kept.last == number:
        kept.passed = 1
    else:
        soon(tables, RESUME, process.successor)


@kernel
def end_process(tables, number):
    """A process is over."""
    leave_run(tables, get(tables, PROCESS, number).run)


@kernel
def leave_run(tables, run_number):
    """One thing less of a run is alive; the record of a run of which nothing is is used again, but not
    in this cycle, in which events of it may still be due.
    """
    run = get(tables, RUN, run_number)
    run.alive -= 1
    if run.alive == 0:
        clock = get(tables, CLOCK, 0)
        get(tables, ENDED, clock.ended_runs).ended = run_number
        clock.ended_runs += 1
