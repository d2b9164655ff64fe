"""Do training and a run with real data read the same tiles?"""

import numpy as np
import pytest

import archsim
from archsim.kernels.read_block import RETRIES, SATURATIONS, TILE_RETRIES
from archsim.schemes import load_scheme
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
    changes = {"read.noise_management": "both"} if managed else {}
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
    machine, weights, pictures = machine_on(chip, 6, "sign_sgd", device="none")
    assert machine.settings.read.weight_bits == 6
    outputs = run_on(chip, weights, pictures).outputs
    scores = scores_of(machine).astype(np.float64)
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(outputs.reshape(expected.shape), expected, rtol=2e-6)
