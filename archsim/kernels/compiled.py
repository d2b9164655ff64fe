"""The decorator of every compiled kernel: numba in nopython mode with a disk cache that cannot be stale.

numba's cache looks only at the file of the compiled function: it does not notice an edited callee of another module.
The cache folder is therefore named after a hash of all sources of the kernels and of the device laws.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
import time
from pathlib import Path
from types import FunctionType

import numba
from numba import types
from numba.extending import intrinsic

_ROOM = Path(__file__).parent
_KEEP_SECONDS = 86400.0


@functools.cache
def cache_folder(law_file: str = "", law_name: str = "") -> str:
    """Folder of the compiled kernels of exactly these sources; folders of other sources older than a day are removed.

    `law_file` is the source of the device law that a kernel was specialised for (it may lie outside the package), `law_name` says which.
    """
    digest = hashlib.sha256(f"{numba.__version__} {law_name}".encode())
    for source in [*sorted(_ROOM.glob("*.py")), *([Path(law_file)] if law_file else [])]:
        digest.update(source.read_bytes())
    folder = _ROOM / "__pycache__" / f"kernels-{digest.hexdigest()[:16]}"
    for other in folder.parent.glob("kernels-*"):
        try:
            if other != folder and time.time() - other.stat().st_mtime > _KEEP_SECONDS:
                shutil.rmtree(other, ignore_errors=True)
        except OSError:  # another process was faster
            continue
    return str(folder)


def kernel(function, law_file: str = "", law_name: str = ""):
    """Compile `function` on its first call, without the interpreter lock, and keep the machine code on disk.

    Floating-point semantics are strict (no fastmath, no contraction), so the NumPy twin can agree bit for bit.
    Where the folder is not writable, numba falls back to its own cache of the user.
    """
    asked = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = asked or cache_folder(law_file, law_name)
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
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
