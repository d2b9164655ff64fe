"""The events of a run as a value change dump (IEEE 1364, clause 18), for GTKWave, Surfer and other
waveform viewers.
"""

from __future__ import annotations

import heapq
import re
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from archsim.soc.observers.base import Observer, OutputFile
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.soc.machine import EventMachine
    from archsim.soc.operation_run import OperationRun
    from archsim.soc.server import Server

MAX_CHANGES = 5_000_000
MAX_UNITS = 4096
_UNITS = ("fs", "ps", "ns", "us", "ms", "s")


def timescale(clock_mhz: float) -> tuple[tuple[int, str], Fraction]:
    """The timescale and the ticks of a clock cycle: the largest 1, 10 or 100 of a unit that divides
    the period, so that 100 MHz gives 10 ns and one tick. A period that is no whole number of
    femtoseconds is rounded, tick by tick, to 1 fs.
    """
    femtoseconds = Fraction(10**9) / Fraction(str(clock_mhz))
    power = 0
    while femtoseconds.denominator == 1 and femtoseconds % 10 ** (power + 1) == 0 and power < 17:
        power += 1
    return (10 ** (power % 3), _UNITS[power // 3]), femtoseconds / 10**power


class VcdTrace(Observer):
    """Writes `path` at the end of the run: at most `limit` changes, then all signals are unknown (a
    note says so).

    chip.RESOURCE.busy: ports in use. chip.LAYER.operations: operations under way;
    chip.LAYER.unit_N.busy, .phase, .image and .step (the first one of the job): what a unit works
    on. Needs the library pyvcd.
    """

    def __init__(self, path: str | Path, limit: int = MAX_CHANGES):
        self.path = Path(path)
        self.limit = limit
        self._file = OutputFile(path, "$version archsim $end")

    def begin(self, machine: EventMachine) -> None:
        try:
            from vcd import VCDWriter
        except ImportError:
            raise InputError(
                "a value change dump needs the library pyvcd",
                where=str(self.path),
                hint="pip install 'archsim[vcd]'",
            ) from None
        self.notes = ()
        scale, self._ticks = timescale(machine.chip.clock_mhz)
        self._changes = 0
        self._stopped: int | None = None
        self._now = 0
        # (cycle, order, variable, value, whether the value is added)
        self._ahead: list[tuple[int, int, Any, Any, bool]] = []
        self._order = 0
        self._levels: dict[Any, Any] = {}
        self._jobs: dict[tuple[OperationRun, int], int] = {}
        self._file.open()
        # the writer asks for no more of a file than this one has: write and flush
        self._writer = VCDWriter(
            cast(IO[str], self._file),
            timescale=scale,
            date="",
            version="archsim",
            comment=f"{machine.trace.network} on {machine.chip.name}; a cycle is "
            f"{float(self._ticks):g} ticks",
        )
        self._names: set[tuple[str, ...]] = set()
        self._busy = {}
        self._servers = machine.all_servers()
        for server in self._servers:
            server.watchers.append(self._occupied)
            self._busy[server.name] = self._variable(
                self._scope("chip", server.name), "busy", "integer", 16, 0
            )
        self._units: dict[str, list[tuple]] = {}
        self._operations = {}
        operations = machine.trace.image_operations + machine.trace.batch_operations
        for layer in dict.fromkeys(operation.matrix_name for operation in operations):
            scope = self._scope("chip", layer)
            self._operations[layer] = self._variable(scope, "operations", "integer", 32, 0)
            count = len(machine.lanes[layer].free_at) if layer in machine.lanes else 0
            room = MAX_UNITS - sum(map(len, self._units.values()))
            if count > room:
                self.notes += (
                    f"{self.path.name}: only {room} of {count} units of {layer} are in it",
                )
            self._units[layer] = [
                self._unit((*scope, f"unit_{unit}")) for unit in range(min(count, room))
            ]

    def _unit(self, scope: tuple[str, ...]) -> tuple:
        return (
            self._variable(scope, "busy", "wire", 1, 0),
            self._variable(scope, "phase", "string", None, "idle"),
            self._variable(scope, "image", "integer", 64, 0),
            self._variable(scope, "step", "integer", 64, 0),
        )

    def started(self, run: OperationRun) -> None:
        self._flush(run.started)
        self._put(run.started, self._operations[run.plan.operation.matrix_name], 1, True)

    def tile_job(self, run: OperationRun, unit: int, begin: int, end: int) -> None:
        self._flush(run.machine.env.now)
        plan = run.plan
        job = self._jobs.get((run, unit), 0)
        self._jobs[run, unit] = job + 1
        units = self._units[plan.operation.matrix_name]
        # a pulse update or a write takes all units at once
        for busy, phase, image, step in (
            units if plan.operation.kind in ("pulse_update", "write") else units[unit : unit + 1]
        ):
            self._put(begin, busy, 1)
            self._put(begin, phase, plan.operation.phase)
            self._put(begin, image, run.image)
            self._put(begin, step, (unit + job * plan.units) * plan.per_job)
            self._put(end, busy, 0)

    def operation(self, run: OperationRun) -> None:
        self._flush(run.ended)
        self._put(run.ended, self._operations[run.plan.operation.matrix_name], -1, True)
        for unit in range(run.plan.units):
            self._jobs.pop((run, unit), None)

    def finish(self, machine: EventMachine) -> None:
        self._flush(machine.end + 1)
        if self._stopped is not None:
            self.notes += (
                f"{self.path.name}: it stops at cycle {self._stopped}, after {self.limit} changes",
            )
        self._writer.close(round(machine.end * self._ticks))
        for note in self.notes:
            self._file.write(f"$comment {note} $end\n")
        self._file.keep()

    def discard(self) -> None:
        self._file.discard()

    def _occupied(self, server: Server, port: int, asked: int, start: int, end: int) -> None:
        self._flush(server.env.now)
        self._put(start, self._busy[server.name], 1, True)
        self._put(end, self._busy[server.name], -1, True)

    def _scope(self, *names: str) -> tuple[str, ...]:
        """Names as a viewer takes them, each scope once."""
        plain = scope = tuple(re.sub(r"[^A-Za-z0-9_]", "_", name) for name in names)
        number = 1
        while scope in self._names:
            number += 1
            scope = (*plain[:-1], f"{plain[-1]}_{number}")
        self._names.add(scope)
        return scope

    def _variable(self, scope: tuple[str, ...], name: str, kind: str, size: int | None, start: Any):
        return self._writer.register_var(scope, name, kind, size=size, init=start)

    def _put(self, cycle: int, variable: Any, value: Any, added: bool = False) -> None:
        if self._stopped is None:
            self._order += 1
            heapq.heappush(self._ahead, (cycle, self._order, variable, value, added))

    def _flush(self, now: int) -> None:
        """Write all changes before cycle `now`: nothing earlier can be announced any more, but for
        words that may still give way.
        """
        ahead = self._ahead
        for server in self._servers:
            for words in server.yielding:
                now = min(now, words.asked)
        while ahead and ahead[0][0] < now and self._stopped is None:
            cycle = ahead[0][0]
            last = {}
            while ahead and ahead[0][0] == cycle:
                _, _, variable, value, added = heapq.heappop(ahead)
                if added:
                    value += self._levels.get(variable, 0)
                    self._levels[variable] = value
                last[variable] = value
            stamp = round(cycle * self._ticks)
            if self._changes + len(last) > self.limit:
                self._stopped = cycle
                self._writer.dump_off(stamp)
                ahead.clear()
                return
            self._changes += len(last)
            for variable, value in last.items():
                self._writer.change(variable, stamp, value)
