"""The update in the array: rank-1 products of coincident pulse trains."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from archsim.chip.blocks.base import Acts, Block
from archsim.chip.blocks.step import part_of
from archsim.chip.blocks.tile import TileJob, count_tile_cycles
from archsim.chip.clocks import clocked_in_a_pulse
from archsim.chip.plan.record import add
from archsim.chip.plan.tile_timing import TileTiming, pulse_update_cycles
from archsim.chip.section import Section
from hwlib.effects import MORE_WORK, SLOWER


class TileUpdateSettings(Section):
    """Parallel outer-product update in the array by coincident pulse trains."""

    pulse_cycles: Annotated[int, Field(ge=1, le=1_000_000), SLOWER] = 1
    """Cycles of one slot of a pulse train."""
    polarity_phases: Annotated[Literal[1, 2, 4], SLOWER] = 2
    """Parts, one after the other, of an update: signs of rows and columns."""
    train_length: Annotated[int, Field(ge=1, le=1_000_000), MORE_WORK] = 10
    """Slots of a pulse train."""


class TileUpdate(Block[TileUpdateSettings]):
    """All tiles and copies of a layer at once, for polarity phases x train length x pulse: a train
    has one length for all lines.
    """

    name = "update"
    section = TileUpdateSettings
    kinds = ("pulse_update",)
    acts = {
        "pulse_cycles": Acts(lambda run: bool(run.of("pulse_update")), "no update in the array"),
        "polarity_phases": Acts(
            lambda run: any(not op.polarity_phases for op in run.of("pulse_update")),
            "no pulse trains, or trains with phases of their own",
        ),
        "train_length": Acts(
            lambda run: any(not op.activity.train_length for op in run.of("pulse_update")),
            "no pulse trains, or trains with a length of their own",
        ),
    }

    def plan_job(self, job: TileJob) -> None:
        plan = job.plan
        layer = job.layer
        matrix = job.matrix
        activity = job.activity
        chip = job.chip
        operation = job.plan.operation
        length = activity.train_length or chip.update.train_length
        copies = layer.copies  # every copy of a layer receives every update
        cycles = pulse_update_cycles(chip, length, operation.polarity_phases)
        plan.timing = TileTiming(cycles, cycles, 0)
        taken, reached = part_of(operation, layer.rows, layer.row_splits)
        tiles = layer.tiles_per_unit * layer.units * plan.share * reached
        plan.tile_operations = max(1, math.ceil(tiles))
        rows = layer.rows * matrix.groups * layer.column_splits * copies * plan.share * taken
        replicas = chip.weights.replicas_of(matrix.layer)
        columns = (
            matrix.columns
            * replicas
            * matrix.groups
            * layer.row_splits
            * copies
            * plan.share
            * reached
        )
        if operation.random and chip.bitstream.source != "ideal":
            # Every line draws in every slot, whether or not its bit comes out as a pulse.
            add(plan.step, "bitstream_generator", "bit", (rows + columns) * length)
            numbers = chip.bitstream.numbers_of_a_tile
            if numbers:
                add(plan.step, "number_generator", "number", tiles * numbers * length)
        add(plan.step, "word_line_driver", "drive", rows * length * activity.row_pulses)
        add(plan.step, "bit_line_driver", "drive", columns * length * activity.column_pulses)
        weights = (
            layer.rows * matrix.columns * matrix.groups * copies * replicas * plan.share * taken
        )
        # A cell that meets half a pulse is taken to draw nothing.
        add(plan.step, "array", "update", weights * activity.coincidences)
        plan.clocked_cycles = pulse_update_cycles(
            chip, length, operation.polarity_phases, clocked_in_a_pulse(chip.update, chip)
        )
        count_tile_cycles(plan.step, tiles * plan.clocked_cycles)


BLOCK = TileUpdate()
