"""Measured activity in a trace: what training really did takes the place of the assumed means,
operation by operation.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from archsim.trace.chip_record import record_of
from archsim.trace.operation import PHASES, Activity, Operation, Trace
from hwlib.errors import InputError, unknown

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

# Probabilities and shares; every other field of an activity is a count and may be larger.
SHARES = (
    "input_density",
    "bit_density",
    "magnitude",
    "retried_tiles",
    "row_pulses",
    "column_pulses",
    "devices_written",
)


def with_activity(trace: Trace, activities: Mapping[tuple[str, str], Activity]) -> Trace:
    """The trace with the activity of (layer or further array, phase) on reads, transposed reads,
    pulse updates and writes.

    Args:
        trace: with assumed activity, or measured before.
        activities: by (layer or further array, phase).

    Returns:
        the trace. Digital operations have no activity: their counts follow from shapes alone. An
        operation that nothing was measured for keeps its assumed activity, and the trace then stays
        "assumed" as a whole.

    Raises:
        InputError: for a layer that the trace does not have, an unknown phase, and a value that is
            not finite, negative, or above one where it is a share. A phase that an inference does
            not have is passed over: a training measures more of them than it can use.
    """
    layers = {matrix.layer: matrix for matrix in trace.matrices}
    for (layer, phase), activity in activities.items():
        if layer not in layers:
            raise unknown("layer", layer, layers, "measured activity")
        if phase not in PHASES:
            raise unknown("phase", phase, PHASES, f"measured activity of {layer}")
        _check(activity, f"measured activity of {layer}, {phase}")

    # Setup operations stay as they are: a recording begins with the first image.
    def measured(operation: Operation) -> Operation:
        activity = activities.get((operation.matrix_name, operation.phase))
        if operation.kind == "digital" or activity is None:
            return operation
        inputs = operation.input_elements
        # only the values of the devices that are written go to the tiles
        if operation.kind == "write":
            matrix = layers[operation.matrix_name]
            inputs = matrix.columns * matrix.groups * activity.devices_written
        return dataclasses.replace(
            operation,
            activity=dataclasses.replace(activity, source="measured"),
            input_elements=inputs,
        )

    return dataclasses.replace(
        trace,
        image_operations=tuple(map(measured, trace.image_operations)),
        batch_operations=tuple(map(measured, trace.batch_operations)),
    )


def recorded_on(trace: Trace, chip: Architecture, device: str | None = None) -> Trace:
    """The trace with the chip (and the device of its arrays) that its activity was measured on, or
    that it is written for.
    """
    return dataclasses.replace(trace, chip=record_of(chip), device=device)


def _check(activity: Activity, where: str) -> None:
    for field in dataclasses.fields(Activity):
        if field.name == "source":
            continue
        value = getattr(activity, field.name)
        highest = 1.0 if field.name in SHARES else math.inf
        if not (0 <= value <= highest and math.isfinite(value)):
            raise InputError(
                "not a number in range",
                where=f"{where}: {field.name}",
                got=value,
                allowed="0 to 1" if highest == 1 else "0 and above",
            )
