"""The ledger: how often each component did what, for which layer, in which phase. It knows no
joules.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hwlib.errors import InputError

# A plain tuple: a run makes millions of look-ups by it, and JSON rows are made of it in this order.
Entry = tuple[str, str, str, str]
_COLUMNS = ("component", "action", "layer", "phase", "count")


class Ledger:
    """Counts of actions by (component, action, layer, phase). An empty layer or phase means 'shared
    by all'.
    """

    def __init__(self) -> None:
        self.counts: dict[Entry, float] = {}

    def add(self, component: str, action: str, layer: str, phase: str, count: float) -> None:
        """Count `count` more actions. Raises ValueError for a negative or non-finite count."""
        # Refused here and not when it is priced: only here is it known which process counted it.
        # NaN fails too.
        if not 0 <= count < math.inf:
            raise ValueError(f"{component}.{action} of {layer}/{phase}: {count} is no count")
        key = (component, action, layer, phase)
        self.counts[key] = self.counts.get(key, 0) + count

    def add_all(
        self, counts: Mapping[tuple[str, str], float], layer: str, phase: str, times: float
    ) -> None:
        """Count what is done `times` over, by (component, action), for one layer in one phase.

        Raises ValueError for a negative or non-finite count.
        """
        # `add` once more by hand: every finished operation books its counts here, and calls would
        # cost as much as the sums.
        own = self.counts
        for (component, action), each in counts.items():
            count = each * times
            if not 0 <= count < math.inf:
                raise ValueError(f"{component}.{action} of {layer}/{phase}: {count} is no count")
            key = (component, action, layer, phase)
            own[key] = own.get(key, 0) + count

    def merge(self, other: Ledger, times: float = 1) -> None:
        """Add every count of `other`, `times` over."""
        for key, count in other.counts.items():
            # By `add`, so that an overflow to infinity is refused as well.
            self.add(*key, count * times)

    def items(self) -> Iterator[tuple[Entry, float]]:
        """The entries in the order of their names: equal ledgers read equally, however they were
        counted.
        """
        return iter(sorted(self.counts.items()))

    def total(
        self,
        component: str | None = None,
        action: str | None = None,
        layer: str | None = None,
        phase: str | None = None,
    ) -> float:
        """The sum of the counts that match; None matches everything."""
        wanted = (component, action, layer, phase)
        # Exactly rounded, so that the sum does not depend on which process counted first.
        return math.fsum(
            n
            for key, n in self.counts.items()
            if all(w is None or w == k for w, k in zip(wanted, key))
        )

    def check_conserved(self, issued: Ledger) -> None:
        """Actions issued = actions done, entry by entry (1e-9). Raises RuntimeError that names
        every entry that differs.
        """
        faults = []
        for key in sorted(set(self.counts) | set(issued.counts)):
            done = self.counts.get(key, 0)
            asked = issued.counts.get(key, 0)
            # Relative, without an absolute tolerance: nothing done where one action was issued is a
            # loss. 1e-9 lets pass the rounding of sums in another order (counts are fractions where
            # activity is).
            if not math.isclose(done, asked, rel_tol=1e-9):
                faults.append(
                    f"{key[0]}.{key[1]} of {key[2] or 'shared'}/{key[3] or 'shared'}: issued "
                    f"{asked:g}, done {done:g}"
                )
        if faults:
            raise RuntimeError("actions were lost or invented: " + "; ".join(faults))

    def to_rows(self) -> list[dict[str, object]]:
        """JSON rows in deterministic order."""
        return [dict(zip(_COLUMNS, (*key, count))) for key, count in self.items()]

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]], where: str = "ledger") -> Ledger:
        """A ledger from JSON rows. Raises InputError for a row that is not one."""
        if not isinstance(rows, list | tuple):
            raise InputError("not a list of ledger rows", where=where, got=rows)
        ledger = cls()
        for index, row in enumerate(rows):
            position = f"{where}[{index}]"
            if not isinstance(row, dict) or set(row) != set(_COLUMNS):
                raise InputError("not a ledger row", where=position, got=row, allowed=_COLUMNS)
            for column in _COLUMNS[:4]:
                if not isinstance(row[column], str):
                    raise InputError("not a text", where=f"{position}.{column}", got=row[column])
            count = row["count"]
            if (
                isinstance(count, bool)
                or not isinstance(count, int | float)
                or not 0 <= count < math.inf
            ):
                raise InputError(
                    "not a finite count of at least 0", where=f"{position}.count", got=count
                )
            ledger.add(*(row[column] for column in _COLUMNS))
        return ledger

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and self.counts == other.counts

    __hash__ = None  # type: ignore[assignment]  # its counts change

    def __len__(self) -> int:
        return len(self.counts)

    def __repr__(self) -> str:
        return f"Ledger({len(self.counts)} entries)"
