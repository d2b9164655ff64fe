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

import numba
from numba import types
from numba.extending import intrinsic

_ROOM = Path(__file__).parent
_KEEP_SECONDS = 86400.0


@functools.cache
def cache_folder() -> str:
    """Folder of the compiled kernels of exactly these sources; folders of other sources older than a day are removed."""
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(_ROOM.glob("*.py")) + sorted((_ROOM.parent / "devices").glob("*.py")):
        digest.update(source.read_bytes())
    folder = _ROOM / "__pycache__" / f"kernels-{digest.hexdigest()[:16]}"
    for other in folder.parent.glob("kernels-*"):
        try:
            if other != folder and time.time() - other.stat().st_mtime > _KEEP_SECONDS:
                shutil.rmtree(other, ignore_errors=True)
        except OSError:  # another process was faster
            continue
    return str(folder)


def kernel(function):
    """Compile `function` on its first call, without the interpreter lock, and keep the machine code on disk.

    Floating-point semantics are strict (no fastmath, no contraction), so the NumPy twin can agree bit for bit.
    Where the folder is not writable, numba falls back to its own cache of the user.
    """
    asked = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = asked or cache_folder()
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    finally:
        numba.config.CACHE_DIR = asked


@intrinsic
def count_ones(typing_context, word):
    """Number of set bits of an unsigned word, as a word of the same type: LLVM's ctpop, which vectorises."""
    if not isinstance(word, types.Integer) or word.signed:
        return None

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return word(word), generate
