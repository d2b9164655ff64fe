"""The part files of the package as they are written: read once, each asked for what it holds."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType

from hwlib.errors import InputError

# A part file is some kilobytes; what is larger is something else.
MAX_BYTES = 1_000_000


def read_part_document(path: Traversable) -> Mapping[str, object]:
    """The tables of one TOML file. Raises InputError where it cannot be read."""
    try:
        with path.open("rb") as file:
            # One byte more than allowed tells a large file without reading it.
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(
                "the part file is too large", where=path.name, allowed=f"{MAX_BYTES} bytes"
            )
        return tomllib.loads(data.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"cannot read the part file ({error})", where=path.name) from None


@functools.cache
def read_part_documents() -> Mapping[str, Mapping[str, object]]:
    """File name -> tables of every part file under `hwlib/parts`, by name."""
    folder = resources.files("hwlib") / "parts"
    paths = sorted((path for path in folder.iterdir()), key=lambda path: path.name)
    return MappingProxyType(
        {path.name: read_part_document(path) for path in paths if path.name.endswith(".toml")}
    )


def table_of(document: Mapping[str, object], name: str, where: str) -> Mapping[str, object]:
    """One table of a part file; empty where it is not there. Raises InputError for anything else."""
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise InputError("must be a table", where=f"{where}: {name}", got=table)
    return table
