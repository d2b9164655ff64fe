"""The points of one rung in memory, column by column: codes of axis values, metrics as numbers, and
why points are missing.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from archsim.exploration.space.space import Objective, Rung, Space

DONE = 0
REFUSED = 1
FAILED = 2
_UNKNOWN = 3
STATUS = ("done", "refused", "failed")


class PointTable:
    """Rows of a rung in the order of the space. A point takes 8 bytes an axis and a metric, so a
    million fit easily.

    Points are entered first, then their results are filled in.
    """

    def __init__(self, space: Space, rung: Rung, metrics: Sequence[str]):
        self.space = space
        self.rung = rung
        self.metrics = tuple(metrics)
        self._axes = [array("d") for _ in space.axes]
        codes = [
            {value: code for code, value in enumerate(_typed(axis.values))} for axis in space.axes
        ]
        self._columns = list(zip(self._axes, codes))
        self._numbers = np.empty((len(self.metrics), 0))
        self._status = np.empty(0, np.uint8)
        self._outside = np.empty(0, np.uint8)
        self.keys = array("Q")
        self.reasons: dict[int, str] = {}
        self.guards: dict[int, str] = {}
        self.trained_on: dict[int, str] = {}
        self.drifting = False

    def __len__(self) -> int:
        return len(self.keys)

    def enter(self, key: int, point: tuple) -> None:
        """Enter a point of this space, whose result is not known yet."""
        self.keys.append(key)
        for (column, codes), value in zip(self._columns, point):
            column.append(codes[value, value.__class__ is bool] if codes else value)

    def fill(
        self, positions: Sequence[int], rows: Sequence[tuple[Sequence[Any] | None, dict[str, Any]]]
    ) -> None:
        """The results of entered points: for each its metrics, in this table's order, or None, and
        what else was stored.
        """
        self._grow()
        done = [
            (position, numbers)
            for position, (numbers, _) in zip(positions, rows)
            if numbers is not None
        ]
        if done and self.metrics:
            where = [position for position, _ in done]
            # None becomes NaN
            self._numbers[:, where] = np.array([numbers for _, numbers in done], float).T
        for position, (numbers, extra) in zip(positions, rows):
            trained = extra.get("trained", {})
            if trained.get("guards"):
                self.guards[position] = "; ".join(trained["guards"])
            if "device" in trained:
                self.trained_on[position] = trained["device"]
            settings = trained.get("training", {}).get("settings", {})
            self.drifting |= bool(settings.get("seconds_per_image"))
            self._status[position] = (
                DONE if numbers is not None else STATUS.index(extra.get("status", "failed"))
            )
            if numbers is None:
                self.reasons[position] = extra.get("reason", "")
            elif self.space.constraints:
                self._outside[position] = not self._meets(self.point(position), numbers)

    @property
    def missing(self) -> bool:
        """True where a point was entered and not filled."""
        self._grow()
        return bool((self._status == _UNKNOWN).any())

    def _grow(self) -> None:
        more = len(self) - len(self._status)
        if more:
            self._numbers = np.hstack([self._numbers, np.full((len(self.metrics), more), np.nan)])
            self._status = np.append(self._status, np.full(more, _UNKNOWN, np.uint8))
            self._outside = np.append(self._outside, np.zeros(more, np.uint8))

    def _meets(self, point: tuple, numbers: Sequence[Any]) -> bool:
        known = {**self.space.design(point), **dict(zip(self.metrics, numbers))}
        # what this rung does not know yet rules nothing out
        return all(
            test(known)
            for test in self.space.constraints
            if all(known.get(name) is not None for name in test.names)
        )

    def key(self, index: int) -> str:
        """The key of a row, as the store writes it."""
        return f"{self.keys[index]:016x}"

    def point(self, index: int) -> tuple[Any, ...]:
        """The axis values of a row."""
        return tuple(
            axis.values[int(column[index])] if axis.values else column[index]
            for axis, column in zip(self.space.axes, self._axes)
        )

    def axis(self, number: int) -> np.ndarray:
        """One axis as numbers: the values where they are numbers, else their place in the list."""
        codes = np.asarray(self._axes[number])
        axis = self.space.axes[number]
        if axis.values and axis.numeric:
            return np.asarray(axis.values, float)[codes.astype(int)]
        return codes.copy()

    def codes(self, number: int) -> np.ndarray:
        """One axis as positions in its list of values (as values where it is continuous)."""
        return np.asarray(self._axes[number]).copy()

    def metric(self, name: str) -> np.ndarray:
        """One metric, NaN where it is not known."""
        return self._numbers[self.metrics.index(name)].copy()

    @property
    def status(self) -> np.ndarray:
        return self._status

    @property
    def valid(self) -> np.ndarray:
        """True where a point was worked out and meets the constraints as far as they are known."""
        return (self.status == DONE) & (self._outside == 0)

    @property
    def ranked(self) -> np.ndarray:
        """True where a valid point may be on a front: no guard holds its training back."""
        free = np.ones(len(self), bool)
        free[list(self.guards)] = False
        return self.valid & free

    def costs(
        self, objectives: Sequence[Objective], ranked: bool = False
    ) -> tuple[np.ndarray, np.ndarray, list[Objective]]:
        """Indices of valid points, their objectives with small = good, and which objectives this
        rung knows. With `ranked`, of those alone that no guard holds back: promotion to a longer
        training asks for all.
        """
        chosen = self.ranked if ranked else self.valid
        known = [
            o
            for o in objectives
            if o.path in self.metrics and np.isfinite(self.metric(o.path)[chosen]).any()
        ]
        if not known:
            return np.array([], int), np.empty((0, 0)), []
        columns = np.column_stack([o.sign * self.metric(o.path) for o in known])
        indices = np.flatnonzero(chosen & np.isfinite(columns).all(axis=1))
        return indices, columns[indices], known

    def rows(self, indices: Sequence[int] | None = None) -> Iterator[dict[str, Any]]:
        """Rows as dictionaries: number, axes, rung, status, metrics, reason."""
        paths = [axis.path for axis in self.space.axes]
        for index in range(len(self)) if indices is None else indices:
            numbers = self._numbers[:, index].tolist()
            known = {
                name: None if number != number else int(number) if name in _WHOLE else number
                for name, number in zip(self.metrics, numbers)
            }
            trained = (
                {
                    "trained_on": self.trained_on.get(index, ""),
                    "held_back": self.guards.get(index, ""),
                }
                if self.rung.kind == "training"
                else {}
            )
            status = "outside" if self._outside[index] else STATUS[self._status[index]]
            yield {
                "point": index,
                **dict(zip(paths, self.point(index))),
                "rung": self.rung.label,
                "status": status,
                **known,
                "reason": self.reasons.get(index, ""),
                **trained,
            }


_WHOLE = ("tiles", "cycles", "operations", "tile_operations")


def _typed(values: Sequence[Any]) -> list[tuple[Any, bool]]:
    # True and 1 are different values of an axis
    return [(value, value.__class__ is bool) for value in values]
