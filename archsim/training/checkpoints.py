"""Checkpoints that survive a kill at any moment.

A checkpoint is `arrays-<images>.npz` (no pickle) and `checkpoint.json`, which names it with its
SHA-256. Both are written beside and renamed; the JSON last, so it always names a complete file. The
old arrays go only after that.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from archsim.readers.arrays import unpack
from archsim.readers.documents import read_json
from archsim.readers.files import open_regular
from archsim.readers.versions import migrated, version_of, versioned
from hwlib.errors import InputError

LARGEST_ARRAYS = 16 * 10**9  # bytes
_KIND = "archsim training checkpoint"


def save_checkpoint(folder: Path, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write `arrays` and the JSON-able `facts` (with "images") into `folder`, atomically. Raises
    InputError where it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # In memory first: the digest is that of what was meant, not of what is on the disk.
        buffer = io.BytesIO()
        # numpy's stub takes any keyword for its flag
        np.savez(buffer, **arrays)  # type: ignore[arg-type]
        content = buffer.getvalue()
        name = f"arrays-{facts['images']:012d}.npz"
        # The arrays first, under a name of their own, then the document that names them: a kill
        # between the two leaves the older pair whole.
        _replace(folder / name, content)
        document = versioned(
            "checkpoint",
            {
                "kind": _KIND,
                "arrays": name,
                "sha256": hashlib.sha256(content).hexdigest(),
                "facts": facts,
            },
        )
        # Over everything but itself.
        document["self"] = _digest(document)
        _replace(
            folder / "checkpoint.json", json.dumps(document, indent=1, allow_nan=False).encode()
        )
        # Last: until the document names the new arrays the old ones may be needed.
        for old in folder.glob("arrays-*.npz"):
            if old.name != name:
                old.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot write the checkpoint ({error.strerror})", where=str(folder)
        ) from None


def load_checkpoint(folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """(facts, arrays) of a folder. Raises InputError for a missing, torn, foreign or newer
    checkpoint.
    """
    path = folder / "checkpoint.json"
    if not path.exists():
        raise InputError("no checkpoint to resume from", where=str(folder))
    try:
        document = read_json(path)
    except InputError as fault:
        raise InputError(f"cannot read the checkpoint ({fault.what})", where=fault.where) from None
    if not isinstance(document, dict) or document.get("kind") != _KIND:
        raise InputError("not a training checkpoint of archsim", where=str(path))
    version_of("checkpoint", document, str(path))  # a newer one may be sealed in another way
    if document.pop("self", None) != _digest(document):
        raise InputError("the checkpoint is damaged", where=str(path))
    document = migrated("checkpoint", document, str(path))
    if not isinstance(document.get("facts"), dict):
        raise InputError("the checkpoint is damaged", where=str(path))
    name = document.get("arrays")
    if (
        not isinstance(name, str)
        # A path in a document could lead out of the folder.
        or Path(name).name != name
        or not isinstance(document.get("sha256"), str)
    ):
        raise InputError("the checkpoint is damaged", where=str(path))
    return document["facts"], _read_arrays(folder / name, document["sha256"])


def _read_arrays(path: Path, digest: str) -> dict[str, np.ndarray]:
    try:
        with open_regular(path) as file:
            # typeshed asks for readinto, which files have and BinaryIO does not tell
            held = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
            # Read twice, first for the digest: nothing is unpacked of a file that is not ours.
            if held != digest:
                raise InputError("the arrays of the checkpoint are damaged", where=str(path))
            return unpack(file, str(path), LARGEST_ARRAYS)
    except OSError as error:
        raise InputError(
            f"cannot read the arrays of the checkpoint ({error.strerror})", where=str(path)
        ) from None


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(path.name + ".partial")
    with open(beside, "wb") as file:
        file.write(content)
        file.flush()
        # Written through before the name changes, or a loss of power could leave an empty file
        # under a good name.
        os.fsync(file.fileno())
    os.replace(beside, path)
