"""A chip and its plans as tables, every one as large as the run needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from archsim.chip.plan.operation_plan import OperationPlan
from archsim.soc.compiled import tables as forms
from archsim.soc.compiled.tables import Table, laid_out
from archsim.soc.compiled.words import (
    ALL_ROWS,
    CAUSES,
    NONE,
    OFF_TILES,
    ON_TILES,
    SAME_ROW,
    WINDOW,
    WRITE,
)
from archsim.soc.executed import MAX_SPANS, ChipMachine
from archsim.soc.server import Server
from archsim.soc.wiring import Way, Ways
from archsim.trace.operation import Operation

Row = dict[str, Any]

JOBS_AT_ONCE = 1_000_000
"""Jobs of a chain between two turns of the loop of events, and so of the interpreter."""


class Room(NamedTuple):
    """Rows for what is not known before the run: runs at once, results that are on their last way at
    once, gaps of a port, requests that wait for a server, events at once, pieces of words that give way.
    """

    runs: int
    results: int = 64
    gaps: int = 32
    starts: int = 64
    events: int = 1024
    pieces: int = 16

    def larger(self) -> Room:
        """Four times the room."""
        return Room(*(4 * rows for rows in self))


class TableNumbers(NamedTuple):
    """The number of everything that has one: operations in the order of a trace, lanes, servers,
    layers in a phase, phases.
    """

    operations: dict[str, int]
    lanes: dict[str, int]
    servers: dict[int, int]
    layers: dict[tuple[str, str], int]
    phases: dict[str, int]


def numbers_of(machine: ChipMachine) -> TableNumbers:
    """Number everything on a machine."""
    operations = machine.trace.image_operations + machine.trace.batch_operations
    return TableNumbers(
        {operation.name: number for number, operation in enumerate(operations)},
        {name: number for number, name in enumerate(machine.lanes)},
        {id(server): number for number, server in enumerate(machine.servers())},
        {
            key: number
            for number, key in enumerate(dict.fromkeys((op.layer, op.phase) for op in operations))
        },
        {
            phase: number
            for number, phase in enumerate(dict.fromkeys(op.phase for op in operations))
        },
    )


class Filler:
    """Makes the tables of one machine."""

    def __init__(self, machine: ChipMachine, room: Room):
        self.machine = machine
        self.room = room
        self.numbers = numbers_of(machine)
        trace = machine.trace
        self.all = trace.image_operations + trace.batch_operations
        self.plans = [machine.plan_of(operation) for operation in self.all]
        self.most_units = max(
            (plan.units for plan in self.plans if _kind(plan) == ON_TILES), default=0
        )
        self.stations: list[Row] = []
        self.sources: list[Row] = []
        self.pools: list[Row] = []
        self.held: list[Row] = []
        self.turns = 0

    def tables(self) -> dict[str, Table]:
        """The tables, before the first event."""
        operations = [self._operation(plan) for plan in self.plans]
        settings = self._settings()  # its way into the chip is one more among the stations
        settings |= {
            "links": max([1, *(len(op.after) for op in self.all)]),
            "wakes": max(1, len(self.all)),
            "ports": sum(len(server.free_at) for server in self.machine.servers()),
            "stations": max([1, *(row["down_count"] for row in operations)]),
            "phases": len(self.numbers.phases),
            "spans": MAX_SPANS,
            "jobs_at_once": JOBS_AT_ONCE,
            **self.room._asdict(),
        }
        units, shared = self._units()
        queues, jobs = self._queues(operations)
        filled = self._state() | {
            "SETTINGS": _rows(forms.SETTINGS, [settings]),
            "OPERATION": _rows(forms.OPERATION, operations),
            "STATION": _rows(forms.STATION, self.stations),
            "SOURCE": _rows(forms.SOURCE, self.sources),
            "POOL": _rows(forms.POOL, self.pools),
            "HELD": _rows(forms.HELD, self.held),
            "QUEUE": queues,
            "SERVER": _rows(forms.SERVER, list(_server_rows(self.machine.servers()))),
            "LANE": self._lanes(),
            "UNIT": units,
            "SHARED": shared,
        }
        empty = self._empty_rows(settings) | {
            "JOB": jobs,
            "TILE": 1 + int(shared["tile"].max(initial=0)),
        }
        return laid_out(filled, empty)

    def _state(self) -> dict[str, Table]:
        """What counts from none before the first event."""
        runs = self.room.runs
        clock = _empty(forms.CLOCK, 1)
        clock["unused_runs"] = runs
        control = _empty(forms.CONTROL, 1)
        control["last_age"] = control["last_ended"] = control["waits_for"] = NONE
        unused = _empty(forms.UNUSED, runs)
        unused["unused"] = np.arange(runs)[::-1]
        turns = _empty(forms.TURN, self.turns)
        turns["last"] = NONE
        return {"CLOCK": clock, "CONTROL": control, "UNUSED": unused, "TURN": turns}

    def _empty_rows(self, settings: Row) -> dict[str, int]:
        """How many rows there are of what is empty before the first event."""
        runs = self.room.runs
        processes = runs * (self.most_units + 2)
        lanes = len(self.machine.lanes)
        # behind the gaps of all ports room for those of one while it is booked
        gaps = (settings["ports"] + 2) * self.room.gaps
        words = runs * settings["stations"]
        return {
            "COMING": self.room.events,
            "DUE": self.room.events,
            "PROCESS": processes,
            "RUN": runs,
            "LINK": runs * settings["links"],
            "WAKE_FOR": runs * settings["wakes"],
            "RESULT": runs * self.room.results,
            "PORT": settings["ports"],
            "PIECE": gaps,
            "WORDS": words,
            "WORDS_PIECE": words * self.room.pieces,
            "STALL": lanes * CAUSES,
            "PHASE_STALL": lanes * settings["phases"],
            "USE": len(self.numbers.layers) + settings["phases"],
            "SPAN": MAX_SPANS,
            "IMAGE": self.machine.images,
            "BORN": processes,
            "ENDED": runs,
            "WAITING": len(self.machine.servers()) * self.room.starts,
        }

    def _settings(self) -> dict[str, Any]:
        machine = self.machine
        chip, trace = machine.chip, machine.trace
        down, up = machine.wiring.down, machine.wiring.up
        bits = trace.input_elements * chip.read.input_bits
        first = len(self.stations)
        loaded = not chip.off_chip.preload_input
        if loaded:  # an image from outside passes the off-chip channel and a port of the buffer
            for server, width in (
                (down["off_chip"], chip.off_chip.bits_per_cycle),
                (up["buffer"], chip.buffer.width_bits),
            ):
                self.stations.append(
                    {"server": self.numbers.servers[id(server)], "cycles": -(-bits // width)}
                )
        forward = (op.name for op in trace.image_operations if op.phase == "forward")
        controller = machine.wiring.servers["controller"]
        return {
            "pipelined": machine.pipelined,
            "prefetch": chip.controller.prefetch,
            "issue_cycles": chip.controller.issue_cycles,
            "in_flight": chip.controller.in_flight,
            "hop_cycles": chip.interconnect.hop_cycles,
            "images": machine.images,
            "step": trace.batch if trace.phase == "training" else machine.images,
            "image_operations": len(trace.image_operations),
            "operations": len(self.all),
            "controller": self.numbers.servers[id(controller[0])] if controller else NONE,
            "fetched": loaded,
            "first_forward": self.numbers.operations.get(next(forward, ""), NONE),
            "load_first": first,
            "load_count": len(self.stations) - first,
            "load_latency": chip.off_chip.latency_cycles,
            "most_units": self.most_units,
            "room": chip.buffer.tile_queue,
        }

    def _operation(self, plan: OperationPlan) -> Row:
        operation, timing = plan.operation, plan.timing
        numbers, kind = self.numbers, _kind(plan)
        ways = self.machine.ways_of(operation)
        row: dict[str, Any] = {
            "layer_use": numbers.layers[operation.layer, operation.phase],
            "phase_use": len(numbers.layers) + numbers.phases[operation.phase],
            "phase": numbers.phases[operation.phase],
            "lane": numbers.lanes.get(operation.matrix_name, NONE),
            "kind": kind,
            "chain": not self.machine.pipelined and is_chain(plan, ways),
            "units": plan.units,
            "per_job": plan.per_job,
            "jobs": plan.jobs,
            "steps": operation.steps,
            "latency": plan.latency,
            "interval": timing.interval,
            "after_interval": timing.latency - timing.interval,
            "tiles": plan.tile_operations,
            "update": operation.kind == "pulse_update",
            "sequential": operation.sequential,
            "parts": operation.parts,
            "row": max(1, operation.steps_per_row),
            "rows_out": operation.rows_out,
            "steps_per_row": operation.steps_per_row,
            "every": operation.every,
            "wires": self.machine.chip.interconnect.hop_cycles if kind == ON_TILES else 0,
            "latest_run": NONE,
            "retries": plan.retries,
            "write_cycles": plan.write_cycles,
            "first_turn": self.turns,
        }
        self.turns += 1 + plan.units
        under_way = -(-(timing.latency - timing.interval) // max(1, timing.interval))
        row["capacity"] = plan.units * (self.machine.chip.buffer.tile_queue + under_way)
        row["down_first"], row["down_count"] = self._add(self.stations, self._way(ways.down))
        row["up_first"], row["up_count"] = self._add(self.stations, self._way(ways.up))
        row["down_gate"] = ways.down.behind if ways.down.gate else NONE
        row["up_gate"] = numbers.servers[id(ways.up.gate)] if ways.up.gate else NONE
        row["first_source"], row["sources"] = self._add(self.sources, self._sources(operation))
        pools = [
            {
                "extent": window.kernel,
                "stride": window.stride,
                "padding": window.padding,
                "limit": limit,
            }
            for window, limit in operation.pools
        ]
        row["first_pool"], row["pools"] = self._add(self.pools, pools)
        row["first_held"], row["held"] = self._add(self.held, self._held(plan))
        return row

    @staticmethod
    def _add(rows: list[Row], more: Sequence[Row]) -> tuple[int, int]:
        first = len(rows)
        rows.extend(more)
        return first, len(more)

    def _way(self, way: Way) -> list[Row]:
        return [
            {"server": self.numbers.servers[id(server)], "cycles": cycles}
            for server, cycles in zip(way.servers, way.cycles)
        ]

    def _sources(self, operation: Operation) -> list[Row]:
        """Which operations feed this one, and how many of their rows it needs: see `wait_for_rows`
        of `../feed.py`.
        """
        rows: list[Row] = []
        for name in operation.after:
            number = self.numbers.operations.get(name)
            if number is None:
                continue
            produced = self.all[number]
            row: dict[str, Any] = {"operation": number, "rows_out": produced.rows_out}
            streams = operation.phase == "forward" == produced.phase and operation.steps_per_row
            if streams and produced.rows_out > 1 and operation.window:
                window = operation.window
                row |= {"need": WINDOW, "extent": window.kernel}
                row |= {"stride": window.stride, "padding": window.padding}
            elif streams and produced.rows_out > 1 and produced.rows_out == operation.steps:
                row["need"] = SAME_ROW
            else:
                row["need"] = ALL_ROWS
            rows.append(row)
        return rows

    def _held(self, plan: OperationPlan) -> list[Row]:
        lanes = self.machine.lanes
        units = len(lanes[plan.operation.matrix_name].free_at) if plan.held else 0
        return [
            {
                "lane": self.numbers.lanes[name],
                "same": len(lanes[name].free_at) == units,
                "tiles": tiles,
            }
            for name, tiles in plan.held.items()
        ]

    def _queues(self, operations: Sequence[Row]) -> tuple[Table, int]:
        """The queues of every process, and rows for the jobs in them: never more than there are."""
        room = self.machine.chip.buffer.tile_queue
        results = max([1, *(min(row["capacity"], row["jobs"]) for row in operations)])
        width = self.most_units + 2
        queues = _empty(forms.QUEUE, self.room.runs * width)
        each = np.full(width, room)
        each[-1] = results
        queues["room"] = np.tile(each, self.room.runs)
        queues["offset"] = np.cumsum(queues["room"]) - queues["room"]
        return queues, int(queues["room"].sum())

    def _lanes(self) -> Table:
        rows, first = [], 0
        for lane in self.machine.lanes.values():
            units = len(lane.free_at)
            rows.append({"first_unit": first, "units": units, "tiles": lane.tiles})
            first += units
        return _rows(forms.LANE, rows)

    def _units(self) -> tuple[Table, Table]:
        rows: list[Row] = []
        shared: list[int] = []
        for lane in self.machine.lanes.values():
            for tiles in lane.shared:
                rows.append({"first_shared": len(shared), "shared": len(tiles)})
                shared += tiles
        return _rows(forms.UNIT, rows), _rows(forms.SHARED, [{"tile": tile} for tile in shared])


def is_chain(plan: OperationPlan, ways: Ways) -> bool:
    """Whether the order of all requests of an operation that has the chip to itself is that of its
    jobs, so that `chain.py` needs no events for it.

    One unit at most works on it: units that end in one cycle would be in an order that only events
    tell. No input waits for a result. No resource serves both ways, and none lets the one go before
    the other.
    """
    if plan.operation.sequential or ways.down.gate or ways.up.gate:
        return False
    if _kind(plan) == ON_TILES and plan.units > 1:
        return False
    asked = [
        {id(server) for server, cycles in zip(way.servers, way.cycles) if cycles} for way in ways
    ]
    return not asked[0] & asked[1]


def _kind(plan: OperationPlan) -> int:
    if plan.operation.kind == "write":
        return WRITE
    return ON_TILES if plan.on_tiles else OFF_TILES


def _server_rows(servers: Sequence[Server]):
    first = 0
    for server in servers:
        yield {
            "first_port": first,
            "ports": len(server.free_at),
            "first_waiting": NONE,
            "first_words": NONE,
        }
        first += len(server.free_at)


def _empty(form: np.dtype[np.void], rows: int) -> Table:
    return np.zeros(max(1, rows), form)


def _rows(form: np.dtype[np.void], rows: Sequence[Row]) -> Table:
    """Rows as a table; a field that a row does not name is 0."""
    if not rows:
        return _empty(form, 0)
    unnamed = dict.fromkeys(form.names or (), 0)
    return np.array([tuple((unnamed | row).values()) for row in rows], form)
