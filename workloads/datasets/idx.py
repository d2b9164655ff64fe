"""The idx format of MNIST: magic number 0 0 8 d, d sizes as big-endian 32-bit numbers, then bytes.
Nothing read is trusted.
"""

from __future__ import annotations

import gzip
import io
import math
import zlib
from pathlib import Path

import numpy as np

from archsim.readers.files import read_bytes
from hwlib.errors import InputError
from workloads.datasets.catalogue import IdxFile, IdxSource, catalogue
from workloads.datasets.published import AGAIN, check_content

_GZIP = b"\x1f\x8b"


def read_idx(path: Path, expected: IdxFile) -> np.ndarray:
    """The bytes of an idx file, gzipped or not, as an array of `expected.shape`.

    Raises InputError naming the file: truncated or not gzip, wrong magic number, wrong sizes, wrong
    length, wrong md5.
    """
    content = read_bytes(path)
    size = math.prod(expected.shape)
    header = 4 + 4 * len(expected.shape)
    if content[:2] == _GZIP:
        content = _unzip(content, header + size, path)
    magic = bytes([0, 0, 8, len(expected.shape)])
    if content[:4] != magic:
        raise InputError(
            "not an idx file of bytes: wrong magic number",
            where=str(path),
            got=content[:4].hex(" "),
            allowed=magic.hex(" "),
        )
    shape = tuple(
        int.from_bytes(content[start : start + 4], "big") for start in range(4, header, 4)
    )
    if shape != expected.shape:
        raise InputError(
            "wrong sizes in the file's head",
            where=str(path),
            got=shape,
            allowed=str(expected.shape),
        )
    check_content(content, header + size, expected.md5, path, _advice)
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _unzip(content: bytes, limit: int, path: Path) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            # One byte beyond tells that it is too long; a bomb of zeros isn't unpacked to find out.
            return file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise InputError(
            f"a broken .gz file ({str(fault).lower()})", where=str(path), hint=AGAIN
        ) from None


def _advice(md5: str) -> str:
    for source in catalogue().values():
        for file in source.files.values() if isinstance(source, IdxSource) else ():
            # MNIST and Fashion-MNIST name their files alike, so they are easily put into each
            # other's folder.
            if file.md5 == md5:
                return (
                    f"this is {file.file} of the data set '{source.name}'; put each set into a "
                    "folder of its name"
                )
    return AGAIN
