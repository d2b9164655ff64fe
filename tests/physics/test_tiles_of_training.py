"""Do training and a run with real data read the same tiles?"""

from dataclasses import replace

import numpy as np
import pytest

import archsim
from archsim.chip.built import build_chip
from archsim.chip.place import shape_layer
from archsim.kernels.read_block import RETRIES, SATURATIONS, TILE_RETRIES
from archsim.schemes import load_scheme
from archsim.soc.data.tile_physics import TilePhysics
from archsim.trace import Activity, build_trace, with_activity
from archsim.trace.operation import LayerMatrix
from archsim.training.data import prepare
from archsim.training.machine import Machine
from archsim.training.setup import settings_of
from hwlib.errors import InputError
from workloads import load_network
from workloads.datasets import load_dataset

F = np.float32
QUIET = {
    "physics.read_noise": 1e-12,  # as good as none; 0 would be taken for one that is not stated
    "physics.output_bound": 2.0,
    "physics.noise_management": False,
    "physics.bound_management": True,
    "weights.bias": "row",
    "read.adc_bits": 6,
    # what is stored between layers is rounded in ranges that each of the two finds by itself
    "vector_unit.format": "fp32",
    "read.output_bits": 32,
}


def machine_on(chip, images, scheme="rpu", device=None, **changes):
    """A machine whose memory holds a mini-batch of images, and the weights that read them."""
    network, scheme = load_network("digits_cnn"), load_scheme(scheme)
    data = prepare(network, load_dataset("digits"))
    settings, _ = settings_of(
        chip,
        scheme,
        epochs=1,
        batch=images,
        seed=3,
        device=device,
        changes=changes,
        network=network,
    )
    machine = Machine(network, settings)
    weights = machine.arrays.layer_weights()
    machine.train(data.train_images, data.train_labels, np.arange(images), 0)
    return machine, weights, data.train_images[:images].reshape(-1, *network.input_shape)


def run_on(chip, weights, pictures):
    tensors = {f"{name}.weights": held[:, :-1] for name, held in weights.items()}
    tensors |= {f"{name}.bias": held[:, -1] for name, held in weights.items()}
    data = {"images": pictures} | tensors
    return archsim.simulate("digits_cnn", chip, data=data, images=len(pictures))


def scores_of(machine):
    start, count = machine.program.output, machine.program.steps * machine.program.classes
    return machine.memory[:, start : start + count]


# the reads alone: what is stored between layers is not rounded
UNROUNDED = {"digital.format": "fp32", "digital.value_bits": 0}
TILES = {
    "one tile": {"tile.rows": 256, "tile.columns": 256},
    "128 rows": {"tile.rows": 128},
    "16 rows": {"tile.rows": 16},
    "8 rows": {"tile.rows": 8},
    "odd": {"tile.rows": 37, "tile.columns": 22},
    "slots": {"tile.rows": 16, "read.accumulate": "digital"},
    "slots of three bits": {"tile.rows": 50, "read.accumulate": "digital", "read.bits_per_slot": 3},
    "copies": {"tile.rows": 16, "weights.replicas": 2},
    "managed": {"tile.rows": 16, "physics.noise_management": True},
}


@pytest.mark.parametrize("tiles", TILES)
def test_training_and_a_run_read_the_same(tiles):
    chip = archsim.load_architecture("cim40", QUIET | TILES[tiles])
    managed = chip.physics.noise_management
    changes = UNROUNDED | ({"read.noise_management": "both"} if managed else {})
    machine, weights, pictures = machine_on(
        chip, 6, device="none" if tiles == "copies" else None, **changes
    )
    outputs = run_on(chip, weights, pictures).outputs
    scores = scores_of(machine).astype(np.float64)
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(outputs.reshape(expected.shape), expected, rtol=2e-6)


def test_exact_weights_in_slices_read_the_same():
    settings = QUIET | {"weights.mapping": "bit_slices", "weights.bits": 6, "weights.cell_bits": 2}
    chip = archsim.load_architecture("cim40", settings | {"tile.rows": 16})
    machine, weights, pictures = machine_on(chip, 6, "sign_sgd", device="none", **UNROUNDED)
    assert machine.settings.read.weight_bits == 6
    outputs = run_on(chip, weights, pictures).outputs
    scores = scores_of(machine).astype(np.float64)
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(outputs.reshape(expected.shape), expected, rtol=2e-6)


def trained(settings, images=16, scheme="rpu", device=None, **changes):
    """Weights after some images on a chip, as bytes, and the machine."""
    chip = archsim.load_architecture("cim40", NOISY | settings)
    machine, _, _ = machine_on(chip, images, scheme, device, **changes)
    machine.train(*data_of(machine), np.arange(9 * images), images)
    return machine.arrays.weights.tobytes(), machine


def data_of(machine):
    data = prepare(machine.program.network, load_dataset("digits"))
    return data.train_images, data.train_labels


NOISY = {"physics.read_noise": 0.06, "physics.output_bound": 12.0, "weights.bias": "row"}
# settings of the chip that must move trained bits: where they act, and the two values
ACT = {
    "tile.rows": ({}, 128, 16),
    "tile.columns": ({"read.adc_bits": 4, "physics.output_bound": 0.5}, 128, 16),
    "weights.replicas": ({}, 1, 2),
    "weights.bias": ({"tile.rows": 16}, "row", "digital"),
    "read.accumulate": ({}, "analog", "digital"),
    "read.bits_per_slot": ({"read.accumulate": "digital"}, 1, 2),
    "read.adc_bits": ({}, 8, 4),
    "read.input_bits": ({}, 8, 4),
}
SLICED = {"weights.mapping": "bit_slices", "weights.bits": 8, "weights.cell_bits": 4}
OF_EXACT_WEIGHTS = {
    "weights.mapping": ({}, "differential", "bit_slices"),
    "weights.bits": (SLICED, 8, 5),
    "weights.cell_bits": (SLICED, 4, 2),
}


@pytest.mark.parametrize("field", ACT)
def test_what_the_chip_says_of_a_read_moves_the_weights(field):
    beside, one, other = ACT[field]
    assert trained(beside | {field: one})[0] != trained(beside | {field: other})[0]


@pytest.mark.parametrize("field", OF_EXACT_WEIGHTS)
@pytest.mark.parametrize("rule, device", [("sign_sgd", "none"), ("mixed_precision", None)])
def test_slices_move_the_weights_of_rules_that_program(field, rule, device):
    beside, *values = OF_EXACT_WEIGHTS[field]
    # at this rate devices pass the threshold of mixed precision within ten batches
    one, other = (
        trained(beside | {field: value}, 16, rule, device, learning_rate=0.5)[0] for value in values
    )
    assert one != other


def test_written_weights_lie_on_the_codes_of_the_slices():
    _, machine = trained(SLICED | {"weights.bits": 4}, 2, "mixed_precision")
    array = machine.arrays.devices[0]
    # codes up to 7 fill the range: the nearest to a sixth of it (1.17 codes) is one
    full = array.device.number("upper_bound")
    array.set_weights(np.full(array.weights.shape, full / 6, F))
    limited = np.minimum(F(full / 7), array.planes[:, 0, 3])
    np.testing.assert_allclose(array.weights, limited, rtol=1e-6)


def test_pulsed_devices_are_not_sliced_and_a_note_says_so():
    chip = archsim.load_architecture("cim40", NOISY | SLICED)
    settings, notes = settings_of(
        chip,
        load_scheme("rpu"),
        epochs=1,
        batch=1,
        seed=0,
        device=None,
        changes=None,
        network=load_network("digits_cnn"),
    )
    assert settings.read.weight_bits == 0
    assert any("which devices that pulses change cannot" in note for note in notes)
    assert trained(SLICED)[0] == trained({"tile.columns": 128})[0]
    with pytest.raises(InputError, match="cannot be cut into slices"):
        trained({}, **{"read.weight_bits": 8, "read.cell_bits": 4})


def test_a_layer_that_fits_one_tile_has_the_bits_of_an_array():
    chip = archsim.load_architecture("cim40", NOISY | {"tile.rows": 145, "tile.columns": 32})
    machine, _, _ = machine_on(chip, 8)
    assert machine.settings.tiles == {}
    larger = archsim.load_architecture("cim40", NOISY | {"tile.rows": 4096, "tile.columns": 4096})
    other, _, _ = machine_on(larger, 8)
    assert machine.arrays.weights.tobytes() == other.arrays.weights.tobytes()


def test_the_tiles_of_a_training_follow_from_the_chip_alone():
    with pytest.raises(InputError, match="tile.rows and tile.columns"):
        trained({}, **{"tiles.fc.inputs": 16})


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
    assert converted(retries=1.0, retried_tiles=1 / 7) == pytest.approx(8 / 7 * converted())


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
    assert scores_of(machine).var() == pytest.approx(10 * 0.06**2, rel=0.2)


@pytest.mark.parametrize(
    "chip, network, told",
    [("cim40", "digits_cnn", True), ("rpu", "digits_cnn", False), ("cim40", "lenet1", False)],
)
def test_a_training_says_that_biases_which_are_priced_as_words_lie_on_devices(chip, network, told):
    chosen = {"epochs": 1, "batch": 8, "seed": 1, "device": None, "changes": None}
    net = load_network(network)
    _, notes = settings_of(
        archsim.load_architecture(chip), load_scheme("sgd"), network=net, **chosen
    )
    assert any(note.startswith("biases of conv1, fc: priced as") for note in notes) == told
