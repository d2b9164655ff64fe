"""A whole matrix of training state is read, worked on and written back chunk by chunk, at the same
time.
"""

import pytest
from small_chips import quiet_chip, run

from archsim.schemes import load_scheme
from archsim.studies.update_latency import HIDDEN, variant
from archsim.studies.update_time import update_time
from archsim.trace import LayerMatrix, Trace, build_trace
from archsim.trace.building_blocks import digital_backward, digital_gradient
from archsim.trace.lower import lower
from tests.near import near
from workloads.network import Layer, Network


def fully_connected(inputs, outputs):
    return Network(
        "net",
        (
            Layer("input", "input", (), (), (inputs,)),
            Layer("fc", "linear", ("input",), ((inputs,),), (outputs,)),
        ),
    )


def alone(operation, rows, columns, **settings):
    """Cycles of one operation that has the chip for itself."""
    chip = quiet_chip(vector_unit__format="int16", **settings)
    machine, _ = run(
        Trace(
            "test",
            "sgd",
            "training",
            1,
            (LayerMatrix(operation.layer, rows, columns),),
            (operation,),
        ),
        chip,
    )
    return machine.end


@pytest.mark.parametrize(
    ("ports", "cycles"),
    [
        # 256 chunks of 1,024 words of 16 bits and 4 inputs of 8: 17 cycles to read, 16 to write, 6
        # to compute
        (2, 256 * 17 + 16),  # side by side: only the last chunk's way back is added
        (8, 256 * 17 + 16),
        # one port does both in turn, and nothing is left at the end but the last chunk's way back
        (1, 256 * (17 + 16)),
    ],
)
def test_the_gradient_of_a_large_layer_streams(ports, cycles):
    step = update_time(variant("sgd", {}, False), HIDDEN | {"buffer.ports": ports}, 4)
    assert step.operations["gradient"] == cycles


def test_a_gradient_of_any_number_of_vectors_moves_the_same_words():
    for rows, columns, vectors in ((512, 512, 1), (100, 300, 7), (27, 16, 900), (30, 5, 1)):
        stage = lower(fully_connected(rows, columns))[-1]
        shape = LayerMatrix("fc", rows, columns, vectors=vectors)
        stage = type("Stage", (), {"name": "fc", "matrix": shape, "head": stage.head})
        operation = digital_gradient(stage)
        assert operation.steps % vectors == 0 and operation.steps == vectors * operation.parts
        assert operation.state_reads * operation.steps == near(rows * columns)
        assert operation.vector_work["multiply_add"] * operation.steps == near(
            rows * columns * vectors
        )
        assert operation.input_elements * operation.steps == near((rows + columns) * vectors)
        # less than two chunks, and no more steps than chunks or vectors ask for
        assert operation.state_reads < 2 * 1024
        assert operation.steps <= max(vectors, rows * columns / 1024)


def test_a_digital_backward_pass_reads_its_weights_while_it_computes():
    stage = lower(fully_connected(64, 128))[-1]
    operation = digital_backward(stage)
    # 8 chunks of 1,024 weights at 64 bits a cycle: 256 cycles each, and 1,024 / 4 products for 4
    # lanes at the same time
    assert operation.steps == 8
    cycles = alone(operation, 64, 128, buffer__width_bits=64, vector_unit__lanes=4)
    read = 1024 * 16 // 64 + 2  # 16 of the 128 errors of 8 bits come with each chunk
    compute = 1024 // 4
    assert cycles == 8 * read + compute


def test_steps_of_one_vector_overlap_and_vectors_wait_for_each_other():
    network = Network(
        "net",
        (
            Layer("input", "input", (), (), (3, 32)),
            Layer("lstm", "lstm", ("input",), ((3, 32),), (3, 32), hidden=32),
        ),
    )
    stage = lower(network)[-1]
    operation = digital_backward(stage)
    shape = stage.matrix
    assert (
        operation.sequential
        and operation.parts == shape.weights // 1024
        and operation.steps == 3 * operation.parts
    )
    cycles = alone(
        operation, shape.rows, shape.columns, buffer__width_bits=64, vector_unit__lanes=4
    )
    # 8 chunks of 1,024 weights of 16 bits with 16 errors of 8 bits, and an eighth of the 32 errors of
    # the state that are added to: 259 cycles to read; 1,024 products and the share of the gates (20 x
    # 32 actions, and 32 that add the error of the state: an eighth) on 4 lanes: 277 to compute. They
    # overlap in a vector; the next one begins when the last is computed.
    read = -(-(1024 * 16 + 16 * 8 + 4 * 8) // 64)
    compute = (1024 + 84) // 4
    assert sum(operation.vector_work.values()) == 1024 + 84
    assert cycles == 3 * (read + 8 * compute)


@pytest.mark.parametrize(
    "scheme", ["sgd", "essop", "dsc", "cbram_sc", "mixed_precision", "hic", "lns_madam"]
)
def test_no_digital_step_of_a_large_layer_takes_the_whole_matrix(scheme):
    network = fully_connected(512, 512)
    trace = build_trace(network, load_scheme(scheme), "training", 2)
    for operation in trace.image_operations + trace.batch_operations:
        # some words of each of 4,096 weights at most
        assert operation.state_reads <= 4 * 4096, operation.name
