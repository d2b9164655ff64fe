"""Schemes side by side, each in a process of its own on one core; a process that dies costs its
scheme only.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from archsim.basics.processes import ONE_THREAD, guarded, interruptible, worker_arguments
from archsim.basics.scratch import Scratch
from archsim.comparison.worker import Order, Outcome, read_mark, run_marked, run_scheme
from archsim.schemes.own_file import own_schemes

POLL_S = 0.2
ATTEMPTS = 2
DIED = f"its process died {ATTEMPTS} times (killed, crashed or out of memory)"
# (number of the order, dict of the training core)
Told = Callable[[int, dict[str, Any]], None]


def run_here(orders: Sequence[Order], told: Told) -> Iterator[tuple[int, Outcome]]:
    """(number, outcome) of the orders, one after the other in this process."""
    for number, order in enumerate(orders):
        told(number, {})
        outcome = run_scheme(order, partial(told, number))
        yield number, outcome
        if outcome.kind == "interrupted":
            return


def run_apart(orders: Sequence[Order], jobs: int, told: Told) -> Iterator[tuple[int, Outcome]]:
    """(number, outcome) of the orders as they are finished, `jobs` processes at a time.

    An order whose process died is tried once more, from its checkpoint where it keeps one. After a
    first Ctrl-C the running ones write their checkpoints and end as interrupted; a second one ends
    them at once.
    """
    with contextlib.ExitStack() as stack:
        room = Path(stack.enter_context(Scratch()))
        asked = stack.enter_context(interruptible())
        environment = ONE_THREAD | stack.enter_context(guarded())
        # One thread each: several that all take every core slow each other down.
        workers = [_Worker(room, seat, environment) for seat in range(min(jobs, len(orders)))]
        for worker in workers:
            stack.callback(worker.end)
        yield from _run(orders, workers, asked, room / "stop", told)


def _run(
    orders: Sequence[Order],
    workers: Sequence[_Worker],
    asked: threading.Event,
    stop: Path,
    told: Told,
) -> Iterator[tuple[int, Outcome]]:
    waiting = deque(range(len(orders)))
    attempts = [0] * len(orders)
    running: dict[Future[Outcome], tuple[_Worker, int]] = {}
    free = list(workers)
    while waiting or running:
        if asked.is_set():
            # A file, as a signal to the process may come while it writes its checkpoint.
            stop.touch()
            # What hasn't begun has nothing to save.
            waiting.clear()
        while free and waiting:
            worker = free.pop(0)
            number = waiting.popleft()
            attempts[number] += 1
            running[worker.start(orders[number], stop)] = worker, number
        # Wakes for the display as well.
        done, _ = wait(running, POLL_S, FIRST_COMPLETED)
        for worker, number in running.values():
            told(number, read_mark(worker.mark))
        for future in done:
            worker, number = running.pop(future)
            free.append(worker)
            try:
                yield number, future.result()
            except BrokenProcessPool:
                # The executor is broken for good; the seat gets a new one with its next order.
                worker.end()
                if asked.is_set():
                    yield number, Outcome("interrupted")
                elif attempts[number] < ATTEMPTS:
                    # At once, not behind the others: where memory ran short it is likely to be free
                    # just now.
                    waiting.appendleft(number)
                else:
                    yield number, Outcome("lost", reason=DIED)


@dataclass
class _Worker:
    """A seat for one process. It serves several orders; after a death the next order gets a new
    one.
    """

    room: Path
    seat: int
    environment: dict[str, str]
    pool: Any = None

    @property
    def mark(self) -> str:
        return str(self.room / f"mark-{self.seat}")

    def start(self, order: Order, stop: Path) -> Future[Outcome]:
        if self.pool is None:
            # an executor of one process each, as the death of one process ends all of its executor
            from joblib.externals.loky import ProcessPoolExecutor

            start = worker_arguments("archsim.comparison.worker:start_worker", *own_schemes())
            self.pool = ProcessPoolExecutor(1, env=self.environment, **start)
        Path(self.mark).unlink(missing_ok=True)
        return self.pool.submit(run_marked, order, self.mark, str(stop))

    def end(self) -> None:
        if self.pool is not None:
            self.pool.shutdown(kill_workers=True)
        self.pool = None
