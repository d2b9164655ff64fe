"""The forward pass of a layer whose weights are on no array."""

from __future__ import annotations

from dataclasses import replace

from archsim.operators.digital_work import merge
from archsim.trace.building_blocks.backward import MOST_PARTS
from archsim.trace.building_blocks.parts import CHUNK, parts_of
from archsim.trace.lower import Stage
from archsim.trace.operation import Operation


def digital_forward(stage: Stage, operation: Operation) -> Operation:
    """The forward pass in the vector unit from weights in memory, which are read once a vector.

    Args:
        stage: the layer with its matrix.
        operation: its forward read, one vector a step.

    Returns:
        the same work on multiply-accumulate lanes; a vector takes several steps where its weights
        are more than are moved at a time.
    """
    shape = stage.matrix
    parts = (
        min(MOST_PARTS, max(1, shape.weights // CHUNK))
        if operation.sequential
        else parts_of(shape, shape.weights)
    )
    work = merge(operation.vector_work, {"multiply_add": shape.weights}, scale=1 / parts)
    return replace(
        operation,
        kind="digital",
        steps=operation.steps * parts,
        input_elements=operation.input_elements / parts,
        fresh_elements=operation.fresh_elements / parts,
        output_elements=operation.output_elements / parts,
        vector_work=work,
        mask_bits=operation.mask_bits / parts,
        # Weights are in memory and not in the lanes: each vector reads all of them.
        state_reads=shape.trained / parts,
        steps_per_row=operation.steps_per_row * parts,
        parts=parts,
    )
