"""Machine code on disk: one file for each function, content and signature, in a folder that archsim
made and marked.

A file's name is the digest of what was compiled, so nothing in the folder can be stale, and no
index is shared by processes that write at once; one compiles what several need, the others wait
for it. Damaged files count as missing. Nothing is looked
for or made before the first compilation.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

import numba
from numba import types
from numba.core.caching import IndexDataCacheFile, _Cache
from numba.core.compiler import CompileResult

from archsim.kernels import apart

FOLDER = "archsim-kernels"
MARK = "CACHEDIR.TAG"
SIGNATURE = (
    "Signature: 8a477f597d28d172789f06886806bc55\n# Machine code that archsim compiled; it may be "
    "deleted at any time.\n"
)
KEEP_SECONDS = 30 * 86400.0
_DAY = 86400.0
_LONGEST_COMPILATION_S = 120.0
_ASKED_AGAIN_S = 0.02
_NUMBER = ".1.nbc"  # of the one entry of an index


@functools.cache
def store_folder() -> Path | None:
    """The folder below the first of NUMBA_CACHE_DIR, `__pycache__` and the user's cache that is
    ours and can be written, or None.
    """
    asked: str = getattr(numba.config, "CACHE_DIR")  # noqa: B009  # made when numba is imported
    for room in (
        [Path(asked)]
        if asked
        else [Path(__file__).parent / "__pycache__", Path("~/.cache/archsim").expanduser()]
    ):
        folder = room / FOLDER
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / MARK).exists():
                if any(folder.iterdir()):  # somebody else's
                    continue
                (folder / MARK).write_text(SIGNATURE)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            continue
        _forget_old(folder)
        return folder
    return None


def _forget_old(folder: Path) -> None:
    """Delete machine code that nobody used for thirty days."""
    for path in folder.glob("*.nb*"):
        with contextlib.suppress(OSError):  # another process was faster
            if time.time() - path.stat().st_mtime > KEEP_SECONDS:
                path.unlink()


class Compilable(Protocol):
    """A function that has dispatchers: one for callers in Python, `callee` for machine code."""

    @property
    def callee(self) -> Any: ...

    def settle(self) -> tuple[str, str]:
        """Name and digest of what is about to be compiled; no digest: not kept on disk."""


class CodeStore(_Cache):
    """The cache of one dispatcher.

    Args:
        owner: whose dispatcher it is.
        form: what tells its files from those of the other dispatcher of a function.
        apart: whether its machine code is called by name (see `apart`).
    """

    def __init__(self, owner: Compilable, form: str, apart: bool):
        self.owner = owner
        self.form = form
        self.apart = apart
        self._locks: dict[Path, int] = {}

    @property
    def cache_path(self) -> str:
        return str(store_folder() or "")

    def load_overload(self, sig, target_context):
        """The compiled overload, or None where there is none that is whole."""
        name, digest = self.owner.settle()
        kept = self._file(name, digest, sig, target_context.codegen())
        if kept is None:
            return None
        _, path, _ = kept
        result = apart.standing_of(path, target_context) if self.apart else None
        result = result or _read(*kept, target_context)
        if result is None:
            self._lock(path)
            result = _read(*kept, target_context)  # whoever was faster has it now
            if result is not None:
                self._release(path)
        if self.apart and result is not None:
            apart.keep(result, path, kept[2])
        return result

    def holds(self, sig, target_context) -> bool:
        """Whether the overload is on disk, whole or not: nothing is compiled or loaded."""
        name, digest = self.owner.settle()
        kept = self._file(name, digest, sig, target_context.codegen())
        return kept is not None and kept[1].exists()

    def save_overload(self, sig, data) -> None:
        """Keep an overload, where it can be kept."""
        if self.apart:
            apart.set_apart(data)
        name, digest = self.owner.settle()
        kept = self._file(name, digest, sig, data.codegen)
        needed = apart.needed_by(data)
        dynamic = data.library.has_dynamic_globals
        can_keep = needed is not None and not dynamic
        if kept is None:
            if self.apart:
                apart.keep(data, None, ())
            return
        file, path, key = kept
        try:
            if can_keep and all(item.can_cache for item in data.lifted):
                self._save(file, path, key, (needed, data._reduce()))
        finally:
            self._release(path)
        if self.apart:
            apart.keep(data, path if can_keep else None, key)

    def _save(self, file: IndexDataCacheFile, path: Path, key: tuple, content: tuple) -> None:
        # a full disk costs the next process its time, not this one its result
        with contextlib.suppress(OSError):
            file._save_data(path.name, content)
            file._source_stamp = _checksum(path)
            file._save_index({key: path.name})

    def _lock(self, path: Path) -> None:
        """Wait until no other process compiles this. Where one takes too long, or files cannot be
        locked, compile all the same: it costs time, no result.
        """
        if path in self._locks:  # the compilation before failed
            return
        with contextlib.suppress(OSError, ImportError):
            import fcntl

            handle = os.open(path.with_suffix(".nbl"), os.O_RDWR | os.O_CREAT, 0o600)
            self._locks[path] = handle
            until = time.monotonic() + _LONGEST_COMPILATION_S
            while time.monotonic() < until:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                time.sleep(_ASKED_AGAIN_S)

    def _release(self, path: Path) -> None:
        handle = self._locks.pop(path, None)
        if handle is not None:
            with contextlib.suppress(OSError):
                path.with_suffix(".nbl").unlink()
            os.close(handle)

    def _file(
        self, name: str, digest: str, sig, codegen
    ) -> tuple[IndexDataCacheFile, Path, tuple] | None:
        folder = store_folder() if digest else None
        if folder is None:
            return None
        key = sig, codegen.magic_tuple()
        # The text of a signature names the types in a record, machine code knows them by their order.
        fields = [_fields(kind) for kind in sig]
        versions = numba.__version__, sys.implementation.cache_tag
        words = repr((str(sig), fields, key[1], *versions, self.form))
        base = f"{name}-{hashlib.sha256(words.encode()).hexdigest()[:16]}"
        # numba's file object with an index of one entry, whose stamp is the checksum of the machine
        # code
        file = IndexDataCacheFile(str(folder), base, None)
        return file, folder / file._data_name(1), key

    def enable(self) -> None: ...

    def disable(self) -> None: ...

    def flush(self) -> None: ...


def _read(file: IndexDataCacheFile, path: Path, key: tuple, target_context) -> CompileResult | None:
    """The machine code in a file, after what it calls by name; None where some of it is missing."""
    # Whatever a damaged file makes of itself, the remedy is to compile again.
    try:
        file._source_stamp = _checksum(path)
        content = file.load(key)
        if content is None:
            return None
        needed, data = content
        if not all(_load_apart(item, target_context) for item in needed):
            return None
        target_context.refresh()
        result = CompileResult._rebuild(target_context, *data)
    except Exception:
        return None
    _touch(path, Path(file._index_path))
    return result


def _load_apart(needed: apart.Needed, target_context) -> bool:
    """Load machine code that another calls by name, unless it stands already."""
    if apart.stands(needed):
        return True
    base = needed.path.name.removesuffix(_NUMBER)
    file = IndexDataCacheFile(str(needed.path.parent), base, None)
    result: Any = _read(file, needed.path, needed.key, target_context)
    if result is not None:
        apart.keep(result, needed.path, needed.key)
    # One that was compiled again meanwhile has another name.
    return apart.stands(needed)


def _fields(kind) -> list:
    """The names of the fields of a record, and of the records in it."""
    if not isinstance(kind, types.BaseTuple):
        return []
    return [*getattr(kind, "fields", ()), *(_fields(item) for item in getattr(kind, "types", ()))]


def _checksum(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()


def _touch(*paths: Path) -> None:
    with contextlib.suppress(OSError):
        for path in paths:
            if time.time() - path.stat().st_mtime > _DAY:
                os.utime(path)
