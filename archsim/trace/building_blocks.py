"""Operations that several update rules share."""

from __future__ import annotations

from dataclasses import replace

from archsim.operators.array_forward import on_array
from archsim.operators.digital_work import merge
from archsim.operators.vocabulary import operator_of
from archsim.trace.lower import Stage, row_window, rows_of
from archsim.trace.operation import READ_CHAIN, Activity, LayerMatrix, Operation


def forward_read(stage: Stage) -> Operation:
    """The forward pass of an array stage: one vector a step, the fused digital layers on what
    streams out.
    """
    shape, head = stage.matrix, stage.head
    window, per_row = None, 0
    kind = on_array(head)
    if kind.sliding:
        window, per_row = row_window(head), head.output_shape[2]
    return Operation(
        name=f"{stage.name}.forward",
        layer=stage.name,
        phase="forward",
        kind="read",
        steps=shape.vectors,
        input_elements=shape.rows * shape.groups,
        fresh_elements=kind.fresh_inputs(head),
        output_elements=stage.output_elements / shape.vectors,
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
    return Operation(
        name=f"{stage.name}.forward",
        layer=stage.name,
        phase="forward",
        kind="digital",
        steps=stage.steps,
        input_elements=stage.head.input_elements / stage.steps,
        output_elements=stage.output_elements / stage.steps,
        map_elements=stage.head.input_elements + stage.output_elements,
        vector_work=merge(stage.forward_work(), scale=1 / stage.steps),
        steps_per_row=1,
        rows_out=rows_of(stage.last.output_shape),
        window=window,
        pools=stage.pools(),
    )


def error_sums(stage: Stage) -> dict[str, float]:
    """Additions an image where several vectors bring errors to one value: windows that overlap, and
    the state of an LSTM, whose error joins that of the output before. Vectors that only follow each
    other (tokens, windows side by side) share nothing.
    """
    count = on_array(stage.head).error_sums(stage.head)
    return {"add": count} if count else {}


def transposed_read(stage: Stage) -> Operation:
    """The backward pass on the array: one error vector a step; what several bring to one value is
    added in the vector unit.
    """
    shape = stage.matrix
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
        vector_work=merge(stage.backward_work(), error_sums(stage), scale=1 / shape.vectors),
        sequential=on_array(stage.head).sequential,
        activity=Activity(input_density=1.0),
    )


CHUNK = 1024  # words of training state, the fewest that are moved and worked on at a time
MOST_PARTS = 64  # of a vector that the next one waits for: more would shorten it by less than 2 %


def parts_of(matrix: LayerMatrix, words: int) -> int:
    """In how many parts a vector is worked on beside `words` words of the matrix: so many that a
    chunk is read, computed and written back while its neighbours are. Vectors that follow each
    other overlap already: all together need as many parts as one alone.
    """
    return max(1, words // (CHUNK * matrix.vectors))


def digital_backward(stage: Stage) -> Operation:
    """The backward pass in the vector unit from a digital copy of the weights, which is read once a
    vector.
    """
    shape, sequential = stage.matrix, on_array(stage.head).sequential
    parts = (
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
            error_sums(stage),
            {"multiply_add": shape.weights * shape.vectors},
            scale=1 / steps,
        ),
        state_reads=shape.weights / parts,
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
            input_elements=stage.output_elements / shape.vectors,
            output_elements=shape.columns * shape.groups,
            map_elements=stage.output_elements + stage.head.output_elements,
            vector_work=merge(work, scale=1 / shape.vectors),
        )
    ]


def digital_gradient(stage: Stage) -> Operation:
    """The weight gradient of one image as digital outer products; sums stay in the lanes for the
    whole image, so that each weight's accumulator is read and written once an image."""
    shape = stage.matrix
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


def optimiser_step(
    stage: Stage, work: dict[str, float], words: float, chunk: int = CHUNK
) -> Operation:
    """The optimiser over all weights of a layer, once a batch: `work` and state `words` (read and
    written) a weight.
    """
    weights = stage.matrix.trained
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


def reference_array(stage: Stage, partner: str) -> LayerMatrix:
    """An array `<layer>.reference` of fixed conductances that is read with `partner` (a layer or
    one of its arrays), never alone.

    Both get the same input pulses, the reference in the opposite sense, and their columns end in
    the same integrators, which form the difference. So it needs its cells and the drivers of its
    lines; converters, registers, multiplexers, sequencer and clock are its partner's, whose write
    drivers also programmed it, and nothing pulses it at random.
    """
    shape = stage.matrix
    return LayerMatrix(
        f"{stage.name}.reference",
        shape.rows,
        shape.columns,
        shape.groups,
        shape.bias,
        lender=partner,
        borrowed=(
            *READ_CHAIN,
            "column_mux",
            "write_driver",
            "tile_control",
            "tile_clock",
            "bitstream_generator",
        ),
    )


def initial_weights(stage: Stage) -> Operation:
    """Programming of every device of a layer with verify, before a training."""
    return replace(program_weights(stage), name=f"{stage.name}.initial")


def symmetry_pulses(stage: Stage, array: str, pulses: int) -> Operation:
    """`pulses` alternating pulses that drive all devices of an array to their symmetry points,
    every line at a time (Kim 2019).
    """
    return Operation(
        name=f"{array}.symmetry",
        layer=stage.name,
        phase="setup",
        kind="pulse_update",
        steps=pulses,
        array=array,
        random=False,
        polarity_phases=1,
        activity=Activity(train_length=1.0, row_pulses=1.0, column_pulses=1.0, coincidences=1.0),
    )


def with_length(operation: Operation, slots: int) -> Operation:
    """A pulsed update whose trains have the length of the scheme, not of the chip: that of
    training, before anything shortens it.
    """
    return replace(operation, activity=replace(operation.activity, train_length=float(slots)))


def copy_to_reference(stage: Stage, source: str) -> list[Operation]:
    """An array is read line by line, and what it holds is programmed with verify into the layer's
    reference array.
    """
    shape = stage.matrix
    full = Activity(input_density=1.0, bit_density=1.0, magnitude=1.0)
    look = Operation(
        name=f"{source}.look",
        layer=stage.name,
        phase="setup",
        kind="read",
        steps=shape.rows + shape.bias,
        lines=1,
        array=source,
        input_elements=shape.groups,
        output_elements=shape.columns * shape.groups,
        activity=full,
    )
    return [
        look,
        replace(
            program_weights(stage),
            name=f"{stage.name}.reference.write",
            array=f"{stage.name}.reference",
        ),
    ]


def program_weights(stage: Stage, share: float = 1.0, verify_reads: float = 1.0) -> Operation:
    """Programming of the devices whose weight changed, once a batch; a step is one row of the
    layer's matrix. `verify_reads` follow each pulse."""
    shape = stage.matrix
    return Operation(
        name=f"{stage.name}.write",
        layer=stage.name,
        phase="update",
        kind="write",
        steps=shape.rows,
        input_elements=shape.columns * shape.groups * share,
        activity=Activity(devices_written=share, verify_reads=verify_reads),
    )
