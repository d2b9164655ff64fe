"""The events of a run in the Trace Event Format, which ui.perfetto.dev and chrome://tracing open.

Layers and the chip's resources are processes, units and ports are threads; operations and tile jobs
are complete events, and counters follow the run in time. Cycles become microseconds of the chip's
clock; each event also carries them as cycles.
Source of the format: "Trace Event Format", Google,
docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.soc.observers.base import Observer, OutputFile

if TYPE_CHECKING:
    from archsim.soc.machine import EventMachine
    from archsim.soc.operation_run import OperationRun
    from archsim.soc.server import Server

MAX_EVENTS = 1_000_000
BINS = 1024
# Process numbers: the chip's resources, then the layers (0 means the idle process of an operating
# system to some viewers).
CHIP = 1


class Profile:
    """How much of something there is in the course of time, in at most 2 x BINS equal bins that
    widen as time goes on.
    """

    def __init__(self) -> None:
        self.width = 1
        self.sums: list[float] = []

    def add(self, begin: int, end: int, amount: float = 1.0) -> None:
        """Add `amount` from cycle `begin` to `end`."""
        self._widen(end)
        if end <= begin:
            return
        first, last = begin // self.width, (end - 1) // self.width
        self.sums += [0.0] * (last + 1 - len(self.sums))
        for index in range(first, last + 1):
            self.sums[index] += amount * (
                min(end, (index + 1) * self.width) - max(begin, index * self.width)
            )

    def _widen(self, end: int) -> None:
        while end > 2 * BINS * self.width:
            self.sums = [sum(self.sums[i : i + 2]) for i in range(0, len(self.sums), 2)]
            self.width *= 2

    def means(self, end: int) -> list[tuple[int, float]]:
        """(first cycle of a bin, mean amount in it), up to cycle `end`."""
        self._widen(end)
        bins = self.sums + [0.0] * (-(-end // self.width) - len(self.sums))
        return [
            (i * self.width, total / (min(end, (i + 1) * self.width) - i * self.width))
            for i, total in enumerate(bins)
        ]


_HEAD = '{"displayTimeUnit":"ns","traceEvents":['


class PerfettoTrace(Observer):
    """Writes `path` at the end of the run: at most `limit` events, then only the counters go on (a
    note says so).
    """

    def __init__(self, path: str | Path, limit: int = MAX_EVENTS):
        self.path = Path(path)
        self.limit = limit
        self._file = OutputFile(path, _HEAD)

    def begin(self, machine: EventMachine) -> None:
        self.notes = ()
        self._clock_mhz = machine.chip.clock_mhz
        self._dropped = 0
        self._events = 0
        self._last = 0
        self._processes: dict[str, int] = {}
        self._threads: set[tuple[int, int]] = set()
        self._rows: dict[str, list[int]] = {}
        self._counters = {name: Profile() for name in ("tiles busy", "operations in flight")}
        self._file.open()
        self._file.write(_HEAD + "\n")
        self._name("process_name", "chip", CHIP, 0)
        self._server_threads = {}
        for index, server in enumerate(machine.all_servers()):
            self._counters[f"waiting for {server.name}"] = Profile()
            server.watchers.append(self._occupied)
            self._server_threads[server.name] = first = 1 + index * 64
            for port in range(len(server.free_at)):
                self._name(
                    "thread_name",
                    server.name + (f" port {port + 1}" if port else ""),
                    CHIP,
                    first + port,
                )
        for name in machine.lanes:
            self._process(name)

    def tile_job(self, run: OperationRun, unit: int, begin: int, end: int) -> None:
        operation = run.plan.operation
        self._counters["tiles busy"].add(begin, end, run.plan.tile_operations)
        process = self._process(operation.matrix_name)
        self._name("thread_name", f"unit {unit}", process, 1000 + unit)
        self._span(
            process, 1000 + unit, operation.name, operation.phase, begin, end, {"image": run.image}
        )

    def operation(self, run: OperationRun) -> None:
        operation = run.plan.operation
        self._counters["operations in flight"].add(run.started, run.ended)
        process = self._process(operation.matrix_name)
        # Spans of one thread must not overlap: operations of several images stand in as many rows
        # as are needed.
        rows = self._rows.setdefault(operation.matrix_name, [])
        row = next((i for i, end in enumerate(rows) if end <= run.started), len(rows))
        rows[row : row + 1] = [run.ended]
        self._name("thread_name", "operations" + (f" {row + 1}" if row else ""), process, 1 + row)
        self._span(
            process,
            1 + row,
            operation.name,
            operation.phase,
            run.started,
            run.ended,
            {"image": run.image, "steps": operation.steps, "kind": operation.kind},
        )

    def finish(self, machine: EventMachine) -> None:
        for name, profile in self._counters.items():
            before = None
            for cycle, mean in profile.means(machine.end):
                if mean != before:
                    self._write(
                        {
                            "ph": "C",
                            "pid": CHIP,
                            "name": name,
                            "ts": self._microseconds(cycle),
                            "args": {"mean": round(mean, 6)},
                        }
                    )
                before = mean
        if self._dropped:
            self.notes = (
                f"{self.path.name}: the first {self.limit} events are in it, {self._dropped} later "
                "ones are left out",
            )
        other = {
            "network": machine.trace.network,
            "chip": machine.chip.name,
            "clock_mhz": machine.chip.clock_mhz,
            "cycles": machine.end,
            "note": "; ".join(self.notes),
        }
        self._file.write('\n],"otherData":' + json.dumps(other) + "}\n")
        self._file.keep()

    def discard(self) -> None:
        self._file.discard()

    def _occupied(self, server: Server, port: int, asked: int, start: int, end: int) -> None:
        self._counters[f"waiting for {server.name}"].add(asked, start)
        self._span(
            CHIP, self._server_threads[server.name] + port, "busy", server.kind, start, end, {}
        )

    def _span(
        self,
        process: int,
        thread: int,
        name: str,
        category: str,
        begin: int,
        end: int,
        arguments: dict[str, Any],
    ) -> None:
        if self._events >= self.limit:
            self._dropped += 1
            return
        self._events += 1
        self._write(
            {
                "ph": "X",
                "pid": process,
                "tid": thread,
                "name": name,
                "cat": category,
                "ts": self._microseconds(begin),
                "dur": self._microseconds(end - begin),
                "args": arguments | {"begin_cycle": begin, "end_cycle": end},
            }
        )

    def _process(self, layer: str) -> int:
        if layer not in self._processes:
            self._processes[layer] = CHIP + 1 + len(self._processes)
            self._name("process_name", f"layer {layer}", self._processes[layer], 0)
        return self._processes[layer]

    def _name(self, kind: str, name: str, process: int, thread: int) -> None:
        if (process, thread) not in self._threads:
            self._threads.add((process, thread))
            self._write(
                {"ph": "M", "pid": process, "tid": thread, "name": kind, "args": {"name": name}}
            )

    def _microseconds(self, cycles: int) -> float:
        return cycles / self._clock_mhz

    def _write(self, event: dict[str, Any]) -> None:
        self._file.write((",\n" if self._last else "") + json.dumps(event, separators=(",", ":")))
        self._last = 1
