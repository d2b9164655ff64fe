"""Arrays of an .npz file, checked before anything is unpacked: plain numbers only, no more bytes
than allowed, nothing unpickled.
"""

from __future__ import annotations

import math
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np

from archsim.readers.files import open_regular
from hwlib.errors import InputError
from hwlib.text import one_line

MOST_MEMBERS = 10_000
# bytes of the list of members, which is read whole before any of it can be looked at
_DIRECTORY = 4_000_000
_PIECE = 4_000_000
_HEADER = 10_000
_KINDS = "biuf"
_NOT_PLAIN = "cannot read the arrays: not an .npz file of plain arrays"


def read_npz(
    path: str | Path, largest: int, names: Callable[[list[str]], list[str]] | None = None
) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by name; of those that are there, `names` chooses (and checks)
    which are read.

    Only arrays of whole numbers, floats and true/false are taken. What the heads declare is held
    against the sizes that the archive declares, and those against `largest` bytes in all, before
    anything is unpacked; memory then grows with the bytes that are really there. Raises InputError
    for everything else: another kind of file, damage, a wrong checksum, pickled objects,
    encryption.
    """
    with open_regular(path) as file:
        return unpack(file, str(path), largest, names)


def unpack(
    file: BinaryIO, where: str, largest: int, names: Callable[[list[str]], list[str]] | None = None
) -> dict[str, np.ndarray]:
    """`read_npz` of an open file, or of bytes in memory."""
    try:
        _check_directory(file, where)
        with zipfile.ZipFile(file) as archive:
            members = _members(archive, where)
            wanted = {
                name: members[name] for name in (members if names is None else names(list(members)))
            }
            size = sum(item.file_size for item in wanted.values())
            if size > largest:
                raise InputError(
                    "the arrays are too large",
                    where=where,
                    got=f"{size / 1e9:.3g} GB",
                    allowed=f"at most {largest / 1e9:g} GB",
                )
            return {
                name: _array(archive, item, f"{where}: {one_line(name, 60)}")
                for name, item in wanted.items()
            }
    except InputError:
        raise
    except MemoryError:
        raise InputError("the arrays do not fit into memory", where=where) from None
    # a damaged archive raises what its decoder raises: zlib.error, struct.error, RuntimeError ...
    except Exception as fault:
        reason = one_line(str(fault)) or type(fault).__name__
        if "pickle" in reason:  # NumPy's own text advises to trust what nobody has checked
            reason = "a head that is no plain array's"
        raise InputError(f"{_NOT_PLAIN} ({reason})", where=where) from None


def _check_directory(file: BinaryIO, where: str) -> None:
    """Refuse a list of members of many megabytes: it would be read, and take ten times its size,
    before it could be counted.
    """
    # The list's own head lies in the last 64 KiB, behind which a comment may stand.
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - 66_000)
    file.seek(start)
    tail = file.read(66_000)
    for mark, offset, form in ((b"PK\5\6", 12, "<I"), (b"PK\6\6", 40, "<Q")):
        start = tail.rfind(mark)
        if start >= 0 and len(tail) >= start + offset + struct.calcsize(form):
            listed = struct.unpack_from(form, tail, start + offset)[0]
            if listed > _DIRECTORY and not (form == "<I" and listed == 0xFFFFFFFF):
                raise InputError(
                    "too many arrays in one file", where=where, allowed=f"at most {MOST_MEMBERS}"
                )
    file.seek(0)


def _members(archive: zipfile.ZipFile, where: str) -> dict[str, zipfile.ZipInfo]:
    listed = archive.infolist()
    if len(listed) > MOST_MEMBERS:
        raise InputError(
            "too many arrays in one file",
            where=where,
            got=len(listed),
            allowed=f"at most {MOST_MEMBERS}",
        )
    members: dict[str, zipfile.ZipInfo] = {}
    for item in listed:
        name = item.filename.removesuffix(".npy")
        if name in members:
            raise InputError("an array stands there twice", where=where, got=name)
        if (
            item.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            or item.flag_bits & 1
        ):
            raise InputError(
                "packed in a way that NumPy does not write",
                where=f"{where}: {one_line(name, 60)}",
                hint="write it with numpy.savez or numpy.savez_compressed",
            )
        members[name] = item
    return members


def _array(archive: zipfile.ZipFile, item: zipfile.ZipInfo, where: str) -> np.ndarray:
    with archive.open(item) as file:
        shape, by_columns, dtype = _head(file, where)
        if dtype.kind not in _KINDS or dtype.names or dtype.subdtype:
            raise InputError(_NOT_PLAIN, where=where, got=str(dtype))
        count = math.prod(shape)
        left = item.file_size - file.tell()
        if count * dtype.itemsize != left:
            raise InputError(
                "the array's head does not fit its size",
                where=where,
                got=f"{shape} of {dtype}",
                allowed=f"{max(0, left)} bytes",
            )
        content = bytearray()
        # In pieces: a head may promise gigabytes that a file of a few bytes does not hold.
        while piece := file.read(_PIECE):
            content += piece
    if len(content) != left:
        raise InputError(
            "the array is cut off",
            where=where,
            got=f"{len(content)} bytes",
            allowed=f"{left} bytes",
        )
    array = np.frombuffer(content, dtype, count).reshape(shape, order="F" if by_columns else "C")
    return (
        # In this machine's order of bytes, which compiled kernels ask for.
        np.ascontiguousarray(array, dtype.newbyteorder("="))
        if array.ndim
        else array.astype(dtype.newbyteorder("="))
    )


def _head(file: IO[bytes], where: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise InputError("not a head of an array of plain numbers", where=where, got=version)
    shape, by_columns, dtype = readers[version](file, max_header_size=_HEADER)
    if len(shape) > 32 or any(
        not isinstance(size, int) or isinstance(size, bool) or size < 0 for size in shape
    ):
        raise InputError("not a shape", where=where, got=shape)
    return shape, by_columns, dtype
