"""Does a data set fit the network that it is given to?"""

import numpy as np
import pytest

from hwlib.errors import InputError
from tests.robustness.test_arrays_of_data import arrays
from workloads import load_network
from workloads.datasets import fit_dataset, load_dataset


def refused(call, *words):
    with pytest.raises(InputError) as caught:
        call()
    for word in words:
        assert str(word) in caught.value.message, caught.value.message


# --- what fits


def test_a_network_and_its_data_set():
    digits = load_dataset("digits")
    assert fit_dataset(load_network("digits_cnn"), digits) is digits
    refused(
        lambda: fit_dataset(load_network("lenet1"), digits),
        "the network takes 1x28x28",
        "the images are 1x8x8",
        "digits_cnn",
    )
    refused(lambda: fit_dataset(load_network("lstm"), digits), "lstm", "digits_cnn")


def test_flat_networks_take_flattened_images(tmp_path):
    np.savez(
        tmp_path / "grey.npz",
        **arrays(
            train_images=np.random.default_rng(1).random((8, 28, 28)),
            test_images=np.zeros((4, 28, 28)),
        ),
    )
    dataset = load_dataset(tmp_path / "grey.npz")
    flat = fit_dataset(load_network("mlp"), dataset)
    assert flat.train_images.shape == (8, 784) and np.array_equal(
        flat.train_images.ravel(), dataset.train_images.ravel()
    )


def test_too_few_outputs_and_no_built_in_network(tmp_path):
    labels = np.arange(8) * 2
    np.savez(
        tmp_path / "many.npz",
        **arrays(
            train_images=np.zeros((8, 8, 8)), test_images=np.zeros((4, 8, 8)), train_labels=labels
        ),
    )
    refused(
        lambda: fit_dataset(load_network("digits_cnn"), load_dataset(tmp_path / "many.npz")),
        "one output a class",
        "15 outputs",
    )
    np.savez(tmp_path / "odd.npz", **arrays())
    refused(
        lambda: fit_dataset(load_network("digits_cnn"), load_dataset(tmp_path / "odd.npz")),
        "write a network with input = [1, 5, 5]",
    )


def test_first_images():
    digits = load_dataset("digits")
    few = digits.first(train=100, test=20)
    assert len(few.train_images) == len(few.train_labels) == 100 and len(few.test_labels) == 20
    assert (
        np.array_equal(few.train_images, digits.train_images[:100])
        and "first 100 training" in few.notes[-1]
    )
    refused(lambda: digits.first(train=2000), "not that many train images", "1 to 1437")
