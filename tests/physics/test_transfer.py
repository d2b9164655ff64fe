"""Transfer to fresh chips: exact targets without programming error, a spread that grows with it."""

import numpy as np

from archsim.training.loop import train
from archsim.training.settings import read_settings
from archsim.training.transfer import transfer
from workloads import load_network
from workloads.datasets import load_dataset


def test_programming_error_costs_accuracy_and_differs_between_chips():
    network, data = load_network("digits_cnn"), load_dataset("digits")
    read = {"input_bound": 1e6, "output_bits": 0, "input_bits": 0, "output_noise": 0.0, "output_bound": 0.0, "noise_management": "off",
            "bound_management": "off"}
    exact = read_settings({"rule": "sgd", "device": "none", "epochs": 3, "read": read})
    trained = train(network, data, exact)
    assert transfer(network, data, exact, trained.weights, [1, 2]) == [trained.history[-1]["test_error_percent"]] * 2
    errors = {}
    for level in (0.0, 0.5):
        settings = read_settings({"rule": "mixed_precision", "device": "bulk_rram", "read": read,
                                  "device_settings": {"program_error": level, "verify_window": 10.0}})
        errors[level] = transfer(network, data, settings, trained.weights, range(4))
    assert np.allclose(errors[0.0], trained.history[-1]["test_error_percent"], atol=0.6)  # weights beyond the window are clipped
    assert np.mean(errors[0.5]) > np.mean(errors[0.0]) + 5
    assert len(set(errors[0.5])) > 1
