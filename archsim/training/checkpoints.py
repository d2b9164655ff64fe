"""Checkpoints that survive a kill at any moment.

A checkpoint is `arrays-<images>.npz` (no pickle) and `checkpoint.json`, which names it with its SHA-256. Both are written beside and
renamed; the JSON last, so it always names a complete file. The old arrays go only after that.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from hwlib.errors import InputError

FORMAT = 1
_KIND = "archsim training checkpoint"


def save_checkpoint(folder: Path, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write `arrays` and the JSON-able `facts` (with "images") into `folder`, atomically. Raises InputError where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        content, name = buffer.getvalue(), f"arrays-{facts['images']:012d}.npz"
        _replace(folder / name, content)
        document = {"kind": _KIND, "format": FORMAT, "arrays": name, "sha256": hashlib.sha256(content).hexdigest(), "facts": facts}
        document["self"] = _digest(document)
        _replace(folder / "checkpoint.json", json.dumps(document, indent=1, allow_nan=False).encode())
        for old in folder.glob("arrays-*.npz"):
            if old.name != name:
                old.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot write the checkpoint ({error.strerror})", where=str(folder)) from None


def load_checkpoint(folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """(facts, arrays) of a folder. Raises InputError for a missing, torn, foreign or newer checkpoint."""
    path = folder / "checkpoint.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("no checkpoint to resume from", where=str(folder)) from None
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InputError("cannot read the checkpoint", where=str(path), got=type(error).__name__) from None
    if not isinstance(document, dict) or document.get("kind") != _KIND:
        raise InputError("not a training checkpoint of archsim", where=str(path))
    if document.get("format") != FORMAT:
        raise InputError("checkpoint of another version of the format", where=str(path), got=document.get("format"), allowed=str(FORMAT))
    if document.pop("self", None) != _digest(document) or not isinstance(document.get("facts"), dict):
        raise InputError("the checkpoint is damaged", where=str(path))
    name = document["arrays"]
    if not isinstance(name, str) or Path(name).name != name:
        raise InputError("the checkpoint is damaged", where=str(path))
    return document["facts"], _read_arrays(folder / name, document["sha256"])


def _read_arrays(path: Path, digest: str) -> dict[str, np.ndarray]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the arrays of the checkpoint ({error.strerror})", where=str(path)) from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise InputError("the arrays of the checkpoint are damaged", where=str(path))
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, OSError, zipfile.BadZipFile, zlib.error, KeyError):
        raise InputError("the arrays of the checkpoint cannot be read", where=str(path)) from None


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(path.name + ".partial")
    with open(beside, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
