"""Tensors whose values are in files beside an ONNX file.

Only files in the folder of the model, or below it, are read: no absolute path, no `..`, no link,
nothing but regular files, and never more than a tensor's own bytes.
"""

from __future__ import annotations

import hashlib
import math
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from archsim.readers.files import open_regular
from hwlib.errors import InputError
from workloads.onnx.node import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from onnx import TensorProto

LARGEST_FILE = 2**37
"""Bytes of a file with values: 128 GiB."""
_CHUNK = 2**24


class StoredBytes(NamedTuple):
    """Where a tensor's values are: `length` bytes of a file from `offset` on."""

    path: Path
    offset: int
    length: int


def part_of(tensor: TensorProto, model: Path) -> StoredBytes:
    """Where the values of a tensor are. Raises InputError for a place that is not allowed."""
    name = printable(tensor.name)
    fields = {item.key: item.value for item in tensor.external_data}
    path = _beside(model, fields.get("location", ""), name)
    size = path.stat().st_size
    offset = _count(fields.get("offset") or "0", model, name)
    # By the shape, not by the file: the length that it states is only held against that.
    expected = math.prod(tensor.dims) * _bits(tensor, model) // 8
    length = _count(fields.get("length") or str(expected), model, name)
    if length != expected or offset + length > size:
        raise InputError(
            f"the values of '{name}' do not fit its shape or its file",
            where=f"{model}: {printable(path.name)}",
            got=f"{length} bytes from {offset} on",
            allowed=f"{expected} bytes of {size}",
        )
    return StoredBytes(path, offset, length)


def read_values(tensor: TensorProto, model: Path) -> TensorProto:
    """The tensor with its values in it. Raises InputError."""
    part = part_of(tensor, model)
    with open_regular(part.path) as file:
        file.seek(part.offset)
        content = file.read(part.length)
    if len(content) != part.length:
        name = printable(tensor.name)
        raise InputError(f"the values of '{name}' are cut short", where=str(part.path))
    whole = type(tensor)()
    whole.name = tensor.name
    whole.data_type = tensor.data_type
    whole.dims.extend(tensor.dims)
    whole.raw_data = content
    return whole


def digest_of(content: bytes, tensors: Iterable[TensorProto], model: Path) -> str:
    """SHA-256 of a model and of all files that its tensors are in."""
    digest = hashlib.sha256(content)
    paths = {part_of(tensor, model).path for tensor in tensors if tensor.external_data}
    # In one order, so that the digest does not depend on that of the tensors.
    for path in sorted(paths):
        digest.update(hashlib.sha256(path.name.encode()).digest())
        with open_regular(path) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def _beside(model: Path, location: str, name: str) -> Path:
    """The file that a location names."""
    named = PurePosixPath(location)
    plain = location and "\\" not in location and "\0" not in location and ":" not in location
    if not plain or named.is_absolute() or ".." in named.parts:
        raise InputError(
            f"the values of '{name}' are in a place that is not read",
            where=str(model),
            got=printable(location),
            allowed="a file in the folder of the model",
        )
    path = model.parent
    for step in named.parts:
        path = path / step
        # Each step of the path: a link to a folder leads out as well as one to a file.
        if path.is_symlink():
            raise InputError(
                f"the values of '{name}' are behind a link, which is not followed",
                where=str(model),
                got=printable(location),
            )
    try:
        state = path.stat()
    except OSError:
        raise InputError(
            f"the values of '{name}' are in another file, which is not there",
            where=str(model),
            got=printable(location),
            hint="keep the files of one export in one folder",
        ) from None
    if not stat.S_ISREG(state.st_mode) or state.st_size > LARGEST_FILE:
        raise InputError(
            f"the values of '{name}' are in no file that can be read",
            where=str(model),
            got=printable(location),
            allowed=f"a regular file of at most {LARGEST_FILE} bytes",
        )
    return path


def _count(text: str, model: Path, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise InputError(
            f"the place of the values of '{name}' is no number",
            where=str(model),
            got=printable(text),
        )
    return int(text)


def _bits(tensor: TensorProto, model: Path) -> int:
    """Bits of one value. Raises InputError for texts and unknown types."""
    from onnx import helper

    try:
        kind = helper.tensor_dtype_to_np_dtype(tensor.data_type)
    except (KeyError, ValueError, TypeError):
        kind = None
    if kind is None or kind.kind in "OSU":
        raise InputError(
            f"the values of '{printable(tensor.name)}' are of a type that is not read",
            where=str(model),
            got=tensor.data_type,
        )
    named = kind.name
    # NumPy has no type below a byte: those of ml_dtypes tell it by their name.
    return 4 if named.endswith("int4") or "float4" in named else 8 * kind.itemsize
