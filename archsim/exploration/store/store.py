"""The store of a sweep: one append-only file of JSON lines, one row a point and rung, safe against
kill -9 and a second process.

A line is a *head* (an object: rung, axes, metrics and versions of the rows that name it) or a
*row*, an array [head, key, axis values, metrics or null] with an optional fifth entry: what else
belongs to the point (why it was refused or failed, the ledger of a timed one). Each ends with its
own digest; lines of earlier versions have none and are read with a note.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from archsim.basics.folders import hold
from archsim.exploration.store.rows import Lines, PointRow, is_row, pack_rows, parse_line, row_of
from archsim.readers import table_checks
from archsim.readers.digest import has_digest, note, seal, sealed_line, unseal
from archsim.readers.documents import parse_json
from archsim.readers.form import Form, check_form
from archsim.readers.versions import migrated, versioned
from hwlib.errors import InputError

FILE = "points.jsonl"
_AT_ONCE = 2000  # rows read together
_LARGEST_LINE = 64_000_000  # bytes
HEAD: dict[str, Form] = {
    "rung": "text",
    "axes": ["text"],
    "metrics": ["text"],
    "code": "text",
    "figures": "text",
    "inputs??": {"*": "any"},
}
_GONE = {"rung": "", "axes": [], "metrics": [], "code": "", "figures": ""}


class Store:
    """The rows of a folder. Use as a context manager; `writable` takes the lock.

    Raises InputError where the folder cannot be written or read, or where another process holds it.
    """

    def __init__(self, folder: str | Path, writable: bool = True):
        self.folder = Path(folder)
        self.path = Path(folder) / FILE
        self.writable = writable
        self.torn = 0
        self.damaged = 0
        self.heads: list[dict[str, Any]] = []
        self._sealed: list[bool] = []  # heads with a digest: their rows have one too
        self._told = False
        self._index: dict[int, dict[int, int]] = {}  # head -> key -> where its row starts
        self._file = -1
        self._lock = contextlib.ExitStack()
        self._end = 0

    def __enter__(self) -> Store:
        try:
            if self.writable:
                self._lock.enter_context(hold(self.folder, "sweep"))
            if os.path.lexists(self.path) and not self.path.is_file():
                raise InputError("is not a regular file", where=str(self.path))
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND if self.writable else os.O_RDONLY
            self._file = os.open(self.path, flags, 0o644)
            self._scan()
        except OSError as error:
            self.__exit__()
            raise InputError(
                f"cannot {'write' if self.writable else 'read'} the store ({error.strerror})",
                where=str(self.path),
            ) from None
        except InputError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._file >= 0:
            with contextlib.suppress(OSError):
                if self.writable:
                    os.fsync(self._file)
                os.close(self._file)
        self._file = -1
        self._lock.close()

    def _scan(self) -> None:
        """Find every row; a last line without its end is one that was being written when the
        process died: it is cut off.
        """
        with open(self.path, "rb") as file:
            offset = 0
            while line := file.readline(_LARGEST_LINE):
                size = len(line)
                while not line.endswith(b"\n") and len(line) == _LARGEST_LINE:
                    # no row is that long: passed over piece by piece
                    line = file.readline(_LARGEST_LINE)
                    size += len(line)
                if not line.endswith(b"\n"):
                    self.torn = 1
                    break
                if size == len(line):
                    self._enter(line, offset)
                else:
                    self.damaged += 1
                offset += size
        self._end = offset
        if self.torn and self.writable:
            os.ftruncate(self._file, offset)

    def _enter(self, line: bytes, offset: int) -> None:
        # rows are recognised by their first bytes, `[head,"key",`, and read in full only when
        # somebody wants them
        if line[:1] == b"[":
            head, _, rest = line[1:60].partition(b",")
            try:
                number = int(head)
                key = int(rest[1:17], 16)
                if line.endswith(b"]\n") and rest[:1] == b'"' and 0 <= number < len(self.heads):
                    # a failed point may fare better next time: who writes does not count it as
                    # there
                    if not (self.writable and b'"status":"failed"' in line[-600:]):
                        self._index[number][key] = offset
                    return
            except ValueError:
                pass
        else:
            where = str(self.path)
            with contextlib.suppress(InputError):
                content, sealed = unseal(
                    table_checks.any_table(parse_json(line, where), where), where
                )
                facts = migrated("head", content, where)
                del facts["schema"]  # heads are compared by what their rows depend on
                check_form(facts, HEAD, where, "head")
                self._add_head(facts, sealed)
                return
        self.damaged += 1
        if line[:1] != b"[":
            self._add_head(dict(_GONE), False)  # keeps the numbers of later heads

    def _add_head(self, facts: dict[str, Any], sealed: bool) -> None:
        self._index[len(self.heads)] = {}
        self.heads.append(facts)
        self._sealed.append(sealed)

    def _write(self, data: bytes) -> int:
        offset = self._end
        try:
            done = 0
            while done < len(data):
                done += os.write(self._file, data[done:])
        except OSError as error:
            # a full disk may have taken half a line: take it back, so that the store ends whole
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, offset)
            raise InputError(
                f"cannot write the store ({error.strerror}); what was finished is kept",
                where=str(self.path),
                hint="make room and go on with --resume",
            ) from None
        self._end += len(data)
        return offset

    def head(self, **facts: Any) -> int:
        """The number of the head with these facts, written where it is new."""
        if facts not in self.heads:
            self._write(
                (json.dumps(seal(versioned("head", facts)), separators=(",", ":")) + "\n").encode()
            )
            self._add_head(facts, True)
        return self.heads.index(facts)

    def append(self, head: int, lines: Lines) -> None:
        """Append lines that were written for a head: one write, so that a kill tears at most the
        last of them.
        """
        if not lines:
            return
        offset = self._write(lines.text)
        index = self._index[head]
        for key, size in zip(lines.keys, lines.sizes):
            index[key] = offset
            offset += size

    def add(self, head: int, rows: Sequence[PointRow]) -> None:
        """Append rows under a head."""
        self.append(head, pack_rows(head, rows))

    def __len__(self) -> int:
        return sum(map(len, self._index.values()))

    def has(self, key: int, heads: Sequence[int]) -> bool:
        """True where a row of that key is there, without reading it."""
        return any(key in self._index[head] for head in heads)

    def fetch(
        self, keys: Sequence[int], heads: Sequence[int]
    ) -> Iterator[tuple[int, list[int], list[list]]]:
        """The rows of many keys as (head, positions in `keys`, rows as JSON lists), some thousand at a
        time, in the order of the file.

        Of several heads the first that has a key counts. Keys that are not there are left out.
        Raises InputError for a damaged row.
        """
        left: Sequence[int] = range(len(keys))
        for head in heads:
            index = self._index[head]
            stored = sorted(
                (offset, number)
                for number in left
                if (offset := index.get(keys[number])) is not None
            )
            if len(heads) > 1:
                left = [number for number in left if keys[number] not in index]
            for start in range(0, len(stored), _AT_ONCE):
                part = stored[start : start + _AT_ONCE]
                yield (
                    head,
                    [number for _, number in part],
                    self._parse(head, [offset for offset, _ in part]),
                )

    def _parse(self, head: int, offsets: list[int]) -> list[list]:
        """Rows at ascending offsets of the file, parsed together."""
        with mmap.mmap(self._file, self._end, access=mmap.ACCESS_READ) as view:
            lines = [
                self._opened(head, view[offset : view.find(b"\n", offset)]) for offset in offsets
            ]
        facts = self.heads[head]
        width = len(facts["metrics"])
        rows = parse_line(b"[" + b",".join(line or b"" for line in lines) + b"]") or []
        if len(rows) != len(lines) or not all(is_row(row, head, width) for row in rows):
            faulty = next(
                (
                    offset
                    for offset, line in zip(offsets, lines)
                    if not is_row(parse_line(line or b""), head, width)
                ),
                offsets[0],
            )
            raise InputError(
                "a damaged row in the store",
                where=f"{self.path}, byte {faulty}",
                hint="remove the line: the point is worked out again",
            )
        return rows

    def _opened(self, head: int, line: bytes) -> bytes | None:
        """The JSON of a row without its digest; None where the digest does not fit, or is not there
        and should be.
        """
        opened = sealed_line(line)
        if opened is None and not self._sealed[head] and not has_digest(line):
            if not self._told:
                self._told = True
                note(f"{self.path}: rows stored without digest")
            return line
        return opened

    def find(self, key: str, heads: Sequence[int]) -> tuple[int, PointRow] | None:
        """The row of a key under the first of some heads that has it, with its head."""
        return next(
            ((head, row_of(rows[0])) for head, _, rows in self.fetch([int(key, 16)], heads)), None
        )

    def rows(self, head: int) -> Iterator[PointRow]:
        """Every row of a head, in the order of the file."""
        offsets = sorted(self._index[head].values())
        for start in range(0, len(offsets), _AT_ONCE):
            yield from map(row_of, self._parse(head, offsets[start : start + _AT_ONCE]))
