"""The decorator of every compiled kernel: numba in nopython mode with a disk cache that cannot be stale.

numba's cache looks only at the file of the compiled function: it does not notice an edited callee of another module.
The cache folder is therefore named after a hash of all sources of the kernels and of the device law, and used folders stay
for thirty days. Nor does its index tell two specialisations of one template apart: they must never share a folder.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path
from types import FunctionType

import numba
from numba import types
from numba.extending import intrinsic

_ROOM = Path(__file__).parent
_KEEP_SECONDS = 30 * 86400.0


@functools.cache
def cache_room() -> Path | None:
    """The first of NUMBA_CACHE_DIR, `__pycache__` and the user's cache that can be written; None where none can."""
    rooms = [Path(numba.config.CACHE_DIR)] if numba.config.CACHE_DIR else [_ROOM / "__pycache__", Path("~/.cache/archsim").expanduser()]
    for room in rooms:
        try:
            room.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=room).close()
        except OSError:
            continue
        _forget_old(room)
        return room
    return None


def _forget_old(room: Path) -> None:
    for other in room.glob("kernels-*"):
        try:
            if time.time() - other.stat().st_mtime > _KEEP_SECONDS:
                shutil.rmtree(other, ignore_errors=True)
        except OSError:  # another process was faster
            continue


@functools.cache
def cache_folder(law_file: str, law_name: str) -> str:
    """Folder of the compiled kernels of exactly these sources, empty where nothing can be written.

    `law_file` is the source of the device law that a kernel was specialised for (it may lie outside the package), `law_name` says which.
    """
    room = cache_room()
    if room is None:
        return ""
    digest = hashlib.sha256(f"{numba.__version__} {law_name}".encode())
    for source in [*sorted(_ROOM.glob("*.py")), *([Path(law_file)] if law_file else [])]:
        digest.update(source.read_bytes())
    folder = room / f"kernels-{digest.hexdigest()[:16]}"
    folder.mkdir(exist_ok=True)
    os.utime(folder)
    return str(folder)


def kernel(function, law_file: str = "", law_name: str = ""):
    """Compile `function` on its first call, without the interpreter lock, and keep the machine code on disk.

    Floating-point semantics are strict (no fastmath, no contraction), so the NumPy twin can agree bit for bit.
    """
    folder, asked = cache_folder(law_file, law_name), numba.config.CACHE_DIR
    numba.config.CACHE_DIR = folder or asked
    try:
        return numba.njit(cache=bool(folder), nogil=True, error_model="numpy")(function)
    finally:
        numba.config.CACHE_DIR = asked


def template(function, law_file: str, law_name: str, **names):
    """`function` compiled with some of its global names replaced: one source, one machine code a law.

    A closure would do the same, but numba cannot find a closure over compiled functions again in its cache.
    """
    specialised = FunctionType(function.__code__, {**function.__globals__, **names}, function.__name__)
    specialised.__qualname__ = function.__qualname__
    return kernel(specialised, law_file, law_name)


@intrinsic
def count_ones(typing_context, word):
    """Number of set bits of an unsigned word, as a word of the same type: LLVM's ctpop, which vectorises."""
    if not isinstance(word, types.Integer) or word.signed:
        return None

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return word(word), generate
