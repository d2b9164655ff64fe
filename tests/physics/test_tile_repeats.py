"""Do the tiles of a training convert, repeat and draw noise each by itself?"""

from dataclasses import replace

import numpy as np
import pytest

import archsim
from archsim.chip.built import build_chip
from archsim.chip.place import shape_layer
from archsim.kernels.tile_records import RETRIES, SATURATIONS, TILE_RETRIES
from archsim.soc.data.tile_physics import TilePhysics
from archsim.trace import Activity, build_trace, with_activity
from archsim.trace.layer_matrix import LayerMatrix
from tests.near import near
from tests.physics.tiled_machines import (
    NOISY,
    UNROUNDED,
    F,
    data_of,
    machine_on,
    scores_of,
    trained,
)
from workloads import load_network


def test_each_tile_repeats_by_itself_and_the_slowest_counts():
    _, machine = trained(
        {"tile.rows": 16, "physics.output_bound": 0.2, "physics.bound_management": True}
    )
    counts = machine.totals[:, 0]
    # fc: 145 lines on ten tiles; some repeat, so all together more often than the slowest
    assert counts[1, TILE_RETRIES] > counts[1, RETRIES] > 0
    assert counts[1, TILE_RETRIES] <= 10 * counts[1, RETRIES]
    assert counts[1, SATURATIONS] <= 10 * 10 * counts[1, 0]


def error_of_scores(rows, draws=20, **changes):
    """Mean square error of a layer's outputs, over draws of the weights' images and the noise."""
    settings = {
        "tile.rows": rows,
        "read.adc_bits": 4,
        "physics.output_bound": 2.0,
        "physics.bound_management": False,
    }
    chip = archsim.load_architecture("cim40", NOISY | settings | changes)
    machine, weights, pictures = machine_on(chip, draws, device="none", **{"initial_scale": 4.0})
    exact = archsim.load_architecture(
        "rpu",
        {
            "physics.read_noise": 1e-12,
            "read.adc_bits": 14,
            "read.input_bits": 14,
            "physics.output_bound": 200.0,
        },
    )
    ideal, same, _ = machine_on(exact, draws, device="none", **{"initial_scale": 4.0})
    for name in weights:
        assert (weights[name] == same[name]).all()
    return float(np.square(scores_of(machine) - scores_of(ideal)).mean())


def test_smaller_tiles_clip_less_and_convert_more():
    # large sums and no noise: what one converter clips at 2 several add up unclipped
    quiet = {"physics.read_noise": 1e-12, "physics.output_bound": 1.0, "read.adc_bits": 9}
    assert (
        error_of_scores(8, **quiet) < error_of_scores(37, **quiet) < error_of_scores(4096, **quiet)
    )
    # small sums: each conversion brings its noise, so nineteen tiles bring more than one
    noisy = {"physics.read_noise": 0.3, "physics.output_bound": 50.0, "read.adc_bits": 14}
    assert (
        error_of_scores(8, **noisy) > error_of_scores(37, **noisy) > error_of_scores(4096, **noisy)
    )


def test_only_tiles_that_repeat_convert_again():
    # 784 inputs on seven tiles of 128 rows: a vector that every read repeats once on one of them
    network = load_network("mlp")
    first = network.array_layers[0].name
    trace = build_trace(network)
    chip = archsim.load_architecture("cim40")

    def converted(**changes):
        activity = replace(Activity(), **changes)
        counts = build_chip(with_activity(trace, {(first, "forward"): activity}), chip).counts
        return counts.counts["adc", "convert", first, "forward"]

    assert converted(retries=1.0) == 2 * converted()
    assert converted(retries=1.0, retried_tiles=1 / 7) == near(8 / 7 * converted())


def test_a_run_counts_the_tiles_that_repeat():
    # two tiles of one row with weights 1 and 0.1, bound 0.6 and input one: the first reads 1, then
    # half of it; the second 0.1 at once. One repeat, of half of the tiles.
    settings = {"tile.rows": 1, "physics.output_bound": 0.6, "physics.bound_management": True}
    chip = archsim.load_architecture("cim40", settings)
    placed = shape_layer(LayerMatrix("fc", 2, 1), chip, 1)
    weights = np.array([[[1.0, 0.1]]], F)
    read = TilePhysics(placed, chip, weights, seed=0).read(np.ones((1, 2)), 0)
    assert (read.repeats, read.repeated_share) == (1, 0.5)
    assert read.outputs[0, 0] == pytest.approx(1.1, abs=0.02)


def test_each_tile_has_noise_of_its_own():
    # zero weights: a score is the sum of the noise of the ten tiles of fc (144 inputs and the bias
    # on 16 rows each), ten times the variance of one; were it the same noise it would be hundred
    settings = {"tile.rows": 16, "physics.output_bound": 50.0, "read.adc_bits": 14}
    chip = archsim.load_architecture("cim40", NOISY | settings)
    machine, _, _ = machine_on(chip, 100, device="none", **UNROUNDED)
    machine.arrays.weights[:] = 0
    machine.train(*data_of(machine), np.arange(100), 100)
    # a thousand scores: the variance is known to 1/sqrt(500) = 4.5 %
    assert scores_of(machine).var() == near(10 * 0.06**2, rel=0.2)
