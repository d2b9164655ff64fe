"""The results of a step are where they belong: `through` of `../../cores/start.py`."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.calendar import later
from archsim.soc.compiled.cores.kinds import END
from archsim.soc.compiled.cores.steady.words import AT_RESULTS
from archsim.soc.compiled.ending import end_run
from archsim.soc.compiled.progress import advance, leave_run
from archsim.soc.compiled.tables import CLOCK, OPERATION, RUN


@kernel
def through(tables, number, cycle):
    """The results of a step are through at a cycle, now or later; the run ends with the last ones."""
    run = get(tables, RUN, number)
    now = get(tables, CLOCK, 0).now
    run.last_result = max(run.last_result, cycle)
    advance(tables, number, 1)
    if run.searched == AT_RESULTS:
        get(tables, CLOCK, 0).stepped = number + 1
    if run.jobs == get(tables, OPERATION, run.operation).jobs:
        if run.last_result > now:
            later(tables, END, number, run.last_result - now)
        else:
            end(tables, number)


@kernel
def end(tables, number):
    """The run is over."""
    end_run(tables, number)
    leave_run(tables, number)
