"""Upkeep of devices in a trace: pairs that run full are found, reset and written again, row by row
between the images.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.operation import Activity, Operation, Trace


@dataclasses.dataclass(frozen=True, slots=True)
class Refreshes:
    """What the refresh of one layer did in a training: `pairs` were reset and written again with
    `pulses` in all, both resets of a pair among them; `outside` pairs were left further from their
    weight than their devices' resolution.
    """

    pairs: int
    pulses: int
    outside: int = 0


def with_refreshes(
    trace: Trace, refreshed: Mapping[str, Refreshes], images: int, every_images: int
) -> Trace:
    """The trace with the upkeep that a training of `images` images had, whose devices were looked
    at every `every_images` images.

    By layer, in turn: rows are read as often as that takes, all of them once in `every_images`
    images (rounded to whole rows an image or whole images a row), every pair is compared with both
    limits, and what was found is reset and written with verify: each reset and each pulse is
    followed by a read of its device. A layer that is not in `refreshed` has no such devices.
    """
    upkeep: list[Operation] = []
    for matrix in trace.matrices:
        if matrix.layer in refreshed and images:
            upkeep += _operations(trace, matrix, refreshed[matrix.layer], images, every_images)
    return dataclasses.replace(trace, image_operations=(*trace.image_operations, *upkeep))


def _operations(
    trace: Trace, matrix: LayerMatrix, done: Refreshes, images: int, every_images: int
) -> list[Operation]:
    rows = matrix.rows
    columns = matrix.columns * matrix.groups
    layer = matrix.layer
    steps, every = (
        # Rows are spread evenly over the images: an image never waits for a whole array to be read.
        (round(rows / every_images), 1) if rows >= every_images else (1, round(every_images / rows))
    )
    # Pairs that were looked at in all: what share of them was refreshed is charged to each look.
    looked = images * steps / every * matrix.trained / rows
    share = min(1.0, done.pairs / looked)
    updates = tuple(
        op.name for op in trace.image_operations if op.layer == layer and op.phase == "update"
    )
    read = Operation(
        name=f"{layer}.look",
        layer=layer,
        phase="update",
        kind="read",
        steps=steps,
        every=every,
        lines=1,
        after=updates,
        input_elements=matrix.groups,
        vector_work={"compare": 2 * columns},
        activity=Activity(source="measured", input_density=1.0, bit_density=1.0, magnitude=1.0),
    )
    write = Operation(
        name=f"{layer}.refresh",
        layer=layer,
        phase="update",
        kind="write",
        steps=steps,
        every=every,
        after=(read.name,),
        input_elements=columns * share,
        activity=Activity(
            source="measured",
            devices_written=share,
            # A pair has two devices, and pulses are counted a device.
            write_pulses=done.pulses / max(1, 2 * done.pairs),
            verify_reads=1.0,
        ),
    )
    return [read, write] if done.pairs else [read]
