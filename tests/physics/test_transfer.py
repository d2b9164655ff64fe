"""Transfer to fresh chips: exact targets without programming error, a spread that grows with it."""

import numpy as np
import pytest

from archsim.training.data import prepare
from archsim.training.loop import train
from archsim.training.machine import Machine
from archsim.training.settings import read_settings
from archsim.training.transfer import program_weights, take_words, transfer
from hwlib.errors import InputError
from workloads import load_network
from workloads.datasets import Dataset, load_dataset


def test_programming_error_costs_accuracy_and_differs_between_chips():
    network = load_network("digits_cnn")
    data = load_dataset("digits")
    read = {
        "input_bound": 1e6,
        "output_bits": 0,
        "input_bits": 0,
        "output_noise": 0.0,
        "output_bound": 0.0,
        "noise_management": "off",
        "bound_management": "off",
    }
    exact = read_settings({"rule": "sgd", "device": "none", "epochs": 3, "read": read})
    trained = train(network, data, exact)
    assert (
        transfer(network, data, exact, trained.weights, [1, 2])
        == [trained.history[-1]["test_error_percent"]] * 2
    )
    errors = {}
    for level in (0.0, 0.5):
        settings = read_settings(
            {
                "rule": "mixed_precision",
                "device": "bulk_rram",
                "read": read,
                # trained without devices: weights keep their unit, and reads have no noise
                "weight_range": "device",
                "device_settings": {
                    "program_error": level,
                    "verify_window": 10.0,
                    "read_noise": 0.0,
                },
            }
        )
        errors[level] = transfer(network, data, settings, trained.weights, range(4))
    # weights beyond the window are clipped
    assert np.allclose(errors[0.0], trained.history[-1]["test_error_percent"], atol=0.6)
    assert np.mean(errors[0.5]) > np.mean(errors[0.0]) + 5
    assert len(set(errors[0.5])) > 1


def test_every_device_of_a_weight_is_programmed():
    """The mean of nine devices strays a third as far as one, so a chip of them is nearer to the
    exact weights.
    """
    network = load_network("digits_cnn")
    data = load_dataset("digits")
    generator = np.random.default_rng(2)
    shapes = {
        layer.name: (layer.matrix.columns, layer.matrix.rows + layer.bias)
        for layer in network.array_layers
    }
    targets = {
        name: generator.choice([-0.7, -0.4, 0.3, 0.6], shape).astype(np.float32)
        for name, shape in shapes.items()
    }
    errors = {}
    for copies in (1, {"conv1": 9, "fc": 9}):
        settings = read_settings(
            {
                "rule": "rpu",
                "device": "bulk_rram",
                "devices_per_weight": copies,
                # one unit for both layers, in which a device reaches beyond the targets
                "weight_range": "device",
                "device_settings": {"program_error": 0.05, "verify_window": 10.0, "cycles": 1},
            }
        )
        machine = Machine(network, settings)
        program_weights(machine, targets, 3)
        held = machine.arrays.layer_weights()
        # the idle device of a pair cannot go below zero: its mean has the sign of the weight
        errors[str(copies)] = [
            float(np.std((held[name] - targets[name]) * np.sign(targets[name]))) for name in targets
        ]
        assert len(transfer(network, data, settings, targets, [1])) == 1
    one, nine = errors.values()
    np.testing.assert_allclose(np.array(nine) / one, 1 / 3, rtol=0.2)


def test_digital_words_go_with_the_weights():
    """Means, scales and biases that no array holds: a chip without them computes something else."""
    network = load_network("wu2023_vgg8")
    images = np.random.default_rng(3).random((96, 3, 32, 32), np.float32)
    labels = np.arange(96) % 10
    data = Dataset("noise", images, labels, images[:32].copy(), labels[:32].copy(), 10)
    settings = read_settings(
        {
            "rule": "sgd",
            "device": "none",
            "batch": 32,
            "epochs": 1,
            "scheme_settings": {"weights_in": "memory"},
            "read": {"input_bits": 0, "output_bits": 0, "output_noise": 0.0},
            "tiles": {"fc2": {"bias": "digital"}},
        }
    )
    machine = Machine(network, settings)
    prepared = prepare(network, data)
    machine.train(prepared.train_images, prepared.train_labels, np.arange(96), 0)
    loss, wrong = machine.evaluate(prepared.test_images, prepared.test_labels, 0)
    weights = machine.arrays.layer_weights()
    with pytest.raises(InputError, match="words of normalisations"):
        transfer(network, data, settings, weights, [1])
    assert transfer(network, data, settings, weights, [1], machine) == [100.0 * wrong]
    fresh = Machine(network, settings)
    program_weights(fresh, weights, 1)
    take_words(fresh, machine)
    assert fresh.evaluate(prepared.test_images, prepared.test_labels, 0)[0] == loss
