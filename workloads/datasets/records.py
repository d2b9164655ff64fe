"""Data sets whose files are records of one label byte and the bytes of an image (CIFAR-10), in one
archive. Nothing read is trusted: of the archive only the named members are taken, as plain bytes of
the size that they must have.
"""

from __future__ import annotations

import hashlib
import io
import math
import os
import tarfile
import tempfile
import zlib
from pathlib import Path

import numpy as np

from archsim.readers.files import read_bytes
from hwlib.errors import InputError
from workloads.datasets.catalogue import RecordSource
from workloads.datasets.fetch import (
    Progress,
    Wanted,
    advice,
    cached,
    download,
    folders_of,
    reporter_of,
)
from workloads.datasets.published import AGAIN, check_content


def find_records(
    source: RecordSource, ask: bool = True, progress: Progress | None = None
) -> dict[str, Path]:
    """The path of each file of a set. What is missing is taken from its archive, which is
    downloaded where it is not in the cache.

    Args:
        source: the set.
        ask: whether a mirror may be asked.
        progress: progress(bytes done, bytes in all, file) of a download.

    Raises:
        InputError: where a file is nowhere to be had, with what to do about it.
    """
    folders = folders_of(source)
    here = {name: _look(folders, name) for name in source.files}
    paths = {name: path for name, path in here.items() if path is not None}
    # An unpacked set needs no archive, which a user may well have deleted.
    if len(paths) == len(here):
        return paths
    missing = [name for name in here if name not in paths]
    archive = _look(folders, source.archive)
    if archive is None and not ask:
        raise InputError(
            f"missing: {', '.join(missing)}", where=f"data set '{source.name}'", hint=advice(source)
        )
    if archive is None:
        wanted = Wanted(source.archive, source.archive_bytes, source.archive_md5)
        report = reporter_of(progress, 0, source.archive_bytes, source.archive)
        archive = download(source, wanted, report)
    _unpack(source, archive, missing)
    return paths | {name: cached(source) / name for name in missing}


def _look(folders: list[Path], name: str) -> Path | None:
    return next((path for path in (folder / name for folder in folders) if path.is_file()), None)


def _size(source: RecordSource) -> int:
    """Bytes of one file."""
    return source.records * (1 + math.prod(source.image_shape))


def _unpack(source: RecordSource, archive: Path, names: list[str]) -> None:
    """Put files of the archive, if it is the published one, into the cache, each whole and checked.
    Raises InputError.
    """
    content = read_bytes(archive, source.archive_bytes)
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != source.archive_md5:
        raise InputError("md5 mismatch", where=str(archive), allowed=source.archive_md5, hint=AGAIN)
    wanted = set(names)
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as members:
            for member in members:
                # Without its folder, so a member can't be written outside the cache, wherever its
                # path points.
                name = Path(member.name).name
                # Links and oversized members are passed over as if not there and then told as
                # missing.
                if name not in wanted or not member.isreg() or member.size != _size(source):
                    continue
                stream = members.extractfile(member)
                records = b"" if stream is None else stream.read(_size(source))
                check_content(records, _size(source), source.files[name], archive)
                _keep(cached(source) / name, records)
                # A second member of the same name can't replace the one that was checked.
                wanted.discard(name)
    except (OSError, EOFError, tarfile.TarError, zlib.error) as fault:
        raise InputError(
            f"a broken archive ({str(fault).lower()})", where=str(archive), hint=AGAIN
        ) from None
    if wanted:
        raise InputError(
            f"missing in the archive: {', '.join(sorted(wanted))}", where=str(archive), hint=AGAIN
        )


def _keep(path: Path, content: bytes) -> None:
    """Write a file of the cache, whole or not at all. Raises InputError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as target:
                target.write(content)
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as fault:
        raise InputError(
            f"cannot write the cache ({fault.strerror})",
            where=str(path.parent),
            hint="set ARCHSIM_CACHE to another folder",
        ) from None


def read_records(source: RecordSource, paths: dict[str, Path]) -> dict[str, np.ndarray]:
    """Images (count, *image_shape) and labels (count,) of both parts, bytes.

    Raises:
        InputError: naming the file, for a length, a label or an md5 that is not the published one.
    """
    arrays = {}
    for part, files in (("train", source.train), ("test", source.test)):
        tables = []
        for name in files:
            content = read_bytes(paths[name])
            check_content(content, _size(source), source.files[name], paths[name])
            tables.append(np.frombuffer(content, np.uint8).reshape(source.records, -1))
        table = np.concatenate(tables)
        # The bytes are the published ones by now, so this guards the catalogue's own class names.
        if int(table[:, 0].max()) >= len(source.class_names):
            raise InputError("label out of range", where=source.name, got=int(table[:, 0].max()))
        arrays[f"{part}_labels"] = table[:, 0]
        arrays[f"{part}_images"] = table[:, 1:].reshape(-1, *source.image_shape)
    return arrays
