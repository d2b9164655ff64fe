"""Where the files of a data set lie: $ARCHSIM_DATA, the cache, or a mirror from which they are
downloaded with an md5 check.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from hwlib.errors import InputError
from workloads.datasets.catalogue import IdxFile, IdxSource, RecordSource

SECONDS = 30  # without a byte from a mirror
_BLOCK = 1 << 16
Progress = Callable[[int, int, str], None]


def cache_folder() -> Path:
    """$ARCHSIM_CACHE, or archsim in $XDG_CACHE_HOME, or ~/.cache/archsim; it need not exist."""
    own = os.environ.get("ARCHSIM_CACHE")
    shared = os.environ.get("XDG_CACHE_HOME")
    try:
        return (
            Path(own) if own else (Path(shared) if shared else Path.home() / ".cache") / "archsim"
        )
    # In a container of a bare user id; the traceback of pathlib names neither the cache nor a way
    # out.
    except RuntimeError:  # no home folder
        raise InputError(
            "no folder for the cache is known",
            where="ARCHSIM_CACHE",
            hint="set it to a folder you may write to",
        ) from None


def find_files(
    source: IdxSource, ask: bool = True, progress: Progress | None = None
) -> dict[str, Path]:
    """The path of each file of a set, by part. What is missing is downloaded into the cache, whole
    and checked or not at all.

    progress(bytes done, bytes in all, file). Raises InputError where a file is nowhere to be had,
    with what to do about it.
    """
    folders = folders_of(source)
    # Each file alone, so that a download cut off after three of four asks for one.
    here = {part: _look(folders, file) for part, file in source.files.items()}
    paths = {part: path for part, path in here.items() if path is not None}
    missing = [part for part in here if part not in paths]
    if missing and not ask:
        names = ", ".join(f"{source.files[part].file}.gz" for part in missing)
        raise InputError(
            f"missing: {names}", where=f"data set '{source.name}'", hint=advice(source)
        )
    # The bar runs once over all files and doesn't start afresh with each.
    total = sum(source.files[part].gz_bytes for part in missing)
    done = 0
    for part in missing:
        file = source.files[part]
        wanted = Wanted(f"{file.file}.gz", file.gz_bytes, file.gz_md5)
        paths[part] = download(source, wanted, reporter_of(progress, done, total, file.file))
        done += file.gz_bytes
    return {part: paths[part] for part in source.files}


def reporter_of(
    progress: Progress | None, before: int, total: int, name: str
) -> Callable[[int], None]:
    """What tells the bytes of one file as bytes of all."""

    def report(count: int) -> None:
        if progress is not None:
            progress(before + count, total, name)

    return report


def folders_of(source: IdxSource | RecordSource) -> list[Path]:
    """Where the files of a set are looked for, in this order."""
    data = os.environ.get("ARCHSIM_DATA")
    # A misspelt folder would otherwise lead to a download the user wanted to avoid.
    if data and not Path(data).is_dir():
        raise InputError("not a folder", where="ARCHSIM_DATA", got=data)
    return ([Path(data) / folder for folder in source.folders] if data else []) + [cached(source)]


def cached(source: IdxSource | RecordSource) -> Path:
    """Where the cache keeps a set."""
    return cache_folder() / "datasets" / source.name


def _look(folders: list[Path], file: IdxFile) -> Path | None:
    """The first file of that name, zipped or not, also in the spelling with a dot that some
    unzippers leave.
    """
    names = (f"{file.file}.gz", file.file, file.file.replace("-idx", ".idx"))
    paths = (folder / name for folder in folders for name in names)
    return next((path for path in paths if path.is_file()), None)


class Wanted(NamedTuple):
    """A file that a mirror has: its name there, its size and md5."""

    name: str
    size: int
    md5: str


def download(
    source: IdxSource | RecordSource, wanted: Wanted, report: Callable[[int], None]
) -> Path:
    """A file of a set in the cache, whole and checked. Raises InputError where no mirror gives it."""
    folder = cached(source)
    faults = []
    hint = "set ARCHSIM_CACHE to another folder"
    path = folder / wanted.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # In the same folder, for a rename across file systems isn't atomic; two runs that fetch at
        # once don't see each other's half.
        handle, temporary = tempfile.mkstemp(prefix=f".{wanted.name}.", dir=folder)
    except OSError as fault:
        raise InputError(
            f"cannot write the cache ({fault.strerror})", where=str(folder), hint=hint
        ) from None
    try:
        with os.fdopen(handle, "wb") as target:
            for mirror in source.mirrors:
                try:
                    _copy(f"{mirror}{wanted.name}", wanted, target, report)
                    break
                # The next mirror may have it; all faults are told only when none has.
                except (OSError, http.client.HTTPException, ValueError) as fault:
                    faults.append(f"{mirror}: {fault}")
            else:
                raise InputError(
                    f"cannot be downloaded ({'; '.join(faults)})",
                    where=f"data set '{source.name}': {path.name}",
                    hint=advice(source),
                )
        # mkstemp gives the file to its maker alone, but a cache may be shared.
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path


def _copy(address: str, wanted: Wanted, target: BinaryIO, report: Callable[[int], None]) -> None:
    """Copy a file from a mirror. Raises OSError or ValueError for anything but the published bytes."""
    # The mirror before may have left a part.
    target.seek(0)
    target.truncate()
    # md5 is what the sets publish. The flag lets it run where a policy forbids it as a signature.
    digest = hashlib.md5(usedforsecurity=False)
    count = 0
    with urllib.request.urlopen(address, timeout=SECONDS) as answer:
        while block := answer.read(_BLOCK):
            count += len(block)
            # Before the rest comes: a mirror gone astray may answer with anything, of any length.
            if count > wanted.size:
                raise ValueError(f"more than the {wanted.size} bytes it should have")
            digest.update(block)
            target.write(block)
            report(count)
    if digest.hexdigest() != wanted.md5:
        raise ValueError(f"md5 mismatch, got {digest.hexdigest()}, {count} of {wanted.size} bytes")


def advice(source: IdxSource | RecordSource) -> str:
    """How to get a set without a network here."""
    what = "the four .gz files" if isinstance(source, IdxSource) else f"{source.archive}, unpacked,"
    return (
        f"offline: run `archsim data fetch {source.name}` where there is a network, or get "
        f"{what} in any other way, "
        f"put them into a folder {source.name}/ and set ARCHSIM_DATA to the folder above it"
    )
