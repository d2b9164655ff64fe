"""Batches of points for workers, made when they are asked for."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Iterable

from archsim.exploration.work.worker import Batch

# Short enough that no worker idles long at the end and a kill costs little, long enough that
# handing out costs nothing.
TARGET_S = 0.25
MAX_BATCH = 4096
_FIRST_BATCH = 4
Point = tuple[str, tuple]


class Feed:
    """Batches of points, made when asked for, sized so that one lasts about TARGET_S; knows which
    are under way.
    """

    def __init__(self, points: Iterable[Point]):
        self._points = iter(points)
        self._numbers = itertools.count()
        self._back: deque[Point] = deque()
        self._lock = threading.Lock()  # joblib asks from its own threads
        self._running: dict[int, list[Point]] = {}
        self._done = 0.0
        self._seconds = 0.0

    def __iter__(self) -> Feed:
        return self

    def __next__(self) -> tuple[int, list[Point]]:
        with self._lock:
            size = self._size()
            batch = [self._back.popleft() for _ in range(min(size, len(self._back)))]
            batch += itertools.islice(self._points, size - len(batch))
            if not batch:
                raise StopIteration
            number = next(self._numbers)
            self._running[number] = batch
            return number, batch

    def _size(self) -> int:
        """Points of the next batch, by how long the recent ones took."""
        if not self._done:
            return _FIRST_BATCH
        rate = self._done / max(self._seconds, 1e-9)
        return max(1, min(MAX_BATCH, round(TARGET_S * rate)))

    def done(self, batch: Batch) -> None:
        """A batch has come back."""
        with self._lock:
            del self._running[batch.number]
            # recent batches count more: the first ones pay for imports
            self._done = self._done / 2 + batch.points
            self._seconds = self._seconds / 2 + batch.seconds

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
