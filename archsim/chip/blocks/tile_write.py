"""Programming of cells, row by row and tiles side by side, with verify or blindly."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from archsim.chip.blocks.base import Acts, Block
from archsim.chip.blocks.tile import TileJob, count_tile_cycles
from archsim.chip.clocks import clocked_in_a_pulse
from archsim.chip.plan.record import add
from archsim.chip.plan.slowest import slowest_pulses, slowest_row
from archsim.chip.plan.tile_timing import write_row_cycles
from archsim.chip.section import Cycles, Section
from hwlib.effects import OTHER_ORDER, SLOWER

if TYPE_CHECKING:
    from archsim.chip.config import Architecture  # see base.py

# What each read after a pulse asks of the periphery.
VERIFY = (("array", "read"), ("front_end", "sample"), ("column_mux", "select"), ("adc", "convert"))


class WriteSettings(Section):
    """Programming of cells with verify."""

    parallel: Annotated[Literal["device", "row"], OTHER_ORDER] = "row"
    """What one programming pulse reaches: a `device`, or all of a `row` at once."""
    pulse_cycles: Annotated[int, Field(ge=1, le=10_000_000), SLOWER] = 10
    """Cycles of a programming pulse."""
    verify_cycles: Annotated[Cycles, SLOWER] = 1
    """Cycles of the read that verifies it."""
    pulses: Annotated[float, Field(ge=1, le=10_000), SLOWER] = 4.0
    """Mean number of pulses a programmed device needs: an assumption until measured activity gives
    it.
    """


PROGRAMS = Acts(lambda run: run.programs, "nothing is programmed")


class TileWrite(Block[WriteSettings]):
    """A row ends with its slowest device (archsim/chip/plan/slowest.py): the time is an expected
    largest count, the energy goes with the mean.
    """

    name = "write"
    section = WriteSettings
    kinds = ("write",)
    roles = ("write_driver", "level_shifter")
    without = frozenset({"level_shifter"})
    acts = {
        "parallel": PROGRAMS,
        "pulse_cycles": PROGRAMS,
        "verify_cycles": Acts(
            lambda run: (
                any(op.activity.verify_reads for op in run.of("write"))
                or bool(run.built.placement.passes)
            ),
            "nothing is programmed with verify",
        ),
        "pulses": Acts(
            lambda run: (
                any(not op.activity.write_pulses for op in run.of("write"))
                or bool(run.built.placement.passes)
            ),
            "nothing is programmed with the chip's own number of pulses",
        ),
    }

    def cycles_for(self, role: str, action: str, chip: Architecture) -> int | None:
        return chip.write.pulse_cycles

    def plan_job(self, job: TileJob) -> None:
        plan = job.plan
        layer = job.layer
        matrix = job.matrix
        activity = job.activity
        pulses = activity.write_pulses or job.chip.write.pulses
        # A step is one row of the layer's matrix; a bias row of the array is spread over them.
        spread = layer.rows / matrix.rows
        devices = (
            activity.devices_written
            * layer.columns
            * matrix.groups
            * layer.copies
            * plan.share
            * spread
        )
        lines = matrix.groups * layer.column_splits * layer.copies * plan.share * spread
        # Tiles program side by side; rows of copies and groups that share a tile follow one another.
        in_turn = layer.groups_per_tile * layer.copies_per_tile / layer.row_splits
        tiles = layer.tiles_per_unit * layer.units * plan.share
        plan.tile_operations = max(1, math.ceil(tiles))
        verifies = activity.verify_reads * job.turns("adc")
        slowest = _slowest_row(job, pulses)
        row_cycles = write_row_cycles(job.chip, 1, slowest, verifies)
        # A mean over rows, so it may be a fraction; the event model carries it on to the next row.
        plan.write_cycles = row_cycles * in_turn * spread
        # While a pulse lasts the sequencer only waits: its clock may stop.
        waiting = job.chip.write.pulse_cycles - clocked_in_a_pulse(job.chip.write, job.chip)
        plan.clocked_cycles = plan.write_cycles - slowest * waiting * in_turn * spread
        add(plan.step, "array", "write", devices * pulses)
        add(plan.step, "write_driver", "pulse", devices * pulses)
        add(plan.step, "level_shifter", "shift", devices * pulses)
        # the line of a row opens for a pulse, and for every read after it
        # A line opens once for all its devices; with fewer devices than lines, only theirs open.
        opened = min(devices, lines) * pulses * (1 + activity.verify_reads)
        add(plan.step, "word_line_driver", "drive", opened)
        add(plan.step, "bit_line_driver", "drive", devices * pulses)
        for component, action in VERIFY:
            add(plan.step, component, action, devices * pulses * activity.verify_reads)
        count_tile_cycles(plan.step, plan.clocked_cycles * tiles)


def _slowest_row(job: TileJob, pulses: float) -> float:
    """Pulses of the slowest of the rows that are programmed at once, one on each tile: all of a
    row's devices together or in turn.
    """
    layer = job.layer
    chip = job.chip
    share = job.activity.devices_written
    verified = job.activity.verify_reads > 0
    at_once = (
        job.matrix.groups
        * layer.copies
        * layer.row_splits
        / (layer.groups_per_tile * layer.copies_per_tile)
    )
    if chip.write.parallel == "row":
        return slowest_pulses(layer.columns * at_once, share, pulses, verified)
    # the devices of a layer's row, and with them the work, are spread over its column splits
    return slowest_row(
        at_once * layer.column_splits,
        min(layer.columns, chip.tile.columns),
        share,
        pulses,
        verified,
    )


BLOCK = TileWrite()
