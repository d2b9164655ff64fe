"""What runs in a worker: a batch of points, each for itself, within its time, with a mark of the
point it is at.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from archsim.basics.collector import collector_paused
from archsim.exploration.space.space import Space
from archsim.exploration.store.rows import Lines, PointRow, pack, write_line
from archsim.exploration.work.rungs import Evaluate
from archsim.soc.engine import StepTally, counted_together
from hwlib.errors import InputError

MAX_REASON = 2000
RETRIED = ("timeout", "memory")
STEPS = StepTally()
"""Of the points that this process timed."""


@dataclass(frozen=True)
class RungJob:
    """What all batches of a rung share. `head` is the rung's number in the store; `marks` is a
    folder where a worker says which point it is at, empty for none.
    With `retries` a point that ran out of time or memory is given back instead of written.
    `folder`: where relative paths start, for a worker of this machine that may have been started
    elsewhere; empty for this process and for a cluster. `paths`: for a cluster, whose workers start
    elsewhere and do other work besides, the absolute path of every relative one.
    """

    space: Space
    evaluate: Evaluate
    metrics: tuple[str, ...]
    options: tuple[tuple[str, Any], ...] = ()
    head: int = 0
    timeout_s: float | None = None
    memory_mb: int | None = None
    marks: str = ""
    retries: bool = True
    folder: str = ""
    paths: Mapping[str, str] = field(default_factory=dict)


def with_absolute_paths(job: RungJob) -> RungJob:
    """The job with the absolute path of every file that its space, its axes and its options name."""
    space = job.space
    named = [
        *space.fixed.values(),
        *(value for axis in space.axes for value in axis.values),
        *(value for _, value in job.options),
    ]
    # without an ending a name is that of a built-in one
    files = {name for name in named if isinstance(name, str) and os.path.splitext(name)[1]}
    paths = {name: os.path.abspath(name) for name in files if os.path.isfile(name)}

    def absolute(value: Any) -> Any:
        return paths.get(value, value) if isinstance(value, str) else value

    fixed = {name: absolute(value) for name, value in space.fixed.items()}
    options = tuple((name, absolute(value)) for name, value in job.options)
    return replace(job, space=replace(space, fixed=fixed), options=options, paths=paths)


class _TooLong(BaseException):
    """Not an Exception, so that no handler of the model swallows it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of a batch: the lines of what is finished, the points (key, axis values) to try
    once more, the seconds it took.
    """

    number: int
    seconds: float
    points: int
    lines: Lines
    again: tuple[tuple[str, tuple], ...] = ()


def run_batch(job: RungJob, number: int, points: Sequence[tuple[str, tuple]]) -> Batch:
    """Work out (key, axis values) points. A fault costs its point only."""
    started = time.perf_counter()
    keys = []
    lines = []
    again = []
    if job.memory_mb:
        _limit_memory(job.memory_mb)
    if job.folder:
        os.chdir(job.folder)
    # Loading compiled events is charged to the point at which it happens: not to one that has limits.
    limited = job.timeout_s is not None or job.memory_mb is not None
    together = contextlib.nullcontext() if limited else counted_together(STEPS)
    # What is kept from point to point would be looked at for garbage again and again; a batch is short.
    with together, collector_paused(), _marker(job.marks, number) as mark:
        for index, (key, values) in enumerate(points):
            mark(index)
            row = run_point(job, key, values)
            if job.retries and row.extra.get("cause") in RETRIED:
                again.append((key, values))
                continue
            keys.append(key)
            lines.append(_line(job, row))
    return Batch(
        number, time.perf_counter() - started, len(points), pack(keys, lines), tuple(again)
    )


def _line(job: RungJob, row: PointRow) -> bytes:
    try:
        return write_line(job.head, row)
    except (TypeError, ValueError) as error:
        return write_line(
            job.head, _lost(row.key, row.values, "failed", f"cannot be stored: {error}")
        )


def run_point(job: RungJob, key: str, values: tuple) -> PointRow:
    """The row of one point, whatever happens to it."""
    try:
        with _time_limit(job.timeout_s):
            there = tuple(
                job.paths.get(value, value) if isinstance(value, str) else value for value in values
            )
            numbers, extra = job.evaluate(job.space.design(there), job.metrics, dict(job.options))
        for name, number in zip(job.metrics, numbers):
            if isinstance(number, float) and not math.isfinite(number):
                return _lost(key, values, "failed", f"{name} is {number}")
        return PointRow(key, values, tuple(numbers), extra)
    except InputError as error:
        return _lost(key, values, "refused", error.message)
    except _TooLong:
        return _lost(key, values, "failed", f"took longer than {job.timeout_s:g} s", "timeout")
    except MemoryError:
        return _lost(key, values, "failed", "ran out of memory", "memory")
    except Exception as error:
        return _lost(key, values, "failed", f"{type(error).__name__}: {error}")


def _lost(key: str, values: tuple, status: str, reason: str, cause: str = "") -> PointRow:
    extra = {"status": status, "reason": reason[:MAX_REASON]}
    return PointRow(key, values, None, extra | ({"cause": cause} if cause else {}))


@contextlib.contextmanager
def _time_limit(seconds: float | None) -> Iterator[None]:
    """Stop what runs after `seconds`. Works in a main thread only: a dask worker's threads are
    watched by dask.
    """
    if not seconds or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _limit_memory(megabytes: int) -> None:
    import resource

    if threading.current_thread() is threading.main_thread():
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = megabytes * 2**20
        resource.setrlimit(
            resource.RLIMIT_AS,
            (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard),
        )


@contextlib.contextmanager
def _marker(folder: str, batch: int) -> Iterator:
    """Gives mark(index), which writes "batch index time" into this process's file; without a folder
    it does nothing.
    """
    handle = -1
    path = Path(folder) / f"{os.getpid()}-{threading.get_ident()}"
    if folder:
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if handle < 0:
        yield lambda index: None
        return
    try:
        yield lambda index: os.pwrite(
            handle, f"{batch:>12} {index:>8} {time.time():.3f}\n".encode(), 0
        )
        # not where the point brings the worker down: then the mark is the evidence
        path.unlink(missing_ok=True)
    finally:
        os.close(handle)


def read_marks(folder: str) -> dict[tuple[int, str], tuple[int, int, float]]:
    """(process, thread) -> (batch, index of the point it is at, since when), for every batch that
    has not ended.
    """
    marks = {}
    for path in Path(folder).iterdir() if folder else ():
        with contextlib.suppress(OSError, ValueError):
            batch, index, since = path.read_text().split()
            process, thread = path.name.split("-")
            marks[int(process), thread] = (int(batch), int(index), float(since))
    return marks
