"""The forward pass of a stage as one operation."""

from __future__ import annotations

from dataclasses import replace

from archsim.operators.array_forward import on_array
from archsim.operators.digital_work import merge
from archsim.operators.vocabulary import operator_of
from archsim.trace.lower import Stage, row_window, rows_of
from archsim.trace.operation import Operation


def forward(stage: Stage, keeps: bool = False) -> Operation:
    """The forward pass of a stage, after what feeds it.

    Args:
        stage: with what it reads and keeps.
        keeps: whether later tokens follow, for which keys and values are kept.

    Returns:
        one operation.
    """
    operation = forward_read(stage) if stage.on_array else forward_digital(stage)
    operation = replace(operation, mask_bits=stage.mask_bits() / operation.steps)
    if stage.head.shares:  # the same tiles, from their columns where the layer reads the transpose
        operation = replace(
            operation,
            array=stage.head.shares,
            kind="read_transposed" if stage.head.transposed else "read",
        )
    if keeps:
        operation = replace(
            operation,
            kept=stage.kept / operation.steps,
            cached=float(stage.cached),
            recalled=stage.recalled / operation.steps,
        )
    return replace(operation, after=tuple(f"{source}.forward" for source in stage.sources))


def forward_read(stage: Stage) -> Operation:
    """The forward pass of an array stage: one vector a step, the fused digital layers on what
    streams out.
    """
    shape = stage.matrix
    head = stage.head
    # Without a window all inputs are needed before the first step: a linear layer waits for its
    # whole vector.
    window = None
    per_row = 0
    kind = on_array(head)
    if kind.sliding:
        window = row_window(head)
        per_row = head.output_shape[2]
    return Operation(
        name=f"{stage.name}.forward",
        layer=stage.name,
        phase="forward",
        kind="read",
        steps=shape.vectors,
        input_elements=shape.rows * shape.groups,
        fresh_elements=kind.fresh_inputs(head),
        output_elements=stage.output_elements / shape.vectors,
        # What streams through fused layers lies in no buffer: only what goes in and what comes out
        # at the end.
        map_elements=head.input_elements + stage.output_elements,
        vector_work=merge(stage.forward_work(), scale=1 / shape.vectors),
        steps_per_row=per_row,
        rows_out=rows_of(stage.last.output_shape),
        window=window,
        pools=stage.pools(),
        sequential=kind.sequential,
    )


def forward_digital(stage: Stage) -> Operation:
    """The forward pass of a digital stage (a join of branches): one row of the feature map a step."""
    window = row_window(stage.head) if operator_of(stage.head).pools else None
    # Values of earlier tokens come from the cache, which is counted apart.
    kind = operator_of(stage.head)
    read = kind.words_read(stage.head)
    taken = stage.head.input_elements + stage.beside - stage.recalled + read
    # The buffer has them once, however many vectors read them.
    held = kind.words(stage.head).trained if read else 0
    return Operation(
        name=f"{stage.name}.forward",
        layer=stage.name,
        phase="forward",
        kind="digital",
        steps=stage.steps,
        input_elements=taken / stage.steps,
        output_elements=stage.output_elements / stage.steps,
        map_elements=taken - read + held + stage.output_elements,
        vector_work=merge(stage.forward_work(), scale=1 / stage.steps),
        products=tuple(
            product for layer in stage.layers for product in operator_of(layer).products(layer)
        ),
        steps_per_row=1,
        rows_out=rows_of(stage.last.output_shape),
        window=window,
        pools=stage.pools(),
    )
