"""What a chip of cores adds to the tables: its copies, messages, ways and links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from archsim.soc.compiled import tables as forms
from archsim.soc.compiled.cores.bring import MORE_ARRIVALS
from archsim.soc.compiled.cores.steady.words import KEPT_STATES, STATE_FRACTIONS, STATE_WORDS
from archsim.soc.compiled.cores.works import WorkRows
from archsim.soc.compiled.fill import Filler
from archsim.soc.compiled.numbering import Room
from archsim.soc.compiled.rows import Row, empty_table
from archsim.soc.compiled.tables import Table
from archsim.soc.compiled.words import NONE

if TYPE_CHECKING:
    from archsim.soc.compiled.cores.machine import CompiledCoreMachine  # whose tables these are


class CoreFiller(Filler):
    """Makes the tables of a machine with cores."""

    machine: CompiledCoreMachine

    def __init__(self, machine: CompiledCoreMachine, room: Room):
        super().__init__(machine, room)
        self.outstanding = machine.chip.network.outstanding
        self.works = WorkRows(machine, self.numbers)

    def _most_units(self) -> int:
        return max((plan.units for plan in self.plans), default=1)

    @property
    def _width(self) -> int:
        """Processes of a run but for those that cross the network."""
        return 1 + 3 * self.most_units

    @property
    def _copies(self) -> int:
        return self.room.runs * self.most_units

    def _processes(self) -> int:
        return self.room.runs * self._width + self._copies * (self.outstanding + 1)

    def _more_of(self, operations: Sequence[Row]) -> None:
        for row, plan in zip(operations, self.plans):
            row |= self.works.add(plan)
            row["capacity"] //= plan.units  # every copy has a queue of results

    def _rooms(self, operations: Sequence[Row]) -> list[int]:
        results = max([1, *(min(row["capacity"], row["jobs"]) for row in operations)])
        queue = self.machine.chip.buffer.tile_queue
        return [1, *[self.outstanding, queue, results] * self.most_units]

    def _more_tables(self) -> dict[str, Table]:
        return (
            self.works.tables() | self._links() | {"FLOOR": self._floor(), "STEADY": self._steady()}
        )

    def _floor(self) -> Table:
        speed = self.machine.network.speed
        row = empty_table(forms.FLOOR, 1)
        row["flit_bits"] = speed.flit_bits
        row["packet_flits"] = speed.packet_flits
        row["outstanding"] = self.outstanding
        row["width"] = self._width
        row["over_first"] = self.room.runs * self._width
        row["waits_of_link"] = self.room.looks
        row["transits"] = self.room.transits
        row["sendings"] = self.room.sendings
        row["classes"] = self.machine.network.layout.routers.classes
        row["free_transit"] = row["free_sending"] = NONE
        return row

    def _steady(self) -> Table:
        row = empty_table(forms.STEADY, 1)
        row["enabled"] = self.machine.skips
        row["age"] = NONE
        return row

    def _links(self) -> dict[str, Table]:
        network = self.machine.network
        wires = empty_table(forms.WIRE, len(network.links))
        wires["bits"] = network.widths
        wires["delay"] = network.delays
        of_all = [network.layout.routers.classes * slots for slots in network.slots]
        wires["slots"] = network.slots
        wires["first_slot"] = np.cumsum([0, *of_all[:-1]])
        wires["first_look"] = np.arange(len(wires)) * self.room.looks
        wires["first_asking"] = wires["last_asking"] = NONE
        return {"WIRE": wires, "SLOT": empty_table(forms.SLOT, sum(of_all))}

    def _empty_rows(self, settings: Row) -> dict[str, int]:
        return super()._empty_rows(settings) | {
            "LOOK": len(self.machine.network.links) * self.room.looks,
            "SENDING": self.room.sendings,
            "TRANSIT": self.room.transits,
            "ARRIVAL": self._copies * (self.outstanding + MORE_ARRIVALS),
            "CROSSING": self._copies * (self.outstanding + 1),
            "CROSSINGS": self._copies,
            # behind all events room for one while they are sorted
            "COMING": self.room.events + 1,
            "KEPT_STATE": KEPT_STATES,
            "STEADY_WORD": KEPT_STATES * STATE_WORDS,
            "STEADY_FRACTION": KEPT_STATES * STATE_FRACTIONS,
            "REACHED_SERVER": len(self.machine.all_servers()),
            "REACHED_LINK": len(self.machine.network.links),
            "NAME": self.room.transits + self.room.sendings,
            "FOUND": self.room.transits + self.room.sendings,
        }
