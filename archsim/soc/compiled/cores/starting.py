"""An operation begins on its cores: `../../cores/start.py`.

Of a run the first process brings inputs; behind it lie three for each copy, which feed its tiles, work
on them and take their results. Those that cross the network are in a part of their own.
"""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.cores.kinds import BRING, DRAIN_UNIT, FEED_UNIT
from archsim.soc.compiled.cores.steady.words import AT_INPUTS, AT_RESULTS, LEAST_STEPS
from archsim.soc.compiled.starting import begin_run, start_process
from archsim.soc.compiled.tables import CONTROL, CROSSINGS, FLOOR, OPERATION, RUN, SETTINGS, STEADY
from archsim.soc.compiled.words import NONE, ON_TILES, UNIT, WRITE


@kernel
def start_on_cores(tables):
    """Put the processes of the run on the event list."""
    control = get(tables, CONTROL, 0)
    number = control.run
    run = get(tables, RUN, number)
    plan = get(tables, OPERATION, run.operation)
    settings = get(tables, SETTINGS, 0)
    floor = get(tables, FLOOR, 0)
    begin_run(tables)
    run.skipped_turns = run.tight = run.searched = 0
    if get(tables, STEADY, 0).enabled and plan.jobs >= LEAST_STEPS:
        run.searched = AT_INPUTS if plan.kind == WRITE else AT_RESULTS
    first = number * floor.width
    on_tiles = plan.kind == ON_TILES
    # its end is one thing more that is alive
    run.alive = 2 + plan.units * (3 if on_tiles else 2)
    start_process(tables, first, BRING, 0, 0, NONE)
    for unit in range(plan.units):
        crossings = get(tables, CROSSINGS, number * settings.most_units + unit)
        crossings.under_way = crossings.wants_room = 0
        crossings.newest = NONE
        feed = first + 1 + 3 * unit
        drain = feed + 2
        if on_tiles:
            start_process(tables, feed, FEED_UNIT, unit, floor.outstanding, feed + 1)
            start_process(tables, feed + 1, UNIT, unit, settings.room, drain)
        else:
            start_process(tables, feed, FEED_UNIT, unit, floor.outstanding, drain)
        start_process(tables, drain, DRAIN_UNIT, unit, plan.capacity, NONE)
