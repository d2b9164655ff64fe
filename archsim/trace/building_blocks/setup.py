"""What a training needs once: first weights, symmetry points, reference arrays."""

from __future__ import annotations

from dataclasses import replace

from archsim.trace.building_blocks.update import program_weights
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.lower import Stage
from archsim.trace.operation import READ_CHAIN, TRAIN_GENERATORS, Activity, Operation


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
        # All lines pulse in every slot: nothing is drawn, so no generator works or is priced.
        random=False,
        polarity_phases=1,
        activity=Activity(train_length=1.0, row_pulses=1.0, column_pulses=1.0, coincidences=1.0),
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
            *TRAIN_GENERATORS,
        ),
    )


def copy_to_reference(stage: Stage, source: str, reads: int = 1) -> list[Operation]:
    """An array is read line by line, and what it holds is programmed with verify into the layer's
    reference array; of several `reads` of a line the mean.
    """
    shape = stage.matrix
    values = shape.columns * shape.groups
    # The line that is read is driven fully: the largest signal is the best measurement.
    full = Activity(input_density=1.0, bit_density=1.0, magnitude=1.0)
    look = Operation(
        name=f"{source}.look",
        layer=stage.name,
        phase="setup",
        kind="read",
        # One line a step, the bias line too: what it holds has a reference as well.
        steps=reads * (shape.rows + shape.bias),
        lines=1,
        array=source,
        input_elements=shape.groups,
        output_elements=values,
        vector_work={"add": values} if reads > 1 else {},
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
