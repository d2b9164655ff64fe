"""What is known of the data sets that are downloaded: files, checksums, mirrors."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archsim.readers.documents import read_toml

PARTS = ("train_images", "train_labels", "test_images", "test_labels")


@dataclass(frozen=True, slots=True)
class IdxFile:
    """One file of a set: its name without .gz, the shape of its array, and the md5 of the .gz and
    of its content.
    """

    file: str
    shape: tuple[int, ...]
    gz_bytes: int
    gz_md5: str
    md5: str


@dataclass(frozen=True, slots=True)
class DownloadedSet:
    """What is told of any set; `folders` are tried below $ARCHSIM_DATA in this order."""

    name: str
    title: str
    source: str
    class_names: tuple[str, ...]
    folders: tuple[str, ...]
    mirrors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdxSource(DownloadedSet):
    """A data set in the idx format. `files` maps each of PARTS to its file."""

    files: dict[str, IdxFile]

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(channels, height, width)."""
        return (1, *self.files["train_images"].shape[1:])

    @property
    def images(self) -> tuple[int, int]:
        """Training and test images."""
        return self.files["train_images"].shape[0], self.files["test_images"].shape[0]


@dataclass(frozen=True, slots=True)
class RecordSource(DownloadedSet):
    """A data set as files of records, in one archive.

    Each record is a label byte and the bytes of an image, channel by channel; `train` and `test` map
    the files of each part, of `records` each, to the md5 of their content.
    """

    image_shape: tuple[int, ...]
    records: int
    archive: str
    archive_bytes: int
    archive_md5: str
    train: dict[str, str]
    test: dict[str, str]

    @property
    def files(self) -> dict[str, str]:
        """Every file of the set with its md5."""
        return self.train | self.test

    @property
    def images(self) -> tuple[int, int]:
        """Training and test images."""
        return self.records * len(self.train), self.records * len(self.test)


Source = IdxSource | RecordSource


@functools.cache
def catalogue() -> dict[str, Source]:
    """The sets of catalogue.toml by name."""
    tables = read_toml(Path(__file__).with_name("catalogue.toml"))
    return {name: _source(name, table) for name, table in tables.items()}


def _source(name: str, table: dict[str, Any]) -> Source:
    named = name, table["title"], table["source"]
    sources = tuple(table["class_names"]), tuple(table["folders"]), tuple(table["mirrors"])
    if table.get("form") == "records":
        return RecordSource(
            *named,
            *sources,
            tuple(table["image_shape"]),
            table["records"],
            table["archive"],
            table["archive_bytes"],
            table["archive_md5"],
            table["train"],
            table["test"],
        )
    files = {
        part: IdxFile(**table[part] | {"shape": tuple(table[part]["shape"])}) for part in PARTS
    }
    return IdxSource(*named, *sources, files)
