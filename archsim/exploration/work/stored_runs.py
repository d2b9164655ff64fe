"""A timed point at other figures or another node, priced from the ledger of a stored run: nothing
is simulated twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archsim.exploration.space.keys import key_of
from archsim.exploration.space.space import Rung, Space
from archsim.exploration.store.rows import PointRow
from archsim.exploration.store.store import Store
from archsim.exploration.store.versions import code_version
from archsim.exploration.work.metrics import OTHER, STANDARD
from archsim.exploration.work.pricing import breakdown, estimate_metrics
from archsim.exploration.work.worker import MAX_REASON
from hwlib.errors import InputError

_PRICED_FIELDS = (
    "area_mm2",
    "energy_j",
    "static_power_uw",
    "dynamic_energy_j",
    "static_energy_j",
    "count",
)


def can_reprice(metrics: Sequence[str]) -> bool:
    """True where every metric follows from counts and cycles of the whole run (not from layers,
    phases or busy shares).
    """

    def follows(name: str) -> bool:
        keys = name.split(".")
        if keys[0] == "boundaries":
            return keys[-1] in ("area_mm2", "energy_j", "power_uw")
        # accuracy is not known on this rung, so it is None either way
        return name in (*STANDARD["training"], *OTHER) or (
            keys[0].startswith("by_component") and keys[-1] in _PRICED_FIELDS
        )

    return all(map(follows, metrics))


def price_stored(
    design: Mapping[str, Any], run: Mapping[str, Any], metrics: Sequence[str]
) -> list[Any]:
    """The metrics of a design whose run is known: the same numbers as simulating it again. Raises
    InputError as pricing does.
    """
    estimate = breakdown(design, run)
    return estimate_metrics(
        estimate, metrics, {key: value for key, value in run.items() if key != "ledger"}
    )


class Repricer:
    """Takes the timed points whose run is stored already, or under way for another node, and prices
    them afterwards.
    """

    def __init__(self, store: Store, space: Space, rung: Rung, metrics: tuple[str, ...]):
        self._store = store
        self._space = space
        self._metrics = metrics
        self._heads = [
            n
            for n, head in enumerate(store.heads)
            if head["rung"] == rung.label and head["code"] == code_version()
        ]
        self._able = can_reprice(metrics)
        self._scheduled: set[str] = set()
        self._waiting: list[tuple[str, tuple, str]] = []
        self.count = 0
        for head in self._heads if self._able else ():
            self._scheduled.update(
                row.extra["work"] for row in store.rows(head) if "run" in row.extra
            )

    def takes(self, key: str, point: tuple) -> bool:
        """True where the point need not be simulated."""
        if not self._able:
            return False
        work = key_of(self._space.design(point), node=False)
        if work in self._scheduled:
            self._waiting.append((key, point, work))
            return True
        self._scheduled.add(work)
        return False

    def batches(self) -> Iterator[list[PointRow]]:
        """The rows of what was taken, once the runs they rest on are stored."""
        if not self._waiting:
            return
        runs = {
            row.extra["work"]: row
            for head in self._heads
            for row in self._store.rows(head)
            if "run" in row.extra
        }
        for key, point, work in self._waiting:
            self.count += 1
            yield [self._row(key, point, runs.get(work), work)]

    def _row(self, key: str, point: tuple, stored: PointRow | None, work: str) -> PointRow:
        design = self._space.design(point)
        # the run it waited for failed or was refused: this one has to speak for itself
        if stored is None:
            from archsim.exploration.work.rungs import timing_rung
            from archsim.exploration.work.worker import RungJob, run_point

            return run_point(RungJob(self._space, timing_rung, self._metrics), key, point)
        try:
            numbers = price_stored(design, stored.extra["run"], self._metrics)
        except InputError as error:
            return PointRow(
                key, point, None, {"status": "refused", "reason": error.message[:MAX_REASON]}
            )
        return PointRow(key, point, tuple(numbers), {"work": work})
