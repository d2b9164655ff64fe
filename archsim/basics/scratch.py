"""Folders for the time of a call, which the next one removes where a kill left them behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import weakref
from pathlib import Path

PREFIX = "archsim-scratch-"
OWNER = ".owner"
"""A file that the process which made the folder keeps locked: the lock ends with it, however it ends."""


class Scratch:
    """A new folder `name` below the system's folder for temporary files, until `cleanup`, the end
    of this object or that of the process. Making one removes those of processes that were killed.
    """

    def __init__(self) -> None:
        remove_left()
        self.name = tempfile.mkdtemp(prefix=PREFIX)
        handle = _lock(Path(self.name))
        self._finalizer = weakref.finalize(self, _remove, self.name, handle, os.getpid())

    def __enter__(self) -> str:
        return self.name

    def __exit__(self, *_: object) -> None:
        self.cleanup()

    def cleanup(self) -> None:
        """Remove the folder now."""
        self._finalizer()


def remove_left() -> None:
    """Remove the folders of this user whose processes are gone. One that is being made has no owner
    yet and stays.
    """
    import fcntl

    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            handle = os.open(folder / OWNER, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:  # not locked yet, another user's, or removed meanwhile
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_uid == os.getuid():
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # its owner lives
            continue
        finally:
            os.close(handle)


def _lock(folder: Path) -> int:
    """The handle of the owner's file, which has its name only once it is locked."""
    import fcntl

    handle = os.open(folder / f"{OWNER}.new", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    os.rename(folder / f"{OWNER}.new", folder / OWNER)
    return handle


def _remove(name: str, handle: int, owner: int) -> None:
    if os.getpid() != owner:  # a copy of the process that made it
        return
    shutil.rmtree(name, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.close(handle)
