"""Operations of a training step that update rules compose.

In goes a stage of the network, out come operations for a trace: of the way back (`backward`), of an
update (`update`), and of what is done once before the first image (`setup`). `parts` says in how
many pieces a vector is worked on beside digital state. Begin with `update.program_weights`.
"""

from archsim.trace.building_blocks.backward import (
    MOST_PARTS,
    digital_backward,
    error_sums,
    output_error,
    transposed_read,
)
from archsim.trace.building_blocks.forward import digital_forward
from archsim.trace.building_blocks.parts import CHUNK, parts_of
from archsim.trace.building_blocks.setup import (
    copy_to_reference,
    initial_weights,
    reference_array,
    symmetry_pulses,
)
from archsim.trace.building_blocks.update import (
    bias_step,
    bias_write,
    digital_gradient,
    optimiser_step,
    program_weights,
    with_length,
)

__all__ = [
    "CHUNK",
    "MOST_PARTS",
    "bias_step",
    "bias_write",
    "copy_to_reference",
    "digital_backward",
    "digital_forward",
    "digital_gradient",
    "error_sums",
    "initial_weights",
    "optimiser_step",
    "output_error",
    "parts_of",
    "program_weights",
    "reference_array",
    "symmetry_pulses",
    "transposed_read",
    "with_length",
]
