"""Processes that share a task: the end of the first is the end of the others, and a first Ctrl-C is a question."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ONE_THREAD = {name: "1" for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
"""Environment of a process that computes on one core."""


_EVERY_S = 0.2
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux


def worker_arguments(setup: str = "", *arguments: Any) -> dict[str, Any]:
    """`initializer` and `initargs` of a pool whose workers end with this process, then call `setup` ("module:function"), if there is one.

    The function is named, not given, so that a worker watches its parent before it imports anything heavy.
    """
    main = threading.current_thread() is threading.main_thread()
    return {"initializer": begin_worker, "initargs": (os.getpid(), main, setup, *arguments)}


def begin_worker(parent: int, started_by_main: bool, setup: str = "", *arguments: Any) -> None:
    """The first thing a worker does. Raises what `setup` raises."""
    follow(parent, started_by_main)
    if setup:
        module, name = setup.split(":")
        getattr(importlib.import_module(module), name)(*arguments)


def follow(parent: int, started_by_main: bool = False) -> None:
    """End this process with `parent`, the one that started it, which may be gone already: killed, it cannot tell its workers to stop.

    A thread looks every 0.2 s. Where the parent's main thread started this process, Linux ends it at once, even inside a call that
    holds the interpreter: its signal follows the end of the starting *thread*, so for other threads it would come too early.
    """
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_EVERY_S)
        os._exit(1)

    if started_by_main and sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # after the signal was asked for: no moment is left unwatched
        os._exit(1)
    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second one acts as usual. Without effect outside the main thread."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.getsignal(signal.SIGINT)

    def ask(number, frame):
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
