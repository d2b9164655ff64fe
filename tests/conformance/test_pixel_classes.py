"""Does a network that ends in a map (classes, height, width) train and test with a class for each pixel?"""

from dataclasses import replace

import numpy as np
import pytest

import archsim
from archsim.operators.array_forward import network_forward
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings
from archsim.training.trainable import untrainable
from tests.members import every
from workloads import load_network
from workloads.datasets import Dataset, load_dataset
from workloads.datasets.arrays import read_arrays

F = np.float32
TEXT = """
schema = 1
name = "pixels"
input = [1, 6, 5]
[[layer]]
name = "down"
operator = "conv2d"
channels = 4
kernel = 3
padding = 1
bias = true
[[layer]]
name = "bent"
operator = "relu"
[[layer]]
name = "classes"
operator = "conv2d"
channels = 3
kernel = 1
bias = true
"""
SOFTMAX = '[[layer]]\nname = "shares"\noperator = "softmax"\naxis = 0\n'


def network_of(tmp_path, end=""):
    path = tmp_path / "pixels.toml"
    path.write_text(TEXT + end)
    return load_network(path)


def pictures(images=200):
    """A pixel's class is how many of itself and the pixel above are bright."""
    random = np.random.default_rng(4)
    bright = random.integers(0, 2, (images, 6, 5))
    above = np.concatenate([np.zeros_like(bright[:, :1]), bright[:, :-1]], axis=1)
    shown = bright[:, None].astype(F)
    labels = bright + above
    return Dataset("pixels", shown, labels, shown[:40].copy(), labels[:40].copy(), 3)


@every("end", ["", SOFTMAX])
def test_it_learns_and_is_tested_pixel_by_pixel(tmp_path, end):
    network = network_of(tmp_path, end)
    assert not untrainable(network) and archsim.check(network).trains
    data = pictures()
    settings = {"learning_rate": 0.2}
    result = archsim.train(
        network,
        "cim40",
        data,
        "sgd",
        epochs=6,
        batch=4,
        device="exact",
        settings=settings,
        folder=tmp_path / f"run{len(end)}",
    )
    last = result.epochs[-1]
    assert last["test_error_percent"] < 1 < result.epochs[0]["test_error_percent"]
    for weights in (result, tmp_path / f"run{len(end)}"):
        inferred = archsim.infer(network, "cim40", data, weights=weights)
        assert inferred.accuracy_percent == pytest.approx(100 - last["test_error_percent"], abs=1.0)


def test_its_loss_and_step_are_those_of_the_definition(tmp_path):
    network = network_of(tmp_path)
    machine = Machine(network, TrainingSettings(rule="float", learning_rate=1.0))
    data = pictures(4)
    image, labels = data.train_images[:1], data.train_labels[:1]

    def loss(matrices):
        tensors = {
            name: {"weights": matrix[:, :-1][None], "bias": matrix[:, -1]}
            for name, matrix in matrices.items()
        }
        scores = network_forward(network, {"input": image[0].astype(float)}, tensors)["classes"]
        total = np.log(np.exp(scores).sum(axis=0))
        right = np.take_along_axis(scores, labels[:1], axis=0)[0]
        return float((total - right).mean())

    start = {name: matrix.astype(float) for name, matrix in machine.arrays.layer_weights().items()}
    machine.train(image.reshape(1, -1), labels.reshape(1, -1), np.zeros(1, np.int64), 0)
    for name, matrix in machine.arrays.layer_weights().items():
        for index in [(0, 0), (2, -1), (1, matrix.shape[1] // 2)]:
            ends = []
            for move in (1e-4, -1e-4):
                moved = {key: value.copy() for key, value in start.items()}
                moved[name][index] += move
                ends.append(loss(moved))
            slope = (ends[0] - ends[1]) / 2e-4
            assert matrix[index] - start[name][index] == pytest.approx(-slope, rel=1e-2, abs=1e-4)


def test_labels_of_pixels_are_read_and_have_to_fit(tmp_path):
    path = tmp_path / "own.npz"
    data = pictures(8)
    arrays = {
        f"{part}_{what}": getattr(data, f"{part}_{what}")
        for part in ("train", "test")
        for what in ("images", "labels")
    }
    np.savez(path, **arrays)
    read = load_dataset(str(path))
    np.testing.assert_array_equal(read.train_labels, data.train_labels)
    network = network_of(tmp_path)
    with pytest.raises(archsim.InputError, match="3 channels or more of 6x4"):
        wrong = {
            "train_labels": read.train_labels[..., 1:],
            "test_labels": read.test_labels[..., 1:],
        }
        archsim.train(network, "cim40", replace(read, **wrong), "sgd", epochs=1)
    with pytest.raises(archsim.InputError, match="one output a class"):
        wrong = {
            "train_labels": read.train_labels[:, 0, 0],
            "test_labels": read.test_labels[:, 0, 0],
        }
        archsim.train(network, "cim40", replace(read, **wrong), "sgd", epochs=1)
    spread = {
        key: np.eye(3, dtype=int)[value[:, 0]] for key, value in arrays.items() if "labels" in key
    }
    np.savez(path, **arrays | spread)
    with pytest.raises(archsim.InputError, match="one a pixel"):
        read_arrays(path)


def test_a_map_of_one_channel_has_no_classes(tmp_path):
    path = tmp_path / "one.toml"
    path.write_text(TEXT.replace("channels = 3", "channels = 1"))
    assert untrainable(load_network(path)) == {"classes": "no class scores but 1x6x5"}
