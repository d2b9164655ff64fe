"""The plans of operations as rows: their ways, what feeds them, which tiles work with them."""

from __future__ import annotations

from typing import Any

from archsim.chip.plan.operation_plan import OperationPlan
from archsim.soc.compiled import tables as forms
from archsim.soc.compiled.numbering import TableNumbers
from archsim.soc.compiled.rows import Row, add_rows, table_of
from archsim.soc.compiled.tables import Table
from archsim.soc.compiled.words import ALL_ROWS, NONE, OFF_TILES, ON_TILES, SAME_ROW, WINDOW, WRITE
from archsim.soc.executed import ChipMachine
from archsim.soc.wiring import Way, Ways
from archsim.trace.operation import Operation


class OperationRows:
    """Rows of operations, and of what several of them have many of."""

    def __init__(self, machine: ChipMachine, numbers: TableNumbers):
        self.machine = machine
        self.numbers = numbers
        self.all = machine.trace.image_operations + machine.trace.batch_operations
        self.stations: list[Row] = []
        self.sources: list[Row] = []
        self.pools: list[Row] = []
        self.held: list[Row] = []
        self.turns = 0

    def add(self, plan: OperationPlan) -> Row:
        """The row of an operation; what it has many of is put behind that of others."""
        operation = plan.operation
        timing = plan.timing
        numbers = self.numbers
        kind = kind_of(plan)
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
        # one for the process that feeds it, which is the drain's too, and one a unit
        self.turns += 1 + plan.units
        row["capacity"] = plan.units * (self.machine.chip.buffer.tile_queue + timing.under_way)
        row["down_first"], row["down_count"] = add_rows(self.stations, self._way(ways.down))
        row["up_first"], row["up_count"] = add_rows(self.stations, self._way(ways.up))
        row["down_gate"] = ways.down.behind if ways.down.gate else NONE
        row["up_gate"] = numbers.servers[id(ways.up.gate)] if ways.up.gate else NONE
        row["first_source"], row["sources"] = add_rows(self.sources, self._sources(operation))
        pools = [
            {
                "extent": window.kernel,
                "stride": window.stride,
                "padding": window.padding,
                "limit": limit,
            }
            for window, limit in operation.pools
        ]
        row["first_pool"], row["pools"] = add_rows(self.pools, pools)
        row["first_held"], row["held"] = add_rows(self.held, self._held(plan))
        return row

    def tables(self) -> dict[str, Table]:
        """What operations have many of."""
        return {
            "STATION": table_of(forms.STATION, self.stations),
            "SOURCE": table_of(forms.SOURCE, self.sources),
            "POOL": table_of(forms.POOL, self.pools),
            "HELD": table_of(forms.HELD, self.held),
        }

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


def is_chain(plan: OperationPlan, ways: Ways) -> bool:
    """Whether the order of all requests of an operation that has the chip to itself is that of its
    jobs, so that `chain.py` needs no events for it.

    One unit at most works on it: units that end in one cycle would be in an order that only events
    tell. No input waits for a result. No resource serves both ways, and none lets the one go before
    the other.
    """
    if plan.cores is not None or plan.operation.sequential or ways.down.gate or ways.up.gate:
        return False
    if kind_of(plan) == ON_TILES and plan.units > 1:
        return False
    asked = [
        {id(server) for server, cycles in zip(way.servers, way.cycles) if cycles} for way in ways
    ]
    return not asked[0] & asked[1]


def kind_of(plan: OperationPlan) -> int:
    """What becomes of its jobs."""
    if plan.operation.kind == "write":
        return WRITE
    return ON_TILES if plan.on_tiles else OFF_TILES
