"""Memory and arithmetic of the low-rank rules against the closed forms of the literature, and what
they ask of a chip.
"""

import pytest

import archsim
from archsim.schemes import load_scheme
from archsim.schemes.low_rank.sbpca_work import (
    orthonormal_work,
    published_multiplies,
    published_words,
    sample_work,
    state_words,
)
from archsim.trace import build_trace
from hwlib.errors import InputError
from tests.near import near
from workloads import load_network

A, B = 100, 784  # outputs and inputs of the first layer of 784-100-10


def multiplies(work):
    return work.get("multiply_add", 0) + work.get("multiply", 0)


def operations(settings, batch=128, network="mlp_100", name="sbpca"):
    trace = build_trace(load_network(network), load_scheme(name, settings), "training", batch)
    return trace, {op.name: op for op in trace.image_operations + trace.batch_operations}


def test_words_of_the_first_layer():
    assert published_words("sbe", A, B, 1) == state_words("sbe", A, B, 1) == 885
    assert published_words("sbpca", A, B, 10) == state_words("sbpca", A, B, 10) == 8850
    assert state_words("svd", A, B, 1) == 78_400
    assert state_words("lrt", A, B, 4) == published_words("lrt", A, B, 4) == 4 * (A + B) + 5


@pytest.mark.parametrize(
    "estimator, rank, own", [("sbe", 1, 6), ("sbpca", 1, 1), ("sbpca", 10, 10), ("svd", 1, 0)]
)
def test_multiplies_a_sample(estimator, rank, own):
    # beside the closed form only products of scalars: the weights of SBE's means and the sum of s
    assert multiplies(sample_work(estimator, A, B, rank)) - published_multiplies(
        estimator, A, B, rank
    ) == pytest.approx(own, abs=1)


def test_divisions_and_roots_of_sbe():
    work = sample_work("sbe", A, B, 1)
    assert (work["divide"], work["square_root"]) == (4, 2)


def test_lrt_takes_little_more_than_its_closed_form_where_layers_are_large():
    for rank in (2, 4, 8):
        q = rank + 1
        large = multiplies(sample_work("lrt", 10_000, 10_000, rank))
        assert large / published_multiplies("lrt", 10_000, 10_000, rank) == near(
            (q + 1) / q, rel=0.15
        )


@pytest.mark.parametrize("rank", [1, 3, 10])
def test_orthonormalisation(rank):
    both = multiplies(orthonormal_work(A, rank)) + multiplies(orthonormal_work(B, rank))
    assert both == 2 * (A + B) * rank**2


def test_operations_of_a_batch():
    trace, by_name = operations({"rank": 10})
    assert by_name["w1.stream"].vector_work["multiply_add"] == 3 * 10 * A + 2 * 10 * B + 10
    assert by_name["w1.orthonormalise"].steps == 4 and by_name["w1.update"].steps == 10
    assert trace.state_words == {
        "factors": 8850 + 10 * 111,
        "samples of a sub-batch": 32 * (884 + 110),
    }
    # 32, 32, 32 and 4
    assert operations({"rank": 10}, batch=100)[1]["w1.orthonormalise"].steps == 4
    _, by_name = operations({}, name="sbe")
    assert by_name["w1.update"].steps == 1 and "w1.orthonormalise" not in by_name
    convolution = operations({"rank": 2}, batch=2, network="rpu_cnn")[1]
    assert (
        convolution["k1.stream"].steps == 576
        and convolution["k1.orthonormalise"].steps == 2 * 576 // 32
    )
    # 26 inputs: the bias line is one
    assert convolution["k1.stream"].vector_work["multiply_add"] == 3 * 2 * 16 + 2 * 2 * 26 + 2


def test_rebuilding_costs_the_full_matrix_and_writes_every_device():
    _, by_name = operations({"rank": 3, "update_mode": "rank_sum"})
    rebuild = by_name["w1.rebuild"]
    assert rebuild.steps * rebuild.vector_work["multiply_add"] == near(3 * A * B)
    assert by_name["w1.write"].activity.devices_written == 1.0
    _, by_name = operations({"rank": 3, "update_mode": "element"})
    assert by_name["w1.write"].activity.devices_written < 1 and by_name["w1.rebuild"].vector_work[
        "compare"
    ] == near(2 * A)


def counts(settings, phase="update"):
    result = archsim.simulate(
        "mlp_100", "rpu", scheme=load_scheme("sbpca", settings), phase="training", batch=8
    )
    totals = {}
    for row in result.ledger:
        if row["phase"] == phase:
            totals[row["component"], row["action"]] = (
                totals.get((row["component"], row["action"]), 0) + row["count"]
            )
    return totals, result


def test_single_shots_take_four_phases_and_converters_instead_of_generators():
    trains, trains_result = counts({"rank": 2, "train_length": 16})
    shots, shots_result = counts({"rank": 2, "train_length": 16, "encoding": "amplitude"})
    ends = 784 + 100 + 100 + 10
    assert (
        trains["bitstream_generator", "bit"] == near(2 * 16 * ends)
        and ("dac", "convert") not in trains
    )
    assert shots["dac", "convert"] == near(2 * ends) and ("bitstream_generator", "bit") not in shots
    # a line is charged once in each of the two phases of its sign
    assert shots["word_line_driver", "drive"] == near(2 * 2 * (784 + 100))
    phases = archsim.load_architecture("rpu").update.polarity_phases
    assert shots["tile_control", "cycle"] / trains["tile_control", "cycle"] == near(4 / phases)
    assert shots_result.cycles > 0 and trains_result.cycles > 0


def test_more_rank_costs_more():
    small, large = (counts({"rank": rank})[1] for rank in (1, 10))
    assert small.by_phase["update"]["energy_j"] < large.by_phase["update"]["energy_j"]
    assert small.by_phase["forward"]["energy_j"] == near(large.by_phase["forward"]["energy_j"])


def test_settings_are_checked():
    with pytest.raises(InputError, match="rank 1"):
        load_scheme("sbe", {"rank": 2})
    with pytest.raises(InputError, match="did you mean 'update_mode'"):
        load_scheme("lrt", {"updatemode": "element"})
    assert load_scheme("sbpca", {"rank": 60}).rank_of(16, 26) == 16
