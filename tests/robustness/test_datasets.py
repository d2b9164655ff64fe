"""Data sets: found, checked and downloaded without a network, and every damaged file named in one
message.
"""

import gzip
import os

import numpy as np
import pytest

from hwlib.errors import InputError
from tests.robustness.tiny_datasets import make_content, make_source, put
from workloads.datasets import fetch_dataset, list_datasets, load_dataset
from workloads.datasets.catalogue import RecordSource, catalogue
from workloads.datasets.load import dataset_files


def refused(call, *words):
    with pytest.raises(InputError) as caught:
        call()
    for word in words:
        assert str(word) in caught.value.message, caught.value.message


# --- damaged files


@pytest.mark.parametrize(
    "part, damage, words",
    [
        ("train_images", lambda data: gzip.compress(data)[:-20], ["broken .gz"]),
        ("train_images", lambda data: data[:-5], ["cut off", "208 bytes"]),
        ("train_images", lambda data: data + b"x", ["too long"]),
        ("train_images", lambda data: b"", ["empty"]),
        ("train_images", lambda data: data[:6], ["wrong sizes"]),
        ("train_images", lambda data: data[:3], ["wrong magic number"]),
        (
            "train_images",
            lambda data: b"\0\0\x0d\3" + data[4:],
            ["wrong magic number", "00 00 0d 03"],
        ),
        ("train_images", lambda data: b"<html>not found</html>", ["wrong magic number"]),
        (
            "train_labels",
            lambda data: data[:4] + b"\0\0\0\x0d" + data[8:],
            ["wrong sizes", "(13,)"],
        ),
        ("test_labels", lambda data: data[:-1] + bytes([data[-1] ^ 1]), ["md5 mismatch"]),
        ("test_images", lambda data: gzip.compress(data + bytes(10**6)), ["too long"]),
    ],
)
def test_damaged_files_are_named(source, content, tmp_path, monkeypatch, part, damage, words):
    put(tmp_path / "tiny", content, zipped=False)
    (tmp_path / "tiny" / f"{part}-idx").write_bytes(damage(content[part]))
    monkeypatch.setenv("ARCHSIM_DATA", str(tmp_path))
    refused(lambda: load_dataset("tiny"), tmp_path / "tiny" / f"{part}-idx", *words)


def test_another_sets_files_are_recognised(source, tmp_path, monkeypatch):
    other = make_content(seed=1)
    put(tmp_path / "tiny", other, zipped=False)
    monkeypatch.setenv("ARCHSIM_DATA", str(tmp_path))
    monkeypatch.setattr(
        "workloads.datasets.idx.catalogue", lambda: {"other": make_source(other, name="other")}
    )
    refused(lambda: load_dataset("tiny"), "md5 mismatch", "data set 'other'")


@pytest.mark.parametrize("train, test", [(None, None), (5, None), (None, 2), (3, 4)])
def test_the_first_images_are_those_of_the_whole(
    source, content, tmp_path, monkeypatch, train, test
):
    put(tmp_path / "tiny", content)
    monkeypatch.setenv("ARCHSIM_DATA", str(tmp_path))
    few, part = (
        load_dataset("tiny", train=train, test=test),
        load_dataset("tiny").first(train, test),
    )
    assert few.train_images.dtype == np.float32 and few.train_images.max() <= 1.0
    for name in ("train_images", "train_labels", "test_images", "test_labels"):
        assert np.array_equal(getattr(few, name), getattr(part, name))
    assert few.notes == part.notes
    refused(lambda: load_dataset("tiny", train=13), "not that many train images", "1 to 12")


# --- names


def test_names():
    listed = list_datasets()
    assert {"mnist", "fashion_mnist", "digits"} <= set(listed) and all(
        "\n" not in text for text in listed.values()
    )
    refused(lambda: load_dataset("mnits"), "unknown data set", "did you mean 'mnist'")
    refused(lambda: load_dataset("zzzz"), "archsim list datasets")
    refused(lambda: load_dataset(3), "a name or the path")
    refused(lambda: fetch_dataset("cifar"), "unknown data set", "allowed: digits", "cifar10")


def test_the_catalogue_is_complete():
    for source in catalogue().values():
        assert (
            len(source.class_names) == 10
            and source.mirrors
            and all(mirror.endswith("/") for mirror in source.mirrors)
        )
        if isinstance(source, RecordSource):
            assert all(len(md5) == 32 for md5 in (*source.files.values(), source.archive_md5))
            assert source.images == (50_000, 10_000) and source.archive_bytes > 10**8
            continue
        assert all(len(file.md5) == len(file.gz_md5) == 32 for file in source.files.values())
        assert sum(file.gz_bytes for file in source.files.values()) > 10**7


def test_digits_lie_where_their_file_is():
    assert dataset_files("digits") == fetch_dataset("digits")


def test_digits_are_those_of_scikit_learn():
    digits = load_dataset("digits")
    assert (
        digits.train_images.shape == (1437, 1, 8, 8)
        and digits.test_images.shape == (360, 1, 8, 8)
        and digits.classes == 10
    )
    assert "CC BY 4.0" in digits.source
    with pytest.raises(ValueError):
        digits.train_images[0] = 0
    theirs = pytest.importorskip("sklearn.datasets").load_digits()
    order = np.random.default_rng(0).permutation(1797)
    images = np.concatenate([digits.train_images, digits.test_images])
    labels = np.concatenate([digits.train_labels, digits.test_labels])
    assert np.array_equal(images[:, 0] * 16, theirs.images[order]) and np.array_equal(
        labels, theirs.target[order]
    )


@pytest.mark.skipif(
    "ARCHSIM_DATA" not in os.environ,
    reason="set ARCHSIM_DATA to a folder with mnist/ (archsim data fetch mnist)",
)
@pytest.mark.parametrize("name, mean", [("mnist", 0.1307), ("fashion_mnist", 0.2860)])
def test_the_real_sets(name, mean):
    """Means of the training pixels as every framework's tutorial has them for normalisation."""
    dataset = load_dataset(name, download=False)
    assert dataset.train_images.shape == (60000, 1, 28, 28) and dataset.test_images.shape == (
        10000,
        1,
        28,
        28,
    )
    assert dataset.train_images.mean(dtype=np.float64) == pytest.approx(mean, abs=5e-5)
    assert np.bincount(dataset.test_labels).sum() == 10000
