"""Data sets: found, checked and downloaded without a network, and every damaged file named in one
message.
"""

import gzip
import hashlib
import io
import os
import zipfile

import numpy as np
import pytest

from hwlib.errors import InputError
from workloads import load_network
from workloads.datasets import fetch, fetch_dataset, fit_dataset, list_datasets, load, load_dataset
from workloads.datasets.catalogue import PARTS, IdxFile, IdxSource, catalogue

SIZES = {
    "train_images": (12, 4, 4),
    "train_labels": (12,),
    "test_images": (6, 4, 4),
    "test_labels": (6,),
}


def idx(array):
    """An array of bytes as an idx file."""
    return (
        bytes([0, 0, 8, array.ndim])
        + b"".join(n.to_bytes(4, "big") for n in array.shape)
        + array.tobytes()
    )


def make_content(seed=0):
    generator = np.random.default_rng(seed)
    high = {2: 256, 1: 10}
    return {
        part: idx(generator.integers(0, high[min(2, len(shape))], shape).astype(np.uint8))
        for part, shape in SIZES.items()
    }


def md5(content):
    return hashlib.md5(content).hexdigest()


def make_source(content, mirrors=(), name="tiny"):
    files = {}
    for part in PARTS:
        zipped = gzip.compress(content[part], mtime=0)
        files[part] = IdxFile(
            f"{part}-idx", SIZES[part], len(zipped), md5(zipped), md5(content[part])
        )
    return IdxSource(
        name, f"{name}: a test", "nobody", tuple("0123456789"), (name, "."), tuple(mirrors), files
    )


@pytest.fixture
def content():
    return make_content()


@pytest.fixture
def mirror(tmp_path, content):
    """A folder that plays the mirror; file:// goes through the same door as https://."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    for part in PARTS:
        (folder / f"{part}-idx.gz").write_bytes(gzip.compress(content[part], mtime=0))
    return folder


@pytest.fixture
def source(tmp_path, monkeypatch, content, mirror):
    """A catalogue with one tiny set, an empty cache, no ARCHSIM_DATA."""
    made = make_source(content, [f"{mirror.as_uri()}/"])
    monkeypatch.setattr(load, "catalogue", lambda: {"tiny": made})
    monkeypatch.setenv("ARCHSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ARCHSIM_DATA", raising=False)
    return made


def put(folder, content, zipped=True, dotted=False):
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        name = f"{part}{'.' if dotted else '-'}idx{'.gz' if zipped else ''}"
        (folder / name).write_bytes(gzip.compress(content[part]) if zipped else content[part])


def refused(call, *words):
    with pytest.raises(InputError) as caught:
        call()
    for word in words:
        assert str(word) in caught.value.message, caught.value.message


# --- where the files come from


def check_tiny(dataset, content):
    images = np.frombuffer(content["train_images"][16:], np.uint8).reshape(12, 1, 4, 4)
    assert dataset.train_images.dtype == np.float32 and dataset.train_labels.dtype == np.int64
    assert np.array_equal(dataset.train_images, images.astype(np.float32) / 255)
    assert (
        np.array_equal(dataset.test_labels, np.frombuffer(content["test_labels"][8:], np.uint8))
        and dataset.classes == 10
    )


def test_downloads_once_whole_into_the_cache(source, mirror, content, tmp_path):
    seen = []
    check_tiny(
        load_dataset("tiny", progress=lambda done, total, name: seen.append((done, total))), content
    )
    assert seen[-1][0] == seen[-1][1] == sum(file.gz_bytes for file in source.files.values())
    for path in mirror.iterdir():
        path.unlink()
    check_tiny(load_dataset("tiny"), content)
    folder = tmp_path / "cache" / "datasets" / "tiny"
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{part}-idx.gz" for part in PARTS
    )


def test_the_next_mirror_is_tried(source, mirror, content, tmp_path, monkeypatch):
    made = make_source(content, [(tmp_path / "gone").as_uri() + "/", f"{mirror.as_uri()}/"])
    monkeypatch.setattr(load, "catalogue", lambda: {"tiny": made})
    assert len(fetch_dataset("tiny")) == 4


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-7],
        lambda data: data[:-1] + b"x",
        lambda data: data + b"more",
        lambda data: b"",
    ],
)
def test_a_damaged_download_leaves_nothing(source, mirror, tmp_path, damage):
    path = mirror / "test_labels-idx.gz"
    path.write_bytes(damage(path.read_bytes()))
    refused(
        lambda: load_dataset("tiny"),
        "cannot be downloaded",
        "test_labels-idx.gz",
        "ARCHSIM_DATA",
        "archsim data fetch tiny",
    )
    folder = tmp_path / "cache" / "datasets" / "tiny"
    assert not [
        path for path in folder.iterdir() if "test_labels" in path.name or path.name.startswith(".")
    ]


def test_offline_says_what_to_do(source, mirror):
    for path in mirror.iterdir():
        path.unlink()
    refused(
        lambda: load_dataset("tiny"),
        "cannot be downloaded",
        "offline",
        "archsim data fetch tiny",
        "ARCHSIM_DATA",
    )
    refused(lambda: load_dataset("tiny", download=False), "missing: train_images-idx.gz", "offline")


@pytest.mark.parametrize("place", ["tiny", "."])
@pytest.mark.parametrize("zipped, dotted", [(True, False), (False, False), (False, True)])
def test_archsim_data_comes_first(source, content, tmp_path, monkeypatch, place, zipped, dotted):
    put(tmp_path / "data" / place, content, zipped, dotted)
    monkeypatch.setenv("ARCHSIM_DATA", str(tmp_path / "data"))
    check_tiny(load_dataset("tiny", download=False), content)
    assert not (tmp_path / "cache").exists()


def test_archsim_data_that_is_no_folder(source, monkeypatch):
    monkeypatch.setenv("ARCHSIM_DATA", "nowhere")
    refused(lambda: load_dataset("tiny"), "ARCHSIM_DATA", "not a folder", "nowhere")


def test_cache_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("ARCHSIM_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert fetch.cache_folder() == tmp_path / "archsim"
    monkeypatch.setenv("ARCHSIM_CACHE", str(tmp_path / "own"))
    assert fetch.cache_folder() == tmp_path / "own"


def test_a_cache_that_cannot_be_written(source, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ARCHSIM_CACHE", str(tmp_path / "file"))
    refused(lambda: load_dataset("tiny"), "cannot write the cache", "ARCHSIM_CACHE")


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


# --- names


def test_names():
    listed = list_datasets()
    assert {"mnist", "fashion_mnist", "digits"} <= set(listed) and all(
        "\n" not in text for text in listed.values()
    )
    refused(lambda: load_dataset("mnits"), "unknown data set", "did you mean 'mnist'")
    refused(lambda: load_dataset("zzzz"), "archsim list datasets")
    refused(lambda: load_dataset(3), "a name or the path")
    refused(lambda: fetch_dataset("cifar"), "unknown data set", "allowed: digits")


def test_the_catalogue_is_complete():
    for source in catalogue().values():
        assert (
            len(source.class_names) == 10
            and source.mirrors
            and all(mirror.endswith("/") for mirror in source.mirrors)
        )
        assert all(len(file.md5) == len(file.gz_md5) == 32 for file in source.files.values())
        assert sum(file.gz_bytes for file in source.files.values()) > 10**7


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
