"""One point on one rung as a line of the store. Workers write the lines, so that the process that
collects them only appends.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from archsim.readers.digest import seal_line


@dataclass(frozen=True, slots=True)
class Row:
    """One point on one rung. `metrics` is None where it was refused (the design is impossible) or
    failed; `extra` says why.
    """

    key: str
    values: tuple[Any, ...]
    metrics: tuple[Any, ...] | None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """done, refused or failed."""
        return "done" if self.metrics is not None else self.extra.get("status", "failed")


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows as they stand in the store: `text` holds one line a row, `sizes` the bytes of each,
    `keys` whose they are.
    """

    keys: tuple[int, ...]
    sizes: tuple[int, ...]
    text: bytes

    def __len__(self) -> int:
        return len(self.keys)


def write_line(head: int, row: Row) -> bytes:
    """`[head, key, axis values, metrics or null]`, with what else belongs to the point as a fifth
    entry, and the digest of all that as the last. Raises ValueError or TypeError for what JSON does
    not hold.
    """
    parts = [head, row.key, row.values, row.metrics, *([row.extra] if row.extra else [])]
    return seal_line(json.dumps(parts, separators=(",", ":"), allow_nan=False).encode())


def pack(keys: Sequence[str], lines: Sequence[bytes]) -> Lines:
    """Lines of points with these keys."""
    return Lines(tuple(int(key, 16) for key in keys), tuple(map(len, lines)), b"".join(lines))


def pack_rows(head: int, rows: Sequence[Row]) -> Lines:
    """Rows under a head as lines."""
    return pack([row.key for row in rows], [write_line(head, row) for row in rows])
