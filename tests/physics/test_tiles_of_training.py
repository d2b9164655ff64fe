"""Do training and a run with real data read the same tiles?"""

import numpy as np
import pytest

import archsim
from archsim.schemes import load_scheme
from archsim.training.setup import settings_of
from hwlib.errors import InputError
from tests.physics.tiled_machines import NOISY, UNROUNDED, F, machine_on, scores_of, trained
from workloads import load_network

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


def run_on(chip, weights, pictures):
    tensors = {f"{name}.weights": held[:, :-1] for name, held in weights.items()}
    tensors |= {f"{name}.bias": held[:, -1] for name, held in weights.items()}
    data = {"images": pictures} | tensors
    return archsim.simulate("digits_cnn", chip, data=data, images=len(pictures))


TILES = {
    "one tile": {"tile.rows": 256, "tile.columns": 256},
    "128 rows": {"tile.rows": 128},
    "16 rows": {"tile.rows": 16},
    "8 rows": {"tile.rows": 8},
    "odd": {"tile.rows": 37, "tile.columns": 22},
    "slots": {"tile.rows": 16, "read.accumulate": "digital"},
    "slots of three bits": {"tile.rows": 50, "read.accumulate": "digital", "read.bits_per_slot": 3},
    "copies": {"tile.rows": 16, "weights.replicas": 2},
    "groups": {"tile.rows": 50, "read.accumulate": "digital", "read.rows_active": 7},
    "kept groups": {"tile.rows": 50, "read.rows_active": 7},
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
    limited = np.minimum(F(full / 7), array.every_plane()[:, 0, 3])
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
    with pytest.raises(InputError, match="tile.rows, tile.columns and core.kinds"):
        trained({}, **{"tiles.fc.inputs": 16})


@pytest.mark.parametrize(
    "chip, network, apart",
    [
        ("cim40", "digits_cnn", ["conv1", "fc"]),
        ("rpu", "digits_cnn", []),
        ("cim40", "lenet1", []),  # it has none
    ],
)
def test_a_training_holds_biases_where_its_chip_has_them(chip, network, apart):
    chosen = {"epochs": 1, "batch": 8, "seed": 1, "device": None, "changes": None}
    net = load_network(network)
    settings, _ = settings_of(
        archsim.load_architecture(chip), load_scheme("sgd"), network=net, **chosen
    )
    biased = [layer.name for layer in net.array_layers if layer.bias]
    digital = [name for name, tiles in settings.tiles.items() if tiles.bias == "digital"]
    assert [name for name in digital if name in biased] == apart
