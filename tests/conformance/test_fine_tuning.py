"""Does `train --weights` begin where another training ended?"""

import numpy as np
import pytest

import archsim
from archsim.run.first_weights import first_weights
from archsim.training.loop import train
from archsim.training.machine import Machine
from archsim.training.settings import read_settings
from hwlib.errors import InputError
from tests.physics.test_batch_norm import NETWORK, dataset
from workloads.network import Layer, Network

PLAIN = Network(
    "plain",
    (
        Layer("input", "input", (), (), (2, 4, 4)),
        Layer("flat", "flatten", ("input",), ((2, 4, 4),), (32,)),
        Layer("fc", "linear", ("flat",), ((32,),), (3,), bias=True),
    ),
)
SETTINGS = read_settings({"rule": "sgd", "device": "exact", "batch": 4, "epochs": 1})


def test_a_training_begins_with_the_weights_and_statistics_of_another(tmp_path):
    before = train(NETWORK, dataset(), SETTINGS, folder=tmp_path)
    begun = Machine(NETWORK, SETTINGS, first_weights(NETWORK, tmp_path))
    for name, weights in begun.arrays.layer_weights().items():
        np.testing.assert_array_equal(weights, before.weights[name])
    np.testing.assert_array_equal(begun.kept.record.values, before.words)
    data = dataset()
    loss, error = begun.evaluate(
        data.test_images.reshape(20, -1), data.test_labels[:, None].astype(np.int64), 0
    )
    assert 100 * error == before.history[-1]["test_error_percent"]


def test_devices_take_the_weights_within_their_range():
    # the range of the devices is a multiple of the largest first weight: nothing is cut
    given = {"fc.weights": np.linspace(-3, 3, 96).reshape(3, 32), "fc.bias": np.ones(3)}
    settings = read_settings(
        {
            "rule": "mixed_precision",
            "device": "bulk_rram",
            "device_settings": {"program_error": 0.0, "verify_window": 0.001},
        }
    )
    machine = Machine(PLAIN, settings, first_weights(PLAIN, given))
    held = machine.arrays.layer_weights()["fc"][:, :-1]
    # 1/15 of the range of 4 x 3 is a step; verified to a hundredth of the range
    np.testing.assert_allclose(held, given["fc.weights"], atol=0.12)
    assert np.abs(held).max() > 2.8


def test_the_public_call_takes_them_and_keeps_their_digest(tmp_path):
    network = "digits_cnn"
    short = {"epochs": 1, "images": 16, "scheme": "sgd", "seed": 3}
    first = archsim.train(network, "cim40", "digits", folder=tmp_path / "a", **short)
    again = archsim.train(network, "cim40", "digits", weights=tmp_path / "a", **short)
    assert "weights" in again.result.document["training"]["inputs"]
    assert again.epochs[0]["train_loss"] != first.epochs[0]["train_loss"]
    with pytest.raises(InputError, match="no such file or folder"):
        archsim.train(network, "cim40", "digits", weights=tmp_path / "none", **short)


def test_a_file_of_weights_without_statistics_is_refused():
    random = np.random.default_rng(1)
    given = {
        "conv.weights": random.normal(size=(3, 18)),
        "fc.weights": random.normal(size=(3, 48)),
        "fc.bias": np.zeros(3),
    }
    with pytest.raises(InputError, match="without the statistics"):
        first_weights(NETWORK, given)
