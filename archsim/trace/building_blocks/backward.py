"""Operations that take an error back."""

from __future__ import annotations

from archsim.operators.array_forward import on_array
from archsim.operators.digital_work import merge
from archsim.trace.building_blocks.parts import CHUNK, parts_of
from archsim.trace.lower import Stage
from archsim.trace.operation import Activity, Operation

MOST_PARTS = 64  # of a vector that the next one waits for: more would shorten it by less than 2 %


def error_sums(stage: Stage) -> int:
    """Additions an image where several vectors bring errors to one value: windows that overlap, and
    the state of an LSTM, whose error joins that of the output before. Vectors that only follow each
    other (tokens, windows side by side) share nothing. What is added to is read from the buffer.
    """
    return on_array(stage.head).error_sums(stage.head)


def transposed_read(stage: Stage) -> Operation:
    """The backward pass on the array: one error vector a step; what several bring to one value is
    added in the vector unit.
    """
    shape = stage.matrix
    sums = error_sums(stage)
    outputs = shape.rows * shape.groups
    return Operation(
        name=f"{stage.name}.backward",
        layer=stage.name,
        phase="backward",
        kind="read_transposed",
        steps=shape.vectors,
        input_elements=shape.columns * shape.groups,
        output_elements=outputs,
        map_elements=stage.head.input_elements + stage.output_elements,
        vector_work=merge(stage.backward_work(), _additions(sums), scale=1 / shape.vectors),
        mask_bits=stage.mask_bits() / shape.vectors,
        summed_elements=sums / shape.vectors,
        sequential=on_array(stage.head).sequential,
        # Taken as dense: how many errors a mask has stopped is known once a training measured it.
        activity=Activity(input_density=1.0),
    )


def digital_backward(stage: Stage) -> Operation:
    """The backward pass in the vector unit from a digital copy of the weights, which is read once a
    vector.
    """
    shape = stage.matrix
    sums = error_sums(stage)
    sequential = on_array(stage.head).sequential
    parts = (
        # Where vectors wait for each other nothing overlaps between them, so each is cut by itself.
        min(MOST_PARTS, max(1, shape.weights // CHUNK))
        if sequential
        else parts_of(shape, shape.weights)
    )
    steps = shape.vectors * parts
    outputs = shape.rows * shape.groups
    return Operation(
        name=f"{stage.name}.backward",
        layer=stage.name,
        phase="backward",
        kind="digital",
        steps=steps,
        input_elements=shape.columns * shape.groups / parts,
        output_elements=outputs / parts,
        map_elements=stage.head.input_elements + stage.output_elements,
        vector_work=merge(
            stage.backward_work(),
            _additions(sums),
            {"multiply_add": shape.weights * shape.vectors},
            scale=1 / steps,
        ),
        state_reads=shape.weights / parts,
        mask_bits=stage.mask_bits() / steps,
        summed_elements=sums / steps,
        sequential=sequential,
        parts=parts,
    )


def output_error(stage: Stage) -> list[Operation]:
    """The error at the output of a first layer: the fused digital layers only, no layer below needs
    more.
    """
    work = stage.backward_work()
    if not work:
        return []
    shape = stage.matrix
    return [
        Operation(
            name=f"{stage.name}.backward",
            layer=stage.name,
            phase="backward",
            kind="digital",
            steps=shape.vectors,
            # Behind pooling there are fewer errors than outputs of the array: those that come in.
            input_elements=stage.output_elements / shape.vectors,
            output_elements=shape.columns * shape.groups,
            map_elements=stage.output_elements + stage.head.output_elements,
            vector_work=merge(work, scale=1 / shape.vectors),
            mask_bits=stage.mask_bits() / shape.vectors,
        )
    ]


def _additions(count: int) -> dict[str, float]:
    return {"add": count} if count else {}
