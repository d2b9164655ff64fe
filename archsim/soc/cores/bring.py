"""The inputs of an operation come over the network to its cores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.soc.cores.arrival import Arrival
from archsim.soc.feed import Process, wait_for_last_step, wait_for_rows

if TYPE_CHECKING:
    from archsim.soc.cores.start import RunOnCores  # which starts this process


def bring_inputs(on_cores: RunOnCores) -> Process:
    """Ask for the inputs of step after step, as soon as they exist and the core of the step's copy
    has room for them; each copy has `network.outstanding` on their way.

    The place in the input buffer is kept before a message is sent, so that a core takes whatever
    arrives and no packet waits for a core.
    """
    machine = on_cores.machine
    run = on_cores.run
    env = machine.env
    waiting = run.waiting
    operation = run.plan.operation
    previous, passed = machine.turn(operation.name)
    if previous is not None:
        waiting["inputs"] = "the same operation of the image before"
        # The tiles are the same, and so is the order of their results.
        yield previous
    row = max(1, operation.steps_per_row)
    pipelined = bool(run.sources) and machine.pipelined
    for step in range(operation.steps):
        asked = env.now
        if pipelined and step % row == 0:
            yield from wait_for_rows(run, step)
        if operation.sequential and step % operation.parts == 0 and run.arrived() < step:
            yield from wait_for_last_step(run, step)
        # The wait for data that did not exist yet is told apart from that for a busy network: the
        # chip's designer can mend only the latter.
        arrival = Arrival(env.event(), env.now - asked)
        waiting["inputs"] = "room in the input buffer"
        # Room is taken before the messages leave, so the network never holds what a core can't
        # take.
        put = on_cores.arrivals[step % len(on_cores.arrivals)].put(arrival)
        if put is not None:
            yield put
        # Not waited for: as many steps may be on their way as the queue has places.
        _fetch(on_cores, step, arrival)
    waiting.pop("inputs", None)
    passed.succeed()


def _fetch(on_cores: RunOnCores, step: int, arrival: Arrival) -> None:
    """Send the messages of a step; the event of its arrival happens when all are there."""
    machine = on_cores.machine
    env = machine.env
    fetches = on_cores.work.fetches
    messages = fetches[step % len(fetches)]
    left = len(messages)
    latest = env.now

    def one_more(cycle: int) -> None:
        nonlocal left, latest
        left -= 1
        latest = max(latest, cycle)
        if not left:
            on_cores.run.at(latest, arrival.event.succeed)

    if not messages:
        # All it needs is in its core already.
        arrival.event.succeed()
    for message in messages:
        machine.send(message, True, one_more)
