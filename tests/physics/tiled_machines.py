"""Machines whose layers lie on several tiles."""

import numpy as np

import archsim
from archsim.schemes import load_scheme
from archsim.training.data import prepare
from archsim.training.machine import Machine
from archsim.training.setup import settings_of
from workloads import load_network
from workloads.datasets import load_dataset

F = np.float32


def machine_on(chip, images, scheme="rpu", device=None, **changes):
    """A machine whose memory holds a mini-batch of images, and the weights that read them."""
    network = load_network("digits_cnn")
    scheme = load_scheme(scheme)
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


def scores_of(machine):
    start = machine.program.output
    count = machine.program.steps * machine.program.classes
    return machine.memory[:, start : start + count]


# the reads alone: what is stored between layers is not rounded
UNROUNDED = {"digital.format": "fp32", "digital.value_bits": 0}


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
