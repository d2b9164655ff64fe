"""The one place that spreads work: joblib, on loky's processes or on a dask cluster, with points
that may kill their worker.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from archsim.basics.processes import guarded, worker_arguments
from archsim.basics.scratch import Scratch
from archsim.exploration.store.rows import Lines, Row, pack_rows
from archsim.exploration.work.worker import Batch, Job, read_marks, run_batch, with_absolute_paths
from archsim.schemes.own_file import own_schemes
from hwlib.errors import InputError

# Short enough that no worker idles long at the end and a kill costs little, long enough that
# handing out costs nothing.
TARGET_S = 0.25
MAX_BATCH = 4096
_FIRST_BATCH = 4
_IN_VAIN = 10  # deaths in a row between which no batch came back
Point = tuple[str, tuple]


@dataclass(frozen=True)
class Engine:
    """How to spread work: `jobs` processes here (1: in this process), or the dask cluster at
    `cluster`.
    """

    jobs: int = 1
    cluster: str | None = None
    timeout_s: float | None = None
    memory_mb: int | None = None

    def run(self, job: Job, points: Iterable[Point]) -> Iterator[Lines]:
        """Lines of all points, batch by batch, in the order they are finished. Points are drawn
        only as workers ask for them.

        A point whose worker died, hung or ran out of memory is tried once more, alone; then it is a
        failed row.
        """
        with contextlib.ExitStack() as stack:
            marks = stack.enter_context(Scratch())
            stack.enter_context(self._backend())
            alone = self.jobs == 1 and not self.cluster
            # a limit of memory on this very process would end the sweep, not the point
            job = replace(
                job,
                timeout_s=self.timeout_s,
                memory_mb=None if alone else self.memory_mb,
                marks=marks,
                folder="" if alone or self.cluster else os.getcwd(),
            )
            if self.cluster:
                job = with_absolute_paths(job)
            if self.timeout_s and not alone and not self.cluster:
                stack.enter_context(_watchdog(marks, self.timeout_s))
            again: list[Point] = []
            for batch in self._run_all(job, points):
                again += batch.again
                yield batch.lines
            for point in again:
                yield self._alone(job, point).lines

    def _run_all(self, job: Job, points: Iterable[Point]) -> Iterator[Batch]:
        feed, deaths = _Feed(points), _deaths(self.cluster)
        in_vain = 0
        while True:
            try:
                for batch in self._parallel(job, feed):
                    feed.done(batch)
                    in_vain = 0
                    yield batch
                return
            except deaths as fault:
                in_vain += 1
                if in_vain > _IN_VAIN:
                    raise RuntimeError(
                        f"workers die before they have done anything, {in_vain} times in a row ({fault})"
                    ) from None
                suspects = feed.take_lost(read_marks(job.marks), all_suspect=bool(self.cluster))
                for name in os.listdir(job.marks):
                    os.unlink(os.path.join(job.marks, name))
                for point in suspects:
                    yield self._alone(job, point)

    def _alone(self, job: Job, point: Point) -> Batch:
        """One point by itself, for the last time: a worker that dies now died of it."""
        try:
            (batch,) = self._parallel(replace(job, retries=False), [(0, [point])])
            return batch
        except _deaths(self.cluster):
            reason = "the worker died twice at this point (killed, crashed or out of memory)"
            row = Row(
                point[0], point[1], None, {"status": "failed", "reason": reason, "cause": "death"}
            )
            return Batch(0, 0.0, 1, pack_rows(job.head, [row]))

    def _parallel(self, job: Job, batches: Iterable[tuple[int, list[Point]]]) -> Iterator[Batch]:
        if self.jobs == 1 and not self.cluster:
            return (run_batch(job, number, batch) for number, batch in batches)
        from joblib import Parallel, delayed

        spread = Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
        return spread(delayed(run_batch)(job, number, batch) for number, batch in batches)

    @contextlib.contextmanager
    def _backend(self) -> Iterator[None]:
        if self.cluster:
            with _dask_client(self.cluster):
                from joblib import parallel_config

                with parallel_config(backend="dask"):
                    yield
        elif self.jobs > 1:
            from joblib import parallel_config

            start = worker_arguments("archsim.schemes.own_file:take_over", *own_schemes())
            with (
                guarded(),
                parallel_config(backend="loky", n_jobs=self.jobs, inner_max_num_threads=1, **start),
            ):
                yield
        else:
            yield


@contextlib.contextmanager
def _dask_client(address: str) -> Iterator[None]:
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "a cluster needs the extra 'dask'",
            where="--cluster",
            hint="pip install 'archsim[dask]'",
        ) from None
    try:
        client = Client(address, timeout=20)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no dask scheduler answers ({error})", where="--cluster", got=address
        ) from None
    with client:
        yield


def _deaths(cluster: str | None) -> tuple[type[BaseException], ...]:
    """What is raised where a worker died."""
    from concurrent.futures.process import BrokenProcessPool

    found: tuple[type[BaseException], ...] = (BrokenProcessPool,)
    if cluster:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        found += (KilledWorker, CancelledError)
    return found


class _Feed:
    """Batches of points, made when asked for, sized so that one lasts about TARGET_S; knows which
    are under way.
    """

    def __init__(self, points: Iterable[Point]):
        self._points, self._numbers = iter(points), itertools.count()
        self._back: deque[Point] = deque()
        self._lock = threading.Lock()  # joblib asks from its own threads
        self._running: dict[int, list[Point]] = {}
        self._done = self._seconds = 0.0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> tuple[int, list[Point]]:
        with self._lock:
            size = (
                _FIRST_BATCH
                if not self._done
                else max(1, min(MAX_BATCH, round(TARGET_S * self._done / max(self._seconds, 1e-9))))
            )
            batch = [self._back.popleft() for _ in range(min(size, len(self._back)))]
            batch += itertools.islice(self._points, size - len(batch))
            if not batch:
                raise StopIteration
            number = next(self._numbers)
            self._running[number] = batch
            return number, batch

    def done(self, batch: Batch) -> None:
        """A batch has come back."""
        with self._lock:
            del self._running[batch.number]
            # recent batches count more: the first ones pay for imports
            self._done, self._seconds = (
                self._done / 2 + batch.points,
                self._seconds / 2 + batch.seconds,
            )

    def take_lost(
        self, marks: dict[tuple[int, str], tuple[int, int, float]], all_suspect: bool
    ) -> list[Point]:
        """After a death: the points that workers were at; the rest goes back to the queue. Where no
        worker left a mark (on another machine) and `all_suspect`, every point under way is one."""
        with self._lock:
            at = {batch: index for batch, index, _ in marks.values()}
            suspects: list[Point] = []
            for number, batch in self._running.items():
                guilty = (
                    {at[number]}
                    if number in at
                    else set(range(len(batch)))
                    if all_suspect and not at
                    else set()
                )
                suspects += [batch[i] for i in sorted(guilty)]
                self._back.extend(point for i, point in enumerate(batch) if i not in guilty)
            self._running.clear()
            return suspects


@contextlib.contextmanager
def _watchdog(marks: str, timeout_s: float, every_s: float = 0.5) -> Iterator[None]:
    """Kill a worker that is stuck where no alarm reaches it (inside compiled code); its point then
    counts as a death.
    """
    over = threading.Event()

    def watch() -> None:
        while not over.wait(every_s):
            for (process, _), (_, _, since) in read_marks(marks).items():
                if time.time() - since > 2 * timeout_s + 1:
                    with contextlib.suppress(OSError):
                        os.kill(process, signal.SIGKILL)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
