"""A folder of results belongs to one command at a time, and holds one kind of result.

`hold` is the one door: every command that fills a folder goes through it. The lock is the system's
own (flock), so that it ends with its process, however that ends; the file beside it only tells who
holds it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from hwlib.errors import InputError

LOCK = ".archsim.lock"
# The files that tell a kind, the most telling kind first: a training keeps a result.json too, a
# comparison trainings in its folders.
_MARKS = {
    "study": ("study.toml",),
    "sweep": ("points.jsonl", "sweep.json", "space.json"),
    "comparison": ("compare.json",),
    "training": ("checkpoint.json", "request.json", "history.csv"),
    "run": ("result.json",),
    "report": ("report.html",),
}
KINDS = tuple(_MARKS)
_ASKED_AGAIN_S = 0.1

# (device, inode) of a held folder -> the thread for which a call inside may hold it again; None
# where none may
_held: dict[tuple[int, int], int | None] = {}
_guard = threading.Lock()


def folder_path(path: str | Path, where: str = "folder") -> Path:
    """The path of a folder that was asked for. Raises InputError for an empty one, and where there
    is a file.
    """
    if not str(path).strip() or "\0" in str(path):  # Path("") would be the current folder
        raise InputError(
            "an empty path", where=where, got=str(path), hint="name a folder; . is the current one"
        )
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise InputError("not a folder", where=where, got=str(path))
    return path


def kind_of(folder: str | Path) -> str | None:
    """What a folder holds: one of KINDS; None where it holds nothing of ours, or is not there."""
    folder = Path(folder)
    try:
        names = {entry.name for entry in os.scandir(folder)}
    except OSError:
        return None
    for kind, marks in _MARKS.items():
        if names & set(marks):
            return kind
    begun = any((folder / name / "request.json").is_file() for name in names)
    return "comparison" if begun else None


def refuse_other(folder: str | Path, kind: str, where: str = "folder") -> None:
    """Raises InputError where a folder holds another kind of result, which `kind` would write over."""
    there = kind_of(folder)
    if there not in (None, kind):
        raise InputError(
            f"the folder holds a {there}, which a {kind} would write over",
            where=where,
            got=str(folder),
            hint="choose another folder, or remove what is there",
        )


@contextlib.contextmanager
def hold(
    folder: str | Path, kind: str, where: str = "folder", wait_s: float = 0.0, around: bool = False
) -> Iterator[Path]:
    """Hold a folder for one `kind` of result (one of KINDS), and make it where it is not there; its
    path.

    `around`: what is called within may hold it once more, as a command holds it around the call of
    the library and its own writing.
    A folder that was made for this and is empty in the end is removed, and no lock file is left.
    Raises InputError where the folder holds another kind, where somebody else holds it for longer
    than `wait_s` seconds, and where it cannot be written.
    """
    folder = folder_path(folder, where)
    refuse_other(folder, kind, where)
    made = _make(folder)
    status = os.stat(folder)
    identity = (status.st_dev, status.st_ino)
    thread = threading.get_ident()
    with _guard:
        mine = _held.get(identity) == thread
        if mine:
            _held[identity] = None
    if mine:
        try:
            yield folder
        finally:
            _held[identity] = thread
        return
    handle = _lock(folder, where, wait_s)
    try:
        with _guard:
            _held[identity] = thread if around else None
        refuse_other(folder, kind, where)  # whoever held it until now may have filled it
        yield folder
    finally:
        with _guard:
            _held.pop(identity, None)
        with contextlib.suppress(OSError):
            # before the lock ends: who waits for it looks whether its file is still the folder's
            os.unlink(folder / LOCK)
        os.close(handle)
        for path in reversed(made):
            with contextlib.suppress(OSError):
                path.rmdir()


def _make(folder: Path) -> list[Path]:
    """Make a folder; the folders that were made, outermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write here ({error.strerror})", where=str(folder)) from None
    return missing[::-1]


def _lock(folder: Path, where: str, wait_s: float) -> int:
    """The handle of the locked lock file."""
    import fcntl

    until = time.monotonic() + wait_s
    while True:
        try:
            handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # whoever made the folder has removed it again
            _make(folder)
            continue
        except OSError as error:
            raise InputError(f"cannot write here ({error.strerror})", where=str(folder)) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_of(handle, folder / LOCK):
                os.ftruncate(handle, 0)
                os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
                return handle
        except BlockingIOError:
            if time.monotonic() > until:
                owner = os.pread(handle, 40, 0).decode(errors="replace").strip()
                os.close(handle)
                raise InputError(
                    f"another process ({owner or 'unknown'}) writes into this folder",
                    where=where,
                    got=str(folder),
                    hint="wait for it, or choose another folder",
                ) from None
            time.sleep(_ASKED_AGAIN_S)
        except OSError as error:
            os.close(handle)
            raise InputError(f"cannot write here ({error.strerror})", where=str(folder)) from None
        os.close(handle)


def _is_of(handle: int, path: Path) -> bool:
    """Whether an open file is the one of that name: the holder before may have removed it."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except OSError:
        return False
