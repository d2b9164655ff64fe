"""Errors in two parts: the core takes both back, one number draws both bits, and the kernel is its
twin and its one-part relative.
"""

import numpy as np
import pytest
from test_training_gradients import NETWORKS

from archsim.kernels import stream_records, streams
from archsim.kernels.stream_parts import count_parts
from archsim.kernels.stream_reference import count_parts_reference, count_products_reference
from archsim.schemes import load_scheme
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings
from tests.near import near

U = np.uint64
F = np.float32
TABLES = streams.number_tables()
KEY = U(0x0F1E2D3C4B5A6978)
BLOCK = 3
GROUP = 4
SOURCES = (streams.COUNTER, streams.LFSR, streams.SOBOL)
QUIET = {
    "input_bits": 0,
    "output_bits": 0,
    "output_bound": 0.0,
    "noise_management": "off",
    "bound_management": "off",
    "input_bound": 1e6,
}


def values(seed=0, parts=2):
    """Inputs (9, 5), errors in parts (parts, 7, 5) with signs, zeros and values beyond the scale,
    inverse scales and steps (5,).
    """
    generator = np.random.default_rng(seed)
    x = generator.normal(0, 0.6, (9, 5)).astype(F)
    d = generator.normal(0, 0.6, (parts, 7, 5)).astype(F)
    x[3] = d[:, 2] = 0
    return x, d, F([1, 0.5, 1, 1, 2]), F([1, 1, 0.25, 1, 1]), np.array([1, 4, 2, 0, 1], np.int32)


def parts_of(
    function, x, d, *scales, source=streams.COUNTER, single=False, shared=True, position=0
):
    counts = np.zeros((d.shape[1], len(x)), np.int32)
    tallies = np.zeros(streams.TALLIES, np.int64)
    switched = np.zeros(10, np.int64)
    transfer = (np.arange(1025) * 64).astype(np.int32)[None]
    function(
        counts,
        stream_records.Operands(x, d, *scales),
        stream_records.StreamMultipliers(BLOCK, GROUP, 1, transfer, False, single),
        stream_records.Numbers(source, TABLES, KEY, shared),
        position,
        stream_records.StreamTally(tallies, switched),
    )
    return counts, tallies, switched


def products_of(
    function,
    x,
    d,
    *scales,
    length=1,
    source=streams.COUNTER,
    single=False,
    shared=True,
    bipolar=False,
):
    counts = np.zeros((len(d), len(x)), np.int32)
    tallies = np.zeros(streams.TALLIES, np.int64)
    switched = np.zeros(7, np.int64)
    # devices that differ
    transfer = np.rint(np.linspace(0, 65536, 257) * np.array([[1.0], [0.9], [0.8]])).astype(
        np.int32
    )
    function(
        counts,
        stream_records.Operands(x, d, *scales),
        stream_records.StreamMultipliers(BLOCK, GROUP, length, transfer, bipolar, single),
        stream_records.Numbers(source, TABLES, KEY, shared),
        11,
        stream_records.StreamTally(tallies, switched),
    )
    return counts, tallies, switched


@pytest.mark.parametrize(("single", "shared"), [(False, True), (False, False), (True, True)])
@pytest.mark.parametrize("source", SOURCES)
def test_kernels_have_the_bits_of_their_twins(source, single, shared):
    chosen = {"source": source, "single": single, "shared": shared}
    kernel, twin = (
        parts_of(function, *values(), position=29, **chosen)
        for function in (count_parts, count_parts_reference)
    )
    for compiled, expected in zip(kernel, twin):
        assert np.array_equal(compiled, expected) and np.any(compiled)
    x, d, *scales = values(1, 1)
    for bipolar, length in ((False, 1), (False, 100), (True, 70)):
        kernel, twin = (
            products_of(function, x, d[0], *scales, length=length, bipolar=bipolar, **chosen)
            for function in (streams.count_products, count_products_reference)
        )
        for compiled, expected in zip(kernel, twin):
            assert np.array_equal(compiled, expected) and np.any(compiled)


def test_a_second_part_of_zero_leaves_the_plain_product_of_single_bits():
    x, d, *scales = values()
    d[1] = 0
    counts, tallies, switched = parts_of(count_parts, x, d, *scales)
    plain = np.zeros_like(counts)
    plain_tallies = np.zeros_like(tallies)
    plain_switched = np.zeros(7, np.int64)
    transfer = (np.arange(1025) * 64).astype(np.int32)[None]
    streams.count_products(
        plain,
        stream_records.Operands(x, d[0], *scales),
        stream_records.StreamMultipliers(BLOCK, GROUP, 1, transfer, False, False),
        stream_records.Numbers(streams.COUNTER, TABLES, KEY, True),
        0,
        stream_records.StreamTally(plain_tallies, plain_switched),
    )
    assert (
        np.array_equal(counts, plain)
        and np.array_equal(tallies, plain_tallies)
        and np.array_equal(switched[:7], plain_switched)
    )


def test_one_number_for_both_parts_leaves_the_bits_of_their_difference():
    one = F([1]), F([1]), np.array([1], np.int32)

    def moved(of_target, of_output):
        errors = F([[[of_target]], [[of_output]]])
        return np.array(
            [
                parts_of(count_parts, F([[1.0]]), errors, *one, position=position)[0][0, 0]
                for position in range(4000)
            ]
        )

    opposite, alike = moved(0.75, -0.625), moved(0.75, 0.5)
    # never down, although the bits of both parts are 1 most of the time
    assert set(opposite.tolist()) == {0, 1}
    assert opposite.mean() == pytest.approx(0.125, abs=0.02)
    # bits of one sign count twice
    assert alike.mean() == pytest.approx(1.25, abs=0.03) and alike.max() == 2


@pytest.mark.parametrize("kind", ["convolution", "max_pool", "branches", "lstm"])
def test_target_and_output_go_back_as_two_errors_with_the_usual_sum(kind):
    answers = 5 if kind == "lstm" else 1
    machines = [
        Machine(
            NETWORKS[kind],
            TrainingSettings(
                rule="dsc",
                learning_rate=0.1,
                batch=2,
                device_settings={"read_noise": 0.0},
                read={**QUIET, "output_noise": 0.0},
                scheme_settings={"error_parts": parts},
            ),
        )
        for parts in ("separate", "difference")
    ]
    generator = np.random.default_rng(2)
    images = generator.normal(size=(2, machines[0].program.input_size)).astype(F)
    labels = generator.integers(0, 3, (2, answers))
    for machine in machines:
        machine.train(images, labels, np.arange(2), 0)
    two, one = (
        [
            [machine.seen(index, image)[1] for index in range(len(machine.program.names))]
            for image in range(2)
        ]
        for machine in machines
    )
    for image in range(2):
        for separate, together in zip(two[image], one[image]):
            assert separate.shape == (2, *together.shape)
            assert np.allclose(separate.sum(0), together, atol=2e-6)
            assert np.abs(separate).max(axis=(1, 2)).all()
    top = two[0][-1]
    assert (
        (top[0] >= 0).all()
        and (top[1] <= 0).all()
        and top[0].sum() == near(0.5)
        and top[1].sum() == near(-0.5)
    )
    assert machines[0].totals[:, 1, 0].tolist() == [
        2 * count for count in machines[1].totals[:, 1, 0].tolist()
    ]


def test_both_backward_reads_draw_noise_of_their_own():
    machine = Machine(
        NETWORKS["tanh"],
        TrainingSettings(rule="dsc", learning_rate=1e-6, read={**QUIET, "output_noise": 0.1}),
    )
    machine.arrays.weights[...] = 0  # nothing but noise comes back
    machine.train(np.ones((1, 6), F), np.zeros((1, 1), np.int64), np.zeros(1, np.int64), 0)
    of_target, of_output = machine.seen(0, 0)[1]
    assert np.abs(of_target).min() > 0 and np.abs(of_output - of_target).min() > 1e-4


def test_a_count_is_the_least_power_of_two_that_holds_the_rate_of_an_image():
    machine = Machine(NETWORKS["tanh"], TrainingSettings(rule="dsc", learning_rate=0.1, batch=4))
    assert machine.rule.step == 2.0**-5
    chosen = load_scheme("dsc", {"step_bits": 3})
    assert chosen.rule(machine.layers(), 0.1, 4, 1).step == 2.0**-3
