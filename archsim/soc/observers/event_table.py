"""The events of a run as a table (CSV), for pandas, R, a spreadsheet or a database.

A row is an event: an operation of an image from issue to end, a job of a unit of tiles, or a
request that a port of a resource served. Times are cycles; an end is the cycle after the last.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.soc.observers.base import Observer, OutputFile

if TYPE_CHECKING:
    from archsim.soc.machine import EventMachine
    from archsim.soc.operation_run import OperationRun
    from archsim.soc.server import Server

MAX_EVENTS = 5_000_000
COLUMNS = ("event", "where", "number", "operation", "phase", "image", "asked", "begin", "end")


class EventTable(Observer):
    """Writes `path` at the end of the run, at most `limit` rows (a note says so), in the order in
    which the events are announced.

    event: "operation", "tile_job" or "service". where: the layer whose tiles it is on, or the
    resource; number: its unit or port, from 0. asked: when a service was asked for, so that
    begin - asked is what it waited. What a column has no meaning for is left empty.
    """

    def __init__(self, path: str | Path, limit: int = MAX_EVENTS):
        self.path = Path(path)
        self.limit = limit
        self._file = OutputFile(path, ",".join(COLUMNS))

    def begin(self, machine: EventMachine) -> None:
        self.notes = ()
        self._rows = 0
        self._file.open()
        self._table = csv.writer(self._file, lineterminator="\n")
        self._table.writerow(COLUMNS)
        for server in machine.all_servers():
            server.watchers.append(self._served)

    def tile_job(self, run: OperationRun, unit: int, begin: int, end: int) -> None:
        operation = run.plan.operation
        self._write(
            ("tile_job", operation.matrix_name, unit, operation.name, operation.phase, run.image)
            + ("", begin, end)
        )

    def operation(self, run: OperationRun) -> None:
        operation = run.plan.operation
        self._write(
            ("operation", operation.matrix_name, "", operation.name, operation.phase, run.image)
            + ("", run.started, run.ended)
        )

    def finish(self, machine: EventMachine) -> None:
        left_out = self._rows - self.limit
        if left_out > 0:
            self.notes = (
                f"{self.path.name}: the first {self.limit} events are in it, "
                f"{left_out} later ones are left out",
            )
        self._file.keep()

    def discard(self) -> None:
        self._file.discard()

    def _served(self, server: Server, port: int, asked: int, start: int, end: int) -> None:
        self._write(("service", server.name, port, "", "", "", asked, start, end))

    def _write(self, row: tuple[str | int, ...]) -> None:
        self._rows += 1
        if self._rows <= self.limit:
            self._table.writerow(row)
