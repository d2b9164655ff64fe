"""The points of one rung in memory, column by column: codes of axis values, metrics as numbers, and why points are missing."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from archsim.explore.space import Objective, Rung, Space
from archsim.explore.store import Row

DONE, REFUSED, FAILED = 0, 1, 2
STATUS = ("done", "refused", "failed")


class Table:
    """Rows of a rung in the order of the space. A point takes 8 bytes an axis and a metric, so a million fit easily."""

    def __init__(self, space: Space, rung: Rung, metrics: Sequence[str]):
        self.space, self.rung, self.metrics = space, rung, tuple(metrics)
        self._codes = [{value: code for code, value in enumerate(_typed(axis.values))} for axis in space.axes]
        self._axes = [array("d") for _ in space.axes]
        self._numbers = [array("d") for _ in metrics]
        self._keys, self._status = array("Q"), array("B")
        self._outside = array("B")
        self.reasons: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, point: tuple, row: Row, numbers: Sequence[Any] | None) -> None:
        """Enter a point of this space with the row it has; `numbers` are its metrics in this table's order."""
        for axis, codes, column, value in zip(self.space.axes, self._codes, self._axes, point):
            column.append(codes[_type(value), value] if axis.values else value)
        status = STATUS.index(row.status)
        if status:
            self.reasons[len(self)] = row.extra.get("reason", "")
        for column, number in zip(self._numbers, numbers or [None] * len(self.metrics)):
            column.append(np.nan if number is None else number)
        self._outside.append(0 if status else not self._meets(point, numbers))
        self._keys.append(int(row.key, 16))
        self._status.append(status)

    def _meets(self, point: tuple, numbers: Sequence[Any]) -> bool:
        if not self.space.constraints:
            return True
        known = {**self.space.design(point), **dict(zip(self.metrics, numbers))}
        # what this rung does not know yet rules nothing out
        return all(test(known) for test in self.space.constraints if all(known.get(name) is not None for name in test.names))

    def key(self, index: int) -> str:
        return f"{self._keys[index]:016x}"

    def point(self, index: int) -> tuple[Any, ...]:
        """The axis values of a row."""
        return tuple(axis.values[int(column[index])] if axis.values else column[index] for axis, column in zip(self.space.axes, self._axes))

    def axis(self, number: int) -> np.ndarray:
        """One axis as numbers: the values where they are numbers, else their place in the list."""
        found, axis = np.asarray(self._axes[number]), self.space.axes[number]
        return np.asarray(axis.values, float)[found.astype(int)] if axis.values and axis.numeric else found.copy()

    def codes(self, number: int) -> np.ndarray:
        """One axis as places in its list of values (as values where it is continuous)."""
        return np.asarray(self._axes[number]).copy()

    def metric(self, name: str) -> np.ndarray:
        """One metric, NaN where it is not known."""
        return np.array(self._numbers[self.metrics.index(name)])

    @property
    def status(self) -> np.ndarray:
        return np.array(self._status)

    @property
    def valid(self) -> np.ndarray:
        """True where a point was worked out and meets the constraints as far as they are known."""
        return (self.status == DONE) & (np.array(self._outside) == 0)

    def costs(self, objectives: Sequence[Objective]) -> tuple[np.ndarray, np.ndarray, list[Objective]]:
        """Indices of valid points, their objectives with small = good, and which objectives this rung knows."""
        known = [o for o in objectives if o.path in self.metrics and np.isfinite(self.metric(o.path)[self.valid]).any()]
        if not known:
            return np.array([], int), np.empty((0, 0)), []
        columns = np.column_stack([o.sign * self.metric(o.path) for o in known])
        indices = np.flatnonzero(self.valid & np.isfinite(columns).all(axis=1))
        return indices, columns[indices], known

    def rows(self, indices: Sequence[int] | None = None) -> Iterator[dict[str, Any]]:
        """Rows as dictionaries: number, axes, rung, status, metrics, reason."""
        paths = [axis.path for axis in self.space.axes]
        for index in range(len(self)) if indices is None else indices:
            numbers = (column[index] for column in self._numbers)
            known = {name: None if number != number else int(number) if name in _WHOLE else number
                     for name, number in zip(self.metrics, numbers)}
            status = "outside" if self._outside[index] else STATUS[self._status[index]]
            yield {"point": index, **dict(zip(paths, self.point(index))), "rung": self.rung.label, "status": status, **known,
                   "reason": self.reasons.get(index, "")}


_WHOLE = ("tiles", "cycles", "operations", "tile_operations")


def _type(value: Any) -> bool:
    return isinstance(value, bool)  # True and 1 are different values of an axis


def _typed(values: Sequence[Any]) -> list[tuple[bool, Any]]:
    return [(_type(value), value) for value in values]
