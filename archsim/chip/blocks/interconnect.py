"""The wires between buffer and tiles."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from archsim.chip.blocks.base import TIMED, Acts, Block, Contradiction, ServerPlan
from archsim.chip.blocks.step import Step, part_of
from archsim.chip.section import Cycles, Section
from archsim.trace.operation import Operation, Trace
from hwlib.effects import OTHER_ORDER, SIDE_BY_SIDE, SLOWER

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py
    from archsim.chip.placement import LayerPlacement


class InterconnectSettings(Section):
    """Wires between buffer and tiles."""

    kind: Annotated[Literal["bus", "h_tree"], OTHER_ORDER.as_limit()] = "bus"
    """`bus`: one shared medium for both directions; `h_tree`: a tree down and one up."""
    width_bits: Annotated[int, Field(ge=1, le=4096), SIDE_BY_SIDE] = 64
    """Bits a cycle."""
    hop_cycles: Annotated[Cycles, SLOWER] = 1
    """Cycles a word is under way."""
    arbitration: Annotated[Literal["fifo", "drain_first"], OTHER_ORDER.as_limit()] = "fifo"
    """`fifo`: first come, first served; `drain_first`: results leave before new inputs enter."""


class Interconnect(Block[InterconnectSettings]):
    """A word of `width_bits` a cycle, in either direction.

    The medium carries a multicast once, which is its time; the energy goes with the wires that
    switch: on a tree, those of every branch.
    """

    name = "interconnect"
    section = InterconnectSettings
    down = 30
    up = 10
    roles = ("interconnect",)
    on_cores = False
    only_times = True
    acts = {
        "kind": Acts(
            lambda run: (
                run.timed
                or any(layer.column_splits > 1 for layer in run.built.placement.layers.values())
            ),
            "nothing is timed, and no input goes to several tiles",
        ),
        "width_bits": TIMED,
        "hop_cycles": TIMED,
        "arbitration": TIMED,
    }

    def servers(self, chip: Architecture, trace: Trace) -> tuple[ServerPlan, ...]:
        if chip.core.tiles:  # every core has its own
            return ()
        first = chip.interconnect.arbitration == "drain_first"
        down = ServerPlan("interconnect", "bus", prioritised=first)
        if chip.interconnect.kind == "bus":
            return (down,)
        return down, ServerPlan("interconnect_up", "bus", prioritised=first)

    def cycles_for(self, role: str, action: str, chip: Architecture) -> int | None:
        # a word that needs no cycle of its own is there within the one in which it left
        return max(1, self.settings(chip).hop_cycles)

    def flat_only(self, chip: Architecture) -> Iterator[Contradiction]:
        word = chip.interconnect.arbitration
        if word != "fifo":
            why = "the wires of a core serve in order of arrival"
            yield Contradiction("interconnect.arbitration", word, why, "set fifo")

    def plan_step(self, step: Step) -> None:
        settings = self.settings(step.chip)
        operation = step.operation
        carried = switched = 0.0
        if step.plan.on_tiles and step.layer is not None:
            carried = switched = step.bits_in
            if settings.kind == "h_tree":
                values = branches(operation, step.layer, step.elements_in)
                switched = values * step.chip.read.input_bits
        # Time goes with what the medium carries once, energy with the wires that switch.
        step.count("interconnect", "transfer", switched + step.results_out)
        step.plan.down[self.name] = math.ceil(carried / settings.width_bits - 1e-9)
        step.plan.up[self.name] = math.ceil(step.results_out / settings.width_bits - 1e-9)


def branches(operation: Operation, layer: LayerPlacement, elements: float) -> float:
    """Values that a tree carries to its leaves for one step: a value of the rows goes to every tile
    beside the first, one of the columns to every tile below it; what is written goes to the one
    tile that holds it.
    """
    if operation.kind == "read":
        return elements * layer.column_splits
    if operation.kind == "read_transposed":
        return elements * layer.row_splits
    if operation.kind == "pulse_update":
        reached = part_of(operation, layer.row_splits, layer.row_splits)[1]
        # an address chooses the line where only one is pulsed
        across = (
            elements
            if operation.lines
            else min(elements, layer.matrix.columns * layer.matrix.groups)
        )
        return across * layer.row_splits * reached + (elements - across) * layer.column_splits
    return elements


BLOCK = Interconnect()
