"""What is known of the data sets that are downloaded: files, checksums, mirrors."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

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
class IdxSource:
    """A data set in the idx format. `files` maps each of PARTS to its file; `folders` are tried
    below $ARCHSIM_DATA in this order.
    """

    name: str
    title: str
    source: str
    class_names: tuple[str, ...]
    folders: tuple[str, ...]
    mirrors: tuple[str, ...]
    files: dict[str, IdxFile]


@functools.cache
def catalogue() -> dict[str, IdxSource]:
    """The sets of catalogue.toml by name."""
    tables = read_toml(Path(__file__).with_name("catalogue.toml"))
    sources = {}
    for name, table in tables.items():
        files = {
            part: IdxFile(**table[part] | {"shape": tuple(table[part]["shape"])}) for part in PARTS
        }
        sources[name] = IdxSource(
            name,
            table["title"],
            table["source"],
            tuple(table["class_names"]),
            tuple(table["folders"]),
            tuple(table["mirrors"]),
            files,
        )
    return sources
