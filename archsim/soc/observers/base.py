"""What an observer of a run is, and the file it writes: whole at the end, or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from archsim.basics.files import refuse_other_file
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.soc.machine import EventMachine
    from archsim.soc.operation_run import OperationRun


class Observer:
    """Hooks of a run; a subclass overrides what it wants to see. The model never asks an observer
    for anything.

    Times are cycles. Hooks come in the order of time, but a tile job is announced when its tile is
    taken: `begin` and
    `end` then lie ahead. `notes` go into the result.
    """

    notes: tuple[str, ...] = ()

    def begin(self, machine: EventMachine) -> None:
        """Before the first cycle.

        Args:
            machine: the chip; `server.watchers` of its servers get (server, port, asked, start, end).
        """

    def started(self, run: OperationRun) -> None:
        """An operation was issued.

        Args:
            run: the operation (`run.started` is the cycle).
        """

    def tile_job(self, run: OperationRun, unit: int, begin: int, end: int) -> None:
        """A unit (of a pulse update or a write: all units) works on a job.

        Args:
            run: the operation.
            unit: number of the tile among those of the operation.
            begin: first cycle.
            end: cycle in which it is free again.
        """

    def operation(self, run: OperationRun) -> None:
        """An operation ended.

        Args:
            run: the operation (`run.started` and `run.ended` are its cycles).
        """

    def finish(self, machine: EventMachine) -> None:
        """The run is over and nothing was lost.

        Args:
            machine: the chip; `machine.end` is its last cycle.
        """

    def discard(self) -> None:
        """The run failed: leave nothing behind."""


class OutputFile:
    """A text file under a temporary name in the folder of `path` until `keep`; `mark` stands in the
    first lines of every file of its kind (empty: not known, and any is written over). Raises
    InputError where it cannot be written, or another file has its name.
    """

    def __init__(self, path: str | Path, mark: str = ""):
        self.path = Path(path)
        self.mark = mark
        self._temporary = ""
        self._stream: IO[str] | None = None

    @property
    def stream(self) -> IO[str]:
        """The open file."""
        if self._stream is None:
            raise RuntimeError(f"{self.path} is not open")
        return self._stream

    def open(self) -> None:
        """Open the temporary file."""
        if os.path.isdir(self.path):
            raise InputError("a folder, not a file", where=str(self.path))
        refuse_other_file(self.path, self.mark)
        try:
            # beside the file: only within one file system does it get its name at one stroke
            handle, self._temporary = tempfile.mkstemp(
                prefix=f".{self.path.name}.", dir=self.path.absolute().parent
            )
            self._stream = os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n")
        # ValueError: a null byte in the name
        except (OSError, ValueError) as error:
            raise self._fault(error) from None

    def write(self, text: str) -> int:
        """Append text."""
        try:
            return self.stream.write(text)
        except OSError as error:
            raise self._fault(error) from None

    def flush(self) -> None:
        """Hand what is buffered to the system."""
        try:
            self.stream.flush()
        except OSError as error:
            raise self._fault(error) from None

    def keep(self) -> None:
        """Close the file and give it its name."""
        try:
            self.stream.close()
            # a temporary file is its owner's alone, a result everybody may read
            os.chmod(self._temporary, 0o644)
            os.replace(self._temporary, self.path)
            self._temporary = ""
        except OSError as error:
            raise self._fault(error) from None

    def discard(self) -> None:
        """Remove the temporary file, if there is one."""
        if self._temporary:
            # a full disk: what is left in the buffer is thrown away with the file
            with contextlib.suppress(OSError):
                self.stream.close()
            Path(self._temporary).unlink(missing_ok=True)
            self._temporary = ""

    def _fault(self, error: Exception) -> InputError:
        return InputError(
            f"cannot write the file ({getattr(error, 'strerror', None) or error})",
            where=str(self.path),
        )
