"""Is a data set fetched once, whole and checked, from where the user says?"""

import numpy as np
import pytest

from hwlib.errors import InputError
from tests.robustness.tiny_datasets import make_source, put
from workloads.datasets import fetch, fetch_dataset, load, load_dataset
from workloads.datasets.catalogue import PARTS


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


@pytest.mark.parametrize("subfolder", ["tiny", "."])
@pytest.mark.parametrize("zipped, dotted", [(True, False), (False, False), (False, True)])
def test_archsim_data_comes_first(
    source, content, tmp_path, monkeypatch, subfolder, zipped, dotted
):
    put(tmp_path / "data" / subfolder, content, zipped, dotted)
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
