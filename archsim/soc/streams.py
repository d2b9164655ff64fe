"""A job passes several servers, in the order of its data."""

from __future__ import annotations

from collections.abc import Sequence

from archsim.soc.server import Piece, Server
from archsim.soc.yielding import Yielding


def stream(
    servers: Sequence[Server], durations: Sequence[int], wires: int = 0, age: int | None = None
) -> Piece:
    """Stream a job through servers in the order of its data, each for its own duration; `wires`
    cycles lie behind the first.

    Each is taken from its own earliest time, but not before the one ahead of it has begun: words
    pass on as they come, and wait in the job's own register where the next server is still taken.
    Returns the cycle in which the first server asked is done with the job, and the one in which all
    are, both as if there were no wires: the last word is through `wires` later. A server with
    duration 0 is not asked.
    """
    first = servers[0]
    now = ready = done = first.env.now
    left = 0
    for server, duration in zip(servers, durations):
        if duration:
            ready, end = server.take(ready, duration, age)
            if wires and server is not first:
                end -= wires
            if not left:
                left = end
            if end > done:
                done = end
        if wires and server is first:
            ready += wires
    return left or now, done


def stream_vectors(
    servers: Sequence[Server], durations: Sequence[int], vectors: int, age: int
) -> tuple[int, list[Yielding]]:
    """`stream` for a job of several vectors, of which those after the first give way to older
    operations.

    `durations` are those of the job, each a multiple of `vectors`. Returns the cycle in which all
    servers are done with the first vector, and the words after it.
    """
    ready = done = servers[0].env.now
    rest = []
    for server, duration in zip(servers, durations):
        if duration:
            first = duration // vectors
            ready, end = server.take(ready, first, age)
            rest.append(server.take_yielding(end, duration - first, age))
            done = max(done, end)
    return done, rest


def reserve(servers: Sequence[Server], durations: Sequence[int]) -> int:
    """`stream` for a single job: the cycles from now until its last word is through."""
    return stream(servers, durations)[1] - servers[0].env.now
