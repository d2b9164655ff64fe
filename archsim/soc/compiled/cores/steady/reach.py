"""Which servers and links an operation asks: the others stand still while it has the chip to itself."""

from __future__ import annotations

from archsim.kernels.compiled import kernel
from archsim.soc.compiled.access import get
from archsim.soc.compiled.tables import (
    BRANCH,
    COPY,
    CORE_STATION,
    CORE_STEP,
    FETCH,
    MESSAGE,
    OPERATION,
    REACHED_LINK,
    REACHED_SERVER,
    SERVER,
    STEADY,
    WIRE,
    WRITING,
)
from archsim.soc.compiled.words import NONE


@kernel
def find_reached(tables, number):
    """List the servers and links that an operation asks, each once."""
    plan = get(tables, OPERATION, number)
    steady = get(tables, STEADY, 0)
    steady.reaches += 1
    steady.servers = steady.ports = steady.links = 0
    for k in range(plan.first_fetch, plan.first_fetch + plan.fetches):
        fetch = get(tables, FETCH, k)
        _reach_messages(tables, fetch.first_message, fetch.messages)
    for k in range(plan.first_copy, plan.first_copy + plan.units):
        work = get(tables, COPY, k)
        _reach_messages(tables, work.first_exchange, work.exchanges)
        _reach_messages(tables, work.first_return, work.returns)
        for s in range(work.first_step, work.first_step + work.steps):
            step = get(tables, CORE_STEP, s)
            _reach_stations(tables, step.feed_first, step.feed_count)
            _reach_stations(tables, step.collect_first, step.collect_count)
            _reach_stations(tables, step.finish_first, step.finish_count)


@kernel
def end_at_tiles(tables, number):
    """Whether nothing asks for any part of the chip once a step of an operation is on its tiles."""
    plan = get(tables, OPERATION, number)
    for k in range(plan.first_copy, plan.first_copy + plan.units):
        work = get(tables, COPY, k)
        if work.exchanges or work.returns:
            return False
        for s in range(work.first_step, work.first_step + work.steps):
            step = get(tables, CORE_STEP, s)
            for station in range(step.collect_first, step.collect_first + step.collect_count):
                if get(tables, CORE_STATION, station).cycles:
                    return False
            for station in range(step.finish_first, step.finish_first + step.finish_count):
                if get(tables, CORE_STATION, station).cycles:
                    return False
    return True


@kernel
def _reach_stations(tables, first, count):
    for k in range(first, first + count):
        _reach_server(tables, get(tables, CORE_STATION, k).server)


@kernel
def _reach_server(tables, number):
    server = get(tables, SERVER, number)
    steady = get(tables, STEADY, 0)
    if server.reached != steady.reaches:
        server.reached = steady.reaches
        get(tables, REACHED_SERVER, steady.servers).server_reached = number
        steady.servers += 1
        steady.ports += server.ports


@kernel
def _reach_messages(tables, first, count):
    for k in range(first, first + count):
        message = get(tables, MESSAGE, k)
        _reach_server(tables, message.reader)
        for w in range(message.first_writing, message.first_writing + message.writings):
            _reach_server(tables, get(tables, WRITING, w).writer)
        if message.root != NONE:
            _reach_links(tables, message.root)


@kernel
def _reach_links(tables, root):
    """The links of a tree, whose branches lie one behind the other."""
    steady = get(tables, STEADY, 0)
    branch = root
    end = root + 1
    while branch < end:
        way = get(tables, BRANCH, branch)
        if way.onward:
            end = way.first_onward + way.onward
        wire = get(tables, WIRE, way.wire)
        if wire.reached_by != steady.reaches:
            wire.reached_by = steady.reaches
            get(tables, REACHED_LINK, steady.links).link_reached = way.wire
            steady.links += 1
        branch += 1
