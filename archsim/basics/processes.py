"""Processes that share a task: the end of the first is the end of the others, and a first Ctrl-C is
a question.
"""

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

from archsim.basics import guardian

ONE_THREAD = {
    name: "1"
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
}
"""Environment of a process that computes on one core."""


_EVERY_S = 0.2
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux
_FAMILY = guardian.FAMILY.decode()
_MEMBER = guardian.MEMBER.decode()

# (this process, its mark, its guardian): a copy of this process (os.fork) is another one and gets a
# guardian of its own
_guarded: tuple[int, str, int] | None = None
_inside = 0  # calls of `guarded` under way
_lock = threading.Lock()


@contextmanager
def guarded() -> Iterator[dict[str, str]]:
    """Inside, a pool may be started whose processes all end with this one, however it ends and
    however far they have come.

    Yields what to add to the environment of processes that are started in another way than by a
    pool, so that they do as well.
    A guardian (see `archsim.basics.guardian`) does it where there is /proc; elsewhere workers watch
    for themselves once they run.
    """
    global _inside
    if not os.path.isdir("/proc/self"):
        yield {}
        return
    with _lock:
        mark = _mark()
        os.environ[_FAMILY] = mark
        _inside += 1
    try:
        yield {_MEMBER: mark}
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                os.environ.pop(_FAMILY, None)


def _mark() -> str:
    """The mark of this process, with its guardian alive."""
    global _guarded
    if _guarded is not None and _guarded[0] == os.getpid() and _lives(_guarded[2]):
        return _guarded[1]
    mark = (
        f"{os.getpid()}-{os.urandom(8).hex()}"
        if _guarded is None or _guarded[0] != os.getpid()
        else _guarded[1]
    )
    line = [sys.executable, "-I", "-S", guardian.__file__, str(os.getpid()), mark]
    nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
    # a session of its own: no Ctrl-C of the terminal reaches it
    _guarded = (
        os.getpid(),
        mark,
        os.posix_spawn(sys.executable, line, os.environ, file_actions=nothing, setsid=True),
    )
    return mark


def _lives(child: int) -> bool:
    with contextlib.suppress(ChildProcessError):  # someone else has asked about its end
        return os.waitpid(child, os.WNOHANG)[0] == 0
    return False


def worker_arguments(setup: str = "", *arguments: Any) -> dict[str, Any]:
    """`initializer` and `initargs` of a pool whose workers end with this process, then call `setup`
    ("module:function"), if there is one.

    The function is named, not given, so that a worker watches its parent before it imports anything
    heavy.
    """
    main = threading.current_thread() is threading.main_thread()
    return {"initializer": begin_worker, "initargs": (os.getpid(), main, setup, *arguments)}


def begin_worker(parent: int, started_by_main: bool, setup: str = "", *arguments: Any) -> None:
    """The first thing a worker does. Raises what `setup` raises."""
    follow(parent, started_by_main)
    if _FAMILY in os.environ:
        os.environ[_MEMBER] = os.environ[_FAMILY]  # what a worker starts ends as it does
    if setup:
        module, name = setup.split(":")
        getattr(importlib.import_module(module), name)(*arguments)


def follow(parent: int, started_by_main: bool = False) -> None:
    """End this process with `parent`, the one that started it, which may be gone already: killed,
    it cannot tell its workers to stop.

    A thread looks every 0.2 s. Where the parent's main thread started this process, Linux ends it
    at once, even inside a call that holds the interpreter: its signal follows the end of the
    starting *thread*, so for other threads it would come too early.
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
    """An event that the first Ctrl-C sets; the second one acts as usual. Without effect outside the
    main thread.
    """
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
