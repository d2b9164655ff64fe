"""Is a user's own file of arrays taken in every form, and a wrong one named in one message?"""

import io
import zipfile

import numpy as np
import pytest

from hwlib.errors import InputError
from workloads.datasets import load_dataset


def refused(call, *words):
    with pytest.raises(InputError) as caught:
        call()
    for word in words:
        assert str(word) in caught.value.message, caught.value.message


# --- arrays of the user


def arrays(**changes):
    generator = np.random.default_rng(0)
    made = {
        "train_images": generator.random((8, 5, 5)),
        "train_labels": np.arange(8) % 3,
        "test_images": generator.random((4, 5, 5)),
        "test_labels": np.arange(4) % 3,
    }
    return {name: array for name, array in {**made, **changes}.items() if array is not None}


def test_arrays_of_every_form(tmp_path):
    forms = {"grey": (5, 5), "colour": (3, 5, 5), "flat": (25,)}
    for name, shape in forms.items():
        np.savez(
            tmp_path / f"{name}.npz",
            **arrays(
                train_images=np.full((8, *shape), 51, np.uint8),
                test_images=np.full((4, *shape), 0.5),
            ),
        )
        dataset = load_dataset(tmp_path / f"{name}.npz")
        assert (
            dataset.image_shape == ((1, 5, 5) if name == "grey" else shape)
            and dataset.classes == 3
            and dataset.name == name
        )
        assert np.allclose(dataset.train_images, 0.2) and dataset.test_images.max() == 0.5


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"train_labels": None}, ["'train_labels' is missing"]),
        ({"train_labels": None, "train_label": np.arange(8)}, ["did you mean 'train_label'"]),
        ({"train_images": np.full((8, 5, 5), np.nan)}, ["train_images", "finite"]),
        ({"train_images": np.full((8, 5, 5), np.inf)}, ["train_images", "0 to 1"]),
        ({"test_images": np.full((4, 5, 5), 1.5)}, ["test_images", "0 to 1"]),
        ({"test_images": np.full((4, 5, 5), -0.5)}, ["test_images", "0 to 1"]),
        ({"train_images": np.zeros((8, 5, 5), np.int32)}, ["int32"]),
        ({"train_images": np.zeros((8, 5, 5), complex)}, ["complex"]),
        ({"train_images": np.zeros(8)}, ["not an array of images"]),
        ({"train_images": np.zeros((0, 5, 5))}, ["not an array of images"]),
        ({"test_images": np.zeros((4, 6, 5))}, ["differ in shape"]),
        ({"train_labels": np.arange(7)}, ["not one label an image"]),
        ({"train_labels": np.arange(8.0)}, ["whole number"]),
        ({"train_labels": np.zeros((8, 1), int)}, ["whole number"]),
        ({"train_labels": np.full(8, -1)}, ["out of range"]),
        ({"train_labels": np.full(8, 10**9)}, ["out of range"]),
        ({"test_labels": np.full(4, 3)}, ["a class that no training image has"]),
        ({"train_labels": np.array([{}] * 8, dtype=object)}, ["not an .npz file of plain arrays"]),
    ],
)
def test_wrong_arrays_are_named(tmp_path, changes, words):
    path = tmp_path / "mine.npz"
    np.savez(path, **arrays(**changes))
    refused(lambda: load_dataset(path), "mine.npz", *words)


def test_files_that_are_no_npz(tmp_path):
    whole = io.BytesIO()
    np.savez_compressed(whole, **arrays())
    data = whole.getvalue()
    cases = {
        "text": b"hello",
        "empty": b"",
        "cut": data[: len(data) // 2],
        "flipped": data[:200] + bytes(64) + data[264:],
    }
    for name, broken in cases.items():
        (tmp_path / f"{name}.npz").write_bytes(broken)
        refused(lambda name=name: load_dataset(tmp_path / f"{name}.npz"), f"{name}.npz")
    refused(lambda: load_dataset(tmp_path / "absent.npz"), "no such file")
    with zipfile.ZipFile(tmp_path / "words.npz", "w") as archive:
        archive.writestr("train_images.npy", b"\x93NUMPY nonsense")
    refused(lambda: load_dataset(tmp_path / "words.npz"), "words.npz")


def test_a_file_that_unpacks_to_too_much(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "big.npz", **arrays(train_images=np.zeros((8, 400, 400))))
    monkeypatch.setattr("workloads.datasets.arrays.LARGEST", 10**6)
    refused(lambda: load_dataset(tmp_path / "big.npz"), "too large")
