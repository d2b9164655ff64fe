"""The inputs of an operation on their way to the tiles."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import simpy

from archsim.soc.jobs import Job
from archsim.soc.queues import Queue
from archsim.soc.streams import stream, stream_vectors
from archsim.soc.yielding import Yielding

if TYPE_CHECKING:
    from archsim.soc.operation_run import OperationRun  # which starts this process

Process = Generator[simpy.Event, Any, None]
DOWN = 1
"""Priority of inputs on a medium that lets results leave first."""


def feed_inputs(run: OperationRun, queues: Sequence[Queue[Job]]) -> Process:
    """Wait for the inputs of each step to exist, stream them through the blocks on their way, and
    put them into the queues of the units in turn.
    """
    machine = run.machine
    plan = run.plan
    age = run.age
    env = machine.env
    operation = run.plan.operation
    waiting = run.waiting
    way = run.ways.down
    servers = way.servers
    gate = way.gate
    per_job = plan.per_job
    data = machine.data
    carried = None
    previous, passed = machine.turn(operation.name)
    if previous is not None:
        waiting["feed"] = "the same operation of the image before"
        yield previous
    if plan.latency:
        yield env.timeout(plan.latency)
    row = max(1, operation.steps_per_row)
    pipelined = bool(run.sources) and machine.pipelined
    now = env.now
    for job in range(plan.jobs):
        step = job * per_job
        count = min(per_job, operation.steps - step)
        dependency = 0
        if pipelined and (step % row == 0 or step % row + count > row):
            yield from wait_for_rows(run, step + count - 1)
            dependency = env.now - now
        if operation.sequential and step % operation.parts == 0 and run.arrived() < step:
            yield from wait_for_last_step(run, step)
            dependency = env.now - now
        now += dependency
        rest: Sequence[Yielding] = ()
        durations = way.cycles if count == 1 else way.durations(count)
        if gate is not None:
            ahead, behind = servers[: way.behind], servers[way.behind + 1 :]
            _, done = yield from gate.hold(ahead, behind, durations, DOWN, age=age)
            now = env.now
        elif count > 1 and machine.pipelined:
            done, rest = stream_vectors(servers, durations, count, age)
        else:
            _, done = stream(servers, durations, age=age)
        if done > now:
            yield env.timeout(done - now)
        for words in rest:
            while words.end > env.now:  # older operations have gone first meanwhile
                yield env.timeout(words.end - env.now)
            words.close()
        now = env.now
        if data is not None:
            carried = data.fetch(run, step, count)
        waiting["feed"] = "room in the tile's input queue"
        # Off the tiles nobody works on it before the drain, so that it is ready as it is.
        put = queues[job % len(queues)].put(Job(count, dependency, carried, now))
        if put is not None:
            yield put
            now = env.now
    waiting.pop("feed", None)
    passed.succeed()


def wait_for_rows(run: OperationRun, step: int) -> Process:
    """Wait until the input rows of this step are there."""
    operation = run.plan.operation
    for source in run.sources:
        produced = source.plan.operation
        streams = (
            operation.phase == "forward" == produced.phase
            and operation.steps_per_row
            and produced.rows_out > 1
        )
        row = step // operation.steps_per_row if streams else 0
        if streams and operation.window:
            rows = operation.window.needed(row, produced.rows_out)
        elif streams and produced.rows_out == operation.steps:
            rows = row + 1
        else:
            # more than partial progress can give: the end of the operation
            rows = produced.rows_out + 1
        event = source.rows_ready(rows)
        if event is not None:
            run.waiting["feed"] = f"{source.name} (row {rows} of {produced.rows_out})"
            yield event
    run.waiting.pop("feed", None)


def wait_for_last_step(run: OperationRun, step: int) -> Process:
    """Wait until the results of all steps before this one are through."""
    env = run.machine.env
    run.waiting["feed"] = "its own last step"
    while run.steps_done < step:
        yield run.step_through()
    if run.arrived() < step:
        yield env.timeout(run.newest_through() - env.now)
    run.waiting.pop("feed", None)
