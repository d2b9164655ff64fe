"""Are data sets of records (CIFAR-10) found, unpacked and read, and damaged ones refused?"""

import hashlib
import io
import tarfile

import numpy as np
import pytest

from hwlib.errors import InputError
from workloads.datasets import fetch_dataset, load, load_dataset
from workloads.datasets.catalogue import RecordSource

RECORDS = 5
SHAPE = (3, 4, 2)
FILES = ("first.bin", "second.bin", "test.bin")


def md5(content):
    return hashlib.md5(content).hexdigest()


@pytest.fixture
def content():
    random = np.random.default_rng(3)
    size = int(np.prod(SHAPE))
    tables = {}
    for name in FILES:
        labels = random.integers(0, 10, (RECORDS, 1))
        tables[name] = np.hstack([labels, random.integers(0, 256, (RECORDS, size))])
    return {name: table.astype(np.uint8).tobytes() for name, table in tables.items()}


def packed(content, kind=tarfile.REGTYPE):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, held in content.items():
            member = tarfile.TarInfo(f"tiny-bin/{name}")
            member.type = kind
            member.linkname = "/etc/passwd"
            member.size = len(held) if kind == tarfile.REGTYPE else 0
            archive.addfile(member, io.BytesIO(held))
    return target.getvalue()


@pytest.fixture
def offered(content, tmp_path, monkeypatch):
    """A function that offers an archive at a mirror, as the data set 'tiny'."""
    monkeypatch.setenv("ARCHSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ARCHSIM_DATA", raising=False)
    mirror = tmp_path / "mirror"
    mirror.mkdir()

    def offer(archive):
        (mirror / "tiny.tar.gz").write_bytes(archive)
        known = {name: md5(held) for name, held in content.items()}
        source = RecordSource(
            "tiny", "tiny: a test", "nobody", tuple("0123456789"), ("tiny-bin", "."),
            (f"{mirror.as_uri()}/",), SHAPE, RECORDS, "tiny.tar.gz", len(archive), md5(archive),
            {name: known[name] for name in FILES[:2]}, {FILES[2]: known[FILES[2]]},
        )  # fmt: skip
        monkeypatch.setattr(load, "catalogue", lambda: {"tiny": source})
        return source

    return offer


def check(dataset, content):
    first = np.frombuffer(content["first.bin"], np.uint8).reshape(RECORDS, -1)
    assert dataset.train_images.shape == (2 * RECORDS, *SHAPE)
    assert dataset.test_images.shape == (RECORDS, *SHAPE)
    np.testing.assert_array_equal(dataset.train_labels[:RECORDS], first[:, 0])
    wanted = first[1, 1:].reshape(SHAPE) / np.float32(255)
    np.testing.assert_allclose(dataset.train_images[1], wanted, rtol=1e-6)


def test_an_archive_is_downloaded_once_and_its_files_are_read(offered, content, tmp_path):
    offered(packed(content))
    with pytest.raises(InputError, match="missing: first.bin, second.bin, test.bin; offline"):
        load_dataset("tiny", download=False)
    assert sorted(path.name for path in fetch_dataset("tiny")) == sorted(FILES)
    (tmp_path / "mirror" / "tiny.tar.gz").unlink()
    check(load_dataset("tiny", download=False), content)


def test_files_are_found_below_the_data_folder(offered, content, tmp_path, monkeypatch):
    offered(packed(content))
    folder = tmp_path / "data" / "tiny-bin"
    folder.mkdir(parents=True)
    for name, held in content.items():
        (folder / name).write_bytes(held)
    monkeypatch.setenv("ARCHSIM_DATA", str(tmp_path / "data"))
    check(load_dataset("tiny", download=False), content)
    (folder / "test.bin").write_bytes(content["test.bin"][:-1])
    with pytest.raises(InputError, match=r"test.bin: the file is cut off"):
        load_dataset("tiny", download=False)
    (folder / "test.bin").write_bytes(content["first.bin"])
    with pytest.raises(InputError, match=r"test.bin: md5 mismatch"):
        load_dataset("tiny", download=False)


def test_links_in_an_archive_are_no_files(offered, content, tmp_path):
    offered(packed(content, tarfile.SYMTYPE))
    with pytest.raises(InputError, match="missing in the archive: first.bin"):
        load_dataset("tiny")
    cache = tmp_path / "cache" / "datasets" / "tiny"
    assert [path.name for path in cache.iterdir()] == ["tiny.tar.gz"]


def test_another_archive_than_the_published_one_is_not_opened(offered, content, tmp_path):
    offered(packed(content))
    (tmp_path / "mirror" / "tiny.tar.gz").write_bytes(packed({"first.bin": b"x"}))
    with pytest.raises(InputError, match="md5 mismatch"):
        load_dataset("tiny")
    assert not [*(tmp_path / "cache").rglob("*.*")]
