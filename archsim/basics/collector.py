"""Python's collector of garbage at rest while a run is planned.

A plan of a large network is a hundred thousand small records, which live together and are given back
together, by their counts of references. Whoever counts new objects takes them for a reason to look
at all objects of the process, which takes longer than the plan. In here nobody looks: what is left behind in
circles is found at the first look afterwards.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_pauses = 0
_was_on = False
_of_thread = threading.local()


@contextmanager
def collector_paused() -> Iterator[None]:
    """In here no garbage is collected, in any thread; then again where it was before. May be nested."""
    _pause()
    try:
        yield
    finally:
        _resume()


@contextmanager
def collector_at_work() -> Iterator[None]:
    """In here pauses of this thread do not hold: for what runs long, and leaves cycles as it does."""
    pauses = getattr(_of_thread, "pauses", 0)
    for _ in range(pauses):
        _resume()
    try:
        yield
    finally:
        for _ in range(pauses):
            _pause()


def _pause() -> None:
    global _pauses, _was_on
    _of_thread.pauses = getattr(_of_thread, "pauses", 0) + 1
    with _lock:
        if not _pauses:  # the first of all threads finds it as it was
            _was_on = gc.isenabled()
            gc.disable()
        _pauses += 1


def _resume() -> None:
    global _pauses
    _of_thread.pauses -= 1
    with _lock:
        _pauses -= 1
        if not _pauses and _was_on:
            gc.enable()
