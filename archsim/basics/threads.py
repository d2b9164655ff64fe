"""Products of NumPy on one thread of its linear-algebra library, which is put back as it was.

Several threads divide a product, and the sums of its parts differ in their last bits with their
number; for the small products of one layer they spend most of their time waiting for each other,
the more so on a busy machine.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

# The number of threads is one for the whole process: who sets it while another holds it would put
# back the wrong number.
_lock = threading.RLock()
_held = [False]  # by whoever has the lock: the limit costs more than a small product


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, products run on one thread: the same bits on every machine with this library. One
    caller at a time.
    """
    with _lock:
        if _held[0]:
            yield
            return
        with _libraries().limit(limits=1, user_api="blas"):
            _held[0] = True
            try:
                yield
            finally:
                _held[0] = False


@functools.cache
def _libraries() -> ThreadpoolController:
    import numpy  # noqa: F401  (its library has to be loaded to be found)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
