"""Does a data set fit the network that it is given to?"""

import numpy as np
import pytest

from hwlib.errors import InputError
from tests.robustness.test_arrays_of_data import arrays
from workloads import load_network
from workloads.datasets import fit_dataset, load_dataset

HALVES = ("train", "test")


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


def stored(folder, images, labels):
    path = folder / "own.npz"
    parts = {"images": images, "labels": labels}
    np.savez(path, **{f"{half}_{name}": part for name, part in parts.items() for half in HALVES})
    return load_dataset(path)


def network_with(folder, shape):
    path = folder / "own.toml"
    layers = (
        '[[layer]]\nname = "flat"\noperator = "flatten"\n'
        '[[layer]]\nname = "fc"\noperator = "linear"\nfeatures = 3'
    )
    path.write_text(f'schema = 1\nname = "own"\ninput = {list(shape)}\n{layers}\n')
    return load_network(path)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ((5, 7), (5, 7)),
        ((1, 5, 7), (5, 7)),
        ((5, 7), (1, 5, 7)),
        ((2, 3, 5, 7), (2, 3, 5, 7)),
        ((3, 5, 7), (1, 3, 5, 7)),
    ],
)
def test_lines_and_volumes_reach_a_network_of_their_axes(given, wanted, tmp_path):
    images = np.random.default_rng(1).random((6, *given), np.float32)
    dataset = stored(tmp_path, images, np.arange(6) % 3)
    fitted = fit_dataset(network_with(tmp_path, wanted), dataset)
    assert fitted.image_shape == wanted
    assert (fitted.test_images.reshape(images.shape) == images).all()


@pytest.mark.parametrize("wanted", [(7, 5), (5, 7, 1), (35, 1), (7, 5, 1)])
def test_rows_do_not_become_channels(wanted, tmp_path):
    dataset = stored(tmp_path, np.zeros((6, 5, 7), np.float32), np.arange(6) % 3)
    refused(lambda: fit_dataset(network_with(tmp_path, wanted), dataset), "the network takes")


def test_classes_before_the_places_of_a_line_are_told(tmp_path):
    path = tmp_path / "line.toml"
    path.write_text(
        'schema = 1\nname = "line"\ninput = [3, 5]\n[[layer]]\nname = "same"\noperator = "relu"\n'
    )
    dataset = stored(tmp_path, np.zeros((6, 3, 5), np.float32), np.arange(30).reshape(6, 5) % 3)
    refused(lambda: fit_dataset(load_network(path), dataset), "positions before classes, 5x3")
