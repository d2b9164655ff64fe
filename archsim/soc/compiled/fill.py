"""A chip and its plans as tables, every one as large as the run needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from archsim.soc.compiled import tables as forms
from archsim.soc.compiled.calendar import SPOKES
from archsim.soc.compiled.numbering import Room, numbers_of
from archsim.soc.compiled.operations import OperationRows, kind_of
from archsim.soc.compiled.rows import Row, empty_table, table_of, table_of_servers
from archsim.soc.compiled.tables import Table, laid_out
from archsim.soc.compiled.words import CAUSES, NONE, ON_TILES
from archsim.soc.executed import MAX_SPANS, ChipMachine

JOBS_AT_ONCE = 1_000_000
"""Jobs of a chain between two turns of the loop of events, and so of the interpreter."""


class Filler:
    """Makes the tables of one machine."""

    def __init__(self, machine: ChipMachine, room: Room):
        self.machine = machine
        self.room = room
        self.numbers = numbers_of(machine)
        self.rows = OperationRows(machine, self.numbers)
        self.all = self.rows.all
        self.plans = [machine.plan_of(operation) for operation in self.all]
        self.most_units = self._most_units()

    def tables(self) -> dict[str, Table]:
        """The tables, before the first event."""
        operations = [self.rows.add(plan) for plan in self.plans]
        self._more_of(operations)
        settings = self._settings()  # its way into the chip is one more among the stations
        settings |= {
            "links": max([1, *(len(op.after) for op in self.all)]),
            "wakes": max(1, len(self.all)),
            "ports": sum(len(server.free_at) for server in self.machine.all_servers()),
            "stations": max([1, *(row["down_count"] for row in operations)]),
            "phases": len(self.numbers.phases),
            "spans": MAX_SPANS,
            "jobs_at_once": JOBS_AT_ONCE,
        }
        known = set(forms.SETTINGS.names or ())
        settings |= {name: rows for name, rows in self.room._asdict().items() if name in known}
        units, shared = self._units()
        rooms = self._rooms(operations)
        filled = self._state() | self.rows.tables() | self._more_tables()
        filled |= {
            "SETTINGS": table_of(forms.SETTINGS, [settings]),
            "OPERATION": table_of(forms.OPERATION, operations),
            "QUEUE": self._queues(rooms),
            "SERVER": table_of_servers(self.machine.all_servers()),
            "LANE": self._lanes(),
            "UNIT": units,
            "SHARED": shared,
        }
        empty = (
            dict.fromkeys(forms.FORMS, 1)
            | self._empty_rows(settings)
            | {"JOB": self.room.runs * sum(rooms), "TILE": 1 + int(shared["tile"].max(initial=0))}
        )
        return laid_out(filled, empty)

    def _most_units(self) -> int:
        """Units of an operation that have a process of their own, at most."""
        on_tiles = [plan.units for plan in self.plans if kind_of(plan) == ON_TILES]
        return max(on_tiles, default=0)

    def _more_of(self, operations: Sequence[Row]) -> None:
        """What another kind of chip says of its operations."""

    def _more_tables(self) -> dict[str, Table]:
        """Tables that only another kind of chip fills."""
        return {}

    def _processes(self) -> int:
        """Records of processes of all runs."""
        return self.room.runs * (self.most_units + 2)

    def _state(self) -> dict[str, Table]:
        """What counts from none before the first event."""
        runs = self.room.runs
        clock = empty_table(forms.CLOCK, 1)
        clock["unused_runs"] = runs
        clock["free_turning"] = NONE
        wheel = empty_table(forms.SPOKE, SPOKES)
        wheel["first_turning"] = NONE
        control = empty_table(forms.CONTROL, 1)
        control["last_age"] = control["last_ended"] = control["waits_for"] = NONE
        unused = empty_table(forms.UNUSED, runs)
        unused["unused"] = np.arange(runs)[::-1]
        turns = empty_table(forms.TURN, self.rows.turns)
        turns["last"] = NONE
        return {"CLOCK": clock, "SPOKE": wheel, "CONTROL": control, "UNUSED": unused, "TURN": turns}

    def _empty_rows(self, settings: Row) -> dict[str, int]:
        """How many rows there are of what is empty before the first event."""
        runs = self.room.runs
        processes = self._processes()
        lanes = len(self.machine.lanes)
        # behind the gaps of all ports room for those of one while it is booked
        gaps = (settings["ports"] + 2) * self.room.gaps
        words = runs * settings["stations"]
        return {
            "COMING": self.room.events,
            "TURNING": self.room.events,
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
            "WAITING": len(self.machine.all_servers()) * self.room.starts,
        }

    def _settings(self) -> dict[str, Any]:
        machine = self.machine
        chip = machine.chip
        trace = machine.trace
        down, up = machine.wiring.down, machine.wiring.up
        bits = trace.input_elements * chip.read.input_bits
        first = len(self.rows.stations)
        loaded = not chip.off_chip.preload_input
        if loaded:  # an image from outside passes the off-chip channel and a port of the buffer
            for server, cycles in (
                (down["off_chip"], chip.off_chip.cycles(bits)),
                (up["buffer"], chip.buffer.cycles(bits)),
            ):
                self.rows.stations.append(
                    {"server": self.numbers.servers[id(server)], "cycles": cycles}
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
            "load_count": len(self.rows.stations) - first,
            "load_latency": chip.off_chip.latency_cycles,
            "most_units": self.most_units,
            "room": chip.buffer.tile_queue,
        }

    def _rooms(self, operations: Sequence[Row]) -> list[int]:
        """Jobs in the queue of each process of a run at most: never more than there are."""
        results = max([1, *(min(row["capacity"], row["jobs"]) for row in operations)])
        return [self.machine.chip.buffer.tile_queue] * (self.most_units + 1) + [results]

    def _queues(self, rooms: Sequence[int]) -> Table:
        """The queues of every process, the jobs in them one behind the other."""
        queues = empty_table(forms.QUEUE, self.room.runs * len(rooms))
        queues["room"] = np.tile(np.array(rooms, np.int64), self.room.runs)
        queues["offset"] = np.cumsum(queues["room"]) - queues["room"]
        return queues

    def _lanes(self) -> Table:
        rows = []
        first = 0
        for lane in self.machine.lanes.values():
            units = len(lane.free_at)
            rows.append({"first_unit": first, "units": units, "tiles": lane.tiles})
            first += units
        return table_of(forms.LANE, rows)

    def _units(self) -> tuple[Table, Table]:
        rows: list[Row] = []
        shared: list[int] = []
        for lane in self.machine.lanes.values():
            for tiles in lane.shared:
                rows.append({"first_shared": len(shared), "shared": len(tiles)})
                shared += tiles
        return table_of(forms.UNIT, rows), table_of(
            forms.SHARED, [{"tile": tile} for tile in shared]
        )
