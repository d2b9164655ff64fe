"""One point on one rung as a line of the store. Workers write the lines, so that the process that
collects them only appends.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from archsim.readers.digest import seal_line


@dataclass(frozen=True, slots=True)
class PointRow:
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


def write_line(head: int, row: PointRow) -> bytes:
    """`[head, key, axis values, metrics or null]`, with what else belongs to the point as a fifth
    entry, and the digest of all that as the last. Raises ValueError or TypeError for what JSON does
    not hold.
    """
    parts = [head, row.key, row.values, row.metrics, *([row.extra] if row.extra else [])]
    return seal_line(json.dumps(parts, separators=(",", ":"), allow_nan=False).encode())


def pack(keys: Sequence[str], lines: Sequence[bytes]) -> Lines:
    """Lines of points with these keys."""
    return Lines(tuple(int(key, 16) for key in keys), tuple(map(len, lines)), b"".join(lines))


def pack_rows(head: int, rows: Sequence[PointRow]) -> Lines:
    """Rows under a head as lines."""
    return pack([row.key for row in rows], [write_line(head, row) for row in rows])


def row_of(parts: list[Any]) -> PointRow:
    """A row from its JSON list."""
    return PointRow(
        parts[1],
        tuple(parts[2]),
        None if parts[3] is None else tuple(parts[3]),
        parts[4] if len(parts) > 4 else {},
    )


def parse_line(line: bytes) -> Any:
    """The JSON of a line; None where it is none, or holds what JSON does not."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(line, parse_constant=_refuse)


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not a number of JSON")


def is_row(parts: Any, head: int, metrics: int) -> bool:
    """True for [head, key, axis values, `metrics` numbers or null] and perhaps a table of what else
    there is.
    """
    if (
        type(parts) is not list
        or not 4 <= len(parts) <= 5
        or parts[0] != head
        or type(parts[1]) is not str
    ):
        return False
    values = parts[2]
    numbers = parts[3]
    extra = parts[4] if len(parts) == 5 else {}
    return (
        type(values) is list
        and all(isinstance(value, int | float | str) for value in values)
        and type(extra) is dict
        and (
            numbers is None
            or (type(numbers) is list and len(numbers) == metrics and all(map(_is_number, numbers)))
        )
    )


def _is_number(value: Any) -> bool:
    # NaN and infinity fail the comparison as well.
    return value is None or (isinstance(value, int | float) and -1e300 < value < 1e300)
