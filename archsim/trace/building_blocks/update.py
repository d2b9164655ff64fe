"""Operations that compute an update, or write one into the arrays."""

from __future__ import annotations

from dataclasses import replace

from archsim.operators.digital_work import merge
from archsim.trace.building_blocks.parts import CHUNK, parts_of
from archsim.trace.lower import Stage
from archsim.trace.operation import Activity, Operation


def digital_gradient(stage: Stage) -> Operation:
    """The weight gradient of one image as digital outer products; sums stay in the lanes for the
    whole image, so that each weight's accumulator is read and written once an image."""
    shape = stage.matrix
    # The outer products of an image are added in the lanes, so memory is touched once a weight and
    # image, however many vectors there are.
    parts = parts_of(shape, shape.trained)
    steps = shape.vectors * parts
    return Operation(
        name=f"{stage.name}.gradient",
        layer=stage.name,
        phase="update",
        kind="digital",
        steps=steps,
        input_elements=(shape.rows + shape.columns) * shape.groups / parts,
        vector_work={"multiply_add": shape.trained / parts},
        state_reads=shape.trained / steps,
        state_writes=shape.trained / steps,
        parts=parts,
    )


def bias_step(stage: Stage) -> Operation:
    """Plain gradient descent of digital biases, once an image: the errors of its vectors, times the
    rate, are added to words that are read and written once.
    """
    shape = stage.matrix
    biases = stage.biases_apart
    return Operation(
        name=f"{stage.name}.biases",
        layer=stage.name,
        phase="update",
        kind="digital",
        steps=shape.vectors,
        input_elements=biases,
        vector_work={"multiply_add": biases},
        state_reads=biases / shape.vectors,
        state_writes=biases / shape.vectors,
    )


def bias_write(stage: Stage) -> Operation:
    """The step of an update rule on digital biases that no copy of weights holds: words that are
    read, added to and written once a batch.
    """
    biases = stage.biases_beside
    return Operation(
        name=f"{stage.name}.biases",
        layer=stage.name,
        phase="update",
        kind="digital",
        steps=1,
        vector_work={"add": biases},
        state_reads=biases,
        state_writes=biases,
    )


def optimiser_step(
    stage: Stage, work: dict[str, float], words: float, chunk: int = CHUNK
) -> Operation:
    """The optimiser over all weights of a layer, once a batch: `work` and state `words` (read and
    written) a weight.
    """
    weights = stage.matrix.trained
    # Rounded up: the last chunk may be smaller, and the mean over all of them is what each is
    # charged.
    steps = -(-weights // chunk)
    each = weights / steps
    return Operation(
        name=f"{stage.name}.optimiser",
        layer=stage.name,
        phase="update",
        kind="digital",
        steps=steps,
        vector_work=merge(work, scale=each),
        state_reads=words * each,
        state_writes=words * each,
    )


def with_length(operation: Operation, slots: int) -> Operation:
    """A pulsed update whose trains have the length of the scheme, not of the chip: that of
    training, before anything shortens it.
    """
    return replace(operation, activity=replace(operation.activity, train_length=float(slots)))


def program_weights(stage: Stage, share: float = 1.0, verify_reads: float = 1.0) -> Operation:
    """Programming of the devices whose weight changed, once a batch; a step is one row of the
    layer's matrix. `verify_reads` follow each pulse."""
    shape = stage.matrix
    return Operation(
        name=f"{stage.name}.write",
        layer=stage.name,
        phase="update",
        kind="write",
        # A row of cells shares its word line, so it is written as one.
        steps=shape.rows,
        input_elements=shape.columns * shape.groups * share,
        activity=Activity(devices_written=share, verify_reads=verify_reads),
    )
