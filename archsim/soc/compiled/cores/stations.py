"""A step passes the parts of a core: `pass_stations` of `../../cores/core_servers.py`."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.servers import take
from archsim.soc.compiled.tables import COPY, CORE_STATION, CORE_STEP
from archsim.soc.compiled.words import AGELESS


@kernel
def pass_stations(tables, first, count, ready):
    """The cycle in which the first station asked is done, and the one in which all are."""
    left = 0
    done = ready
    for k in range(first, first + count):
        station = get(tables, CORE_STATION, k)
        if station.cycles:
            ready, end = take(tables, station.server, ready, station.cycles, AGELESS)
            if not left:
                left = end
            done = max(done, end)
        ready += station.delay
        done += station.delay
    return left if left else ready, done


@kernel
def feed_cores(tables, copy, now):
    """Inputs pass the buffers and wires of all cores of a copy: when they have."""
    work = get(tables, COPY, copy)
    done = now
    for k in range(work.first_step, work.first_step + work.steps):
        step = get(tables, CORE_STEP, k)
        _, end = pass_stations(tables, step.feed_first, step.feed_count, now)
        done = max(done, end)
    return done


@kernel
def collect_sums(tables, copy, now):
    """Sums are collected on all cores, and finished where none crosses the network."""
    work = get(tables, COPY, copy)
    left = done = now
    for k in range(work.first_step, work.first_step + work.steps):
        step = get(tables, CORE_STEP, k)
        count = step.collect_count
        if work.exchanges == 0:  # what is finished lies behind what is collected
            count += step.finish_count
        one_left, one_done = pass_stations(tables, step.collect_first, count, now)
        left = max(left, one_left)
        done = max(done, one_done)
    return left, done


@kernel
def finish_sums(tables, copy, now):
    """Results are finished on all cores: when they are."""
    work = get(tables, COPY, copy)
    done = now
    for k in range(work.first_step, work.first_step + work.steps):
        step = get(tables, CORE_STEP, k)
        _, end = pass_stations(tables, step.finish_first, step.finish_count, now)
        done = max(done, end)
    return done
