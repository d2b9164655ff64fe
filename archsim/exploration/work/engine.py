"""The one place that spreads work: joblib, on loky's processes or on a dask cluster, with points
that may kill their worker.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from archsim.basics.cluster import cluster_deaths, dask_client
from archsim.basics.processes import guarded, worker_arguments
from archsim.basics.scratch import Scratch
from archsim.exploration.store.rows import Lines, PointRow, pack_rows
from archsim.exploration.work.feed import Feed, Point
from archsim.exploration.work.worker import (
    Batch,
    RungJob,
    read_marks,
    run_batch,
    with_absolute_paths,
)
from archsim.schemes.own_file import own_schemes

_IN_VAIN = 10  # deaths in a row between which no batch came back


@dataclass(frozen=True)
class Engine:
    """How to spread work: `jobs` processes here (1: in this process), or the dask cluster at
    `cluster`.
    """

    jobs: int = 1
    cluster: str | None = None
    timeout_s: float | None = None
    memory_mb: int | None = None

    def run(self, job: RungJob, points: Iterable[Point]) -> Iterator[Lines]:
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

    def _run_all(self, job: RungJob, points: Iterable[Point]) -> Iterator[Batch]:
        feed = Feed(points)
        deaths = _deaths(self.cluster)
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

    def _alone(self, job: RungJob, point: Point) -> Batch:
        """One point by itself, for the last time: a worker that dies now died of it."""
        try:
            (batch,) = self._parallel(replace(job, retries=False), [(0, [point])])
            return batch
        except _deaths(self.cluster):
            reason = "the worker died twice at this point (killed, crashed or out of memory)"
            row = PointRow(
                point[0], point[1], None, {"status": "failed", "reason": reason, "cause": "death"}
            )
            return Batch(0, 0.0, 1, pack_rows(job.head, [row]))

    def _parallel(
        self, job: RungJob, batches: Iterable[tuple[int, list[Point]]]
    ) -> Iterator[Batch]:
        if self.jobs == 1 and not self.cluster:
            return (run_batch(job, number, batch) for number, batch in batches)
        from joblib import Parallel, delayed

        spread = Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
        return spread(delayed(run_batch)(job, number, batch) for number, batch in batches)

    @contextlib.contextmanager
    def _backend(self) -> Iterator[None]:
        if self.cluster:
            with dask_client(self.cluster):
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


def _deaths(cluster: str | None) -> tuple[type[BaseException], ...]:
    """What is raised where a worker died."""
    from concurrent.futures.process import BrokenProcessPool

    deaths: tuple[type[BaseException], ...] = (BrokenProcessPool,)
    return deaths + (cluster_deaths() if cluster else ())


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
