"""A small process of its own that ends the workers of a process which is gone.

Killed, a process tells its workers nothing, and a worker that is still starting watches nobody yet:
on a busy machine its first imports may take longer than anybody waits. So this one starts before
them, imports next to nothing, and outlives its parent for a second.
It runs by itself, without the package: `python -I -S guardian.py PARENT MARK`.

Two words in the environment of a process say whose it is (`archsim.basics.processes` sets them).
With MEMBER it is a worker or was started by one. With FAMILY alone it was started while there were
workers: only the processes of the pool are ended, not what a user started then.
"""

import os
import select
import signal
import sys
import time

FAMILY, MEMBER = b"ARCHSIM_FAMILY", b"ARCHSIM_MEMBER"
_POOL = b"loky", b"resource_tracker"  # in the command lines of a pool's processes
# removes semaphores and files of the dead when the last of them is gone
_TRACKER = b"resource_tracker"
_EVERY_S = 0.1
# a process that was just being started bears its mark only when it runs its own program
_LOOK_S = 0.8
_TRACKER_S = 2.5  # for a tracker to clean up
_LONGEST_S = 4.0


def main(parent: int, mark: bytes) -> None:
    """Wait for the end of `parent`, then end who bears its mark."""
    os.closerange(3, 1024)  # no lock and no pipe of the parent lasts longer by this process
    wait_for_end(parent)
    end_family(mark)


def wait_for_end(parent: int) -> None:
    """Return when `parent`, which started this process, has ended; at once where it is gone
    already.
    """
    try:
        handle = os.pidfd_open(parent)
    except (AttributeError, OSError):  # an older system
        handle = None
    asleep = select.poll()
    if handle is not None:
        asleep.register(handle, select.POLLIN)
    # asked after the handle was taken, which else may be that of a later process of this number
    while os.getppid() == parent:
        if asleep.poll(None if handle is not None else 1000 * _EVERY_S):
            return


def end_family(mark: bytes) -> None:
    """End all processes with this mark: workers at once, trackers when they had their time to clean
    up.
    """
    begun = time.monotonic()
    while True:
        since = time.monotonic() - begun
        living = members(mark)
        for process, is_tracker in living:
            if not is_tracker or since > _TRACKER_S:
                try:  # noqa: SIM105 (contextlib would take as long to import as all else here)
                    os.kill(process, signal.SIGKILL)
                except OSError:  # it was faster
                    pass
        if since > _LONGEST_S or (since > _LOOK_S and not living):
            return
        time.sleep(_EVERY_S)


def members(mark: bytes) -> list[tuple[int, bool]]:
    """(process, whether it is a tracker) of the living with this mark."""
    living = []
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        try:
            words = _read(f"/proc/{name}/environ").split(b"\0")
            line = _read(f"/proc/{name}/cmdline")
        except OSError:  # another user's, or gone
            continue
        of_pool = FAMILY + b"=" + mark in words and any(word in line for word in _POOL)
        if of_pool or MEMBER + b"=" + mark in words:
            living.append((int(name), _TRACKER in line))
    return living


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2].encode())
