"""What a trace, a chip and a placement are refused for before anything is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.chip.cell_levels import check_cell_levels
from archsim.chip.cores.refused import check_on_cores
from archsim.chip.followers import check_followers
from archsim.chip.kind_chips import check_kinds
from archsim.chip.placement import Placement
from archsim.chip.written import check_written
from archsim.trace.consistency import check_trains
from archsim.trace.operation import Trace
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

MAX_IMAGES = 10_000_000


def check_description(trace: Trace, chip: Architecture) -> None:
    """Refuse what contradicts itself, before anything is placed."""
    check_kinds(chip)
    check_on_cores(chip)
    check_trains(trace, chip.update.train_length, chip.name)
    _check_reads(trace, chip)
    check_followers(chip)
    check_cell_levels(chip)
    check_written(trace, chip)


def _kinds(trace: Trace) -> set[str]:
    return {operation.kind for operation in trace.image_operations + trace.batch_operations}


def _check_reads(trace: Trace, chip: Architecture) -> None:
    """Refuse reads backwards on a chip that cannot."""
    if chip.read.transposed or "read_transposed" not in _kinds(trace):
        return
    tied = [
        operation
        for operation in trace.image_operations
        if operation.kind == "read_transposed" and operation.phase == "forward"
    ]
    where = f"{chip.origin}: read.transposed"
    if tied:
        raise InputError(
            f"layer '{tied[0].layer}' reads the matrix of '{tied[0].matrix_name}' transposed, "
            "the chip cannot read backwards",
            where=where,
            got=False,
            hint="set read.transposed=true, or give the layer its own weights",
        )
    raise InputError(
        "this scheme reads the arrays backwards, the chip cannot",
        where=where,
        got=False,
        hint="set read.transposed=true, or scheme.backward_in=vector_unit where the scheme has it",
    )


def require_images(images: object) -> None:
    """Raises InputError for what is no number of images."""
    if not isinstance(images, int) or isinstance(images, bool) or not 1 <= images <= MAX_IMAGES:
        raise InputError(
            "not a whole number of images", where="images", got=images, allowed=f"1 to {MAX_IMAGES}"
        )


def require_kept_weights(trace: Trace, placement: Placement, chip: Architecture) -> None:
    """Raises InputError where reloaded layers would lose what pulses changed in them."""
    if placement.passes and "pulse_update" in _kinds(trace):
        raise InputError(
            "this scheme keeps its weights in the array alone; loading other layers there would lose them",
            where=f"{chip.origin}: execution.reload",
            got=True,
            hint=f"give the chip {placement.tiles} tiles (tile.count), or take another scheme",
        )
