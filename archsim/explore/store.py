"""The store of a sweep: one append-only file of JSON lines, one row a point and rung, safe against kill -9 and a second process.

A line is a *head* (an object: rung, axes, metrics and versions of the rows that name it) or a *row*, an array
[head, key, axis values, metrics or null] with an optional fifth entry: what else belongs to the point (why it was refused
or failed, the ledger of a timed one).
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hwlib.errors import InputError

FILE = "points.jsonl"
_LOCK = "points.lock"


@dataclass(frozen=True, slots=True)
class Row:
    """One point on one rung. `metrics` is None where it was refused (the design is impossible) or failed; `extra` says why."""

    key: str
    values: tuple[Any, ...]
    metrics: tuple[Any, ...] | None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """done, refused or failed."""
        return "done" if self.metrics is not None else self.extra.get("status", "failed")


class Store:
    """The rows of a folder. Use as a context manager; `writable` takes the lock.

    Raises InputError where the folder cannot be written or read, or where another process holds it.
    """

    def __init__(self, folder: str | Path, writable: bool = True):
        self.folder, self.path, self.writable = Path(folder), Path(folder) / FILE, writable
        self.torn, self.damaged = 0, 0
        self.heads: list[dict[str, Any]] = []
        self._index: dict[int, dict[int, int]] = {}  # head -> key -> where its row starts
        self._file = self._lock = -1
        self._end = 0

    def __enter__(self) -> Store:
        try:
            if self.writable:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._take_lock()
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND if self.writable else os.O_RDONLY
            self._file = os.open(self.path, flags, 0o644)
            self._scan()
        except OSError as error:
            self.__exit__()
            raise InputError(f"cannot {'write' if self.writable else 'read'} the store ({error.strerror})", where=str(self.path)) from None
        except InputError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for handle in (self._file, self._lock):
            if handle >= 0:
                with contextlib.suppress(OSError):
                    if handle == self._file and self.writable:
                        os.fsync(handle)
                    os.close(handle)
        self._file = self._lock = -1

    def _take_lock(self) -> None:
        import fcntl

        self._lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(self._lock, 40, 0).decode(errors="replace").strip()
            raise InputError("another process writes into this sweep", where=str(self.folder), got=f"process {owner or 'unknown'}",
                             hint="wait for it, or choose another folder") from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def _scan(self) -> None:
        """Find every row; a last line without its end is one that was being written when the process died: it is cut off."""
        with open(self.path, "rb") as file:
            place = 0
            for line in file:
                if not line.endswith(b"\n"):
                    self.torn = 1
                    break
                self._enter(line, place)
                place += len(line)
        self._end = place
        if self.torn and self.writable:
            os.ftruncate(self._file, place)

    def _enter(self, line: bytes, place: int) -> None:
        # rows are recognised by their first bytes, `[head,"key",`, and read in full only when somebody wants them
        if line[:1] == b"[":
            head, _, rest = line[1:60].partition(b",")
            try:
                number, key = int(head), int(rest[1:17], 16)
                if line.endswith(b"]\n") and rest[:1] == b'"' and number < len(self.heads):
                    # a failed point may fare better next time: who writes does not count it as there
                    if not (self.writable and b'"status":"failed"' in line[-600:]):
                        self._index[number][key] = place
                    return
            except ValueError:
                pass
        else:
            try:
                found = json.loads(line)
                if isinstance(found, dict) and {"rung", "axes", "metrics", "code", "figures"} <= set(found):
                    self._index[len(self.heads)] = {}
                    self.heads.append(found)
                    return
            except ValueError:
                pass
        self.damaged += 1
        if line[:1] != b"[":
            self._index[len(self.heads)] = {}
            self.heads.append({"rung": "", "axes": [], "metrics": [], "code": "", "figures": ""})  # keeps the numbers of later heads

    def _append(self, text: str) -> int:
        data, place = text.encode(), self._end
        try:
            done = 0
            while done < len(data):
                done += os.write(self._file, data[done:])
        except OSError as error:
            # a full disk may have taken half a line: take it back, so that the store ends whole
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, place)
            raise InputError(f"cannot write the store ({error.strerror}); what was finished is kept", where=str(self.path),
                             hint="make room and go on with --resume") from None
        self._end += len(data)
        return place

    def head(self, **facts: Any) -> int:
        """The number of the head with these facts, written where it is new."""
        if facts not in self.heads:
            self._append(json.dumps(facts, separators=(",", ":")) + "\n")
            self._index[len(self.heads)] = {}
            self.heads.append(facts)
        return self.heads.index(facts)

    def add(self, head: int, rows: Sequence[Row]) -> None:
        """Append rows under a head: one write, so that a kill tears at most the last line."""
        places, texts, place = [], [], self._end
        for row in rows:
            parts = [head, row.key, row.values, row.metrics, *([row.extra] if row.extra else [])]
            text = json.dumps(parts, separators=(",", ":"), allow_nan=False) + "\n"
            places.append(place)
            place += len(text.encode())
            texts.append(text)
        if texts:
            self._append("".join(texts))
            self._index[head].update((int(row.key, 16), at) for row, at in zip(rows, places))

    def __len__(self) -> int:
        return sum(map(len, self._index.values()))

    def find(self, key: str, heads: Sequence[int]) -> tuple[int, Row] | None:
        """The row of a key under the first of some heads that has it, with its head."""
        number = int(key, 16)
        for head in heads:
            place = self._index[head].get(number)
            if place is not None:
                return head, self._read(place)
        return None

    def has(self, key: str, heads: Sequence[int]) -> bool:
        """True where a row of that key is there, without reading it."""
        number = int(key, 16)
        return any(number in self._index[head] for head in heads)

    def rows(self, head: int) -> Iterator[Row]:
        """Every row of a head, in the order they were found."""
        for place in self._index[head].values():
            yield self._read(place)

    def _read(self, place: int) -> Row:
        data = os.pread(self._file, 4096, place)
        while b"\n" not in data:
            more = os.pread(self._file, 1 << 20, place + len(data))
            if not more:
                raise InputError("a row of the store has gone", where=str(self.path))
            data += more
        try:
            parts = json.loads(data[: data.index(b"\n")])
            return Row(parts[1], tuple(parts[2]), None if parts[3] is None else tuple(parts[3]), parts[4] if len(parts) > 4 else {})
        except (ValueError, IndexError, TypeError):
            raise InputError("a damaged row in the store", where=f"{self.path}, byte {place}",
                             hint="remove the line: the point is worked out again") from None
