"""Killing sweeps, comparisons and their workers at given moments, and finding what is left of them.

Every process of a killed command carries a word of its own in its environment, which its children
inherit.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]
WORD = "ARCHSIM_TEST_FAMILY"
LEFT_S = 5.0  # seconds after which no process may be left


class Family:
    """A command and all processes that it starts."""

    def __init__(self, line, folder):
        self.word = uuid.uuid4().hex
        self.errors = open(f"{folder}.errors", "wb")  # noqa: SIM115 (as long as the command lives)
        self.process = subprocess.Popen(
            [sys.executable, *line],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
            env={**os.environ, WORD: self.word},
        )

    def members(self):
        """Process numbers of all that are alive; one whose end its parent has not asked about yet
        is not.
        """
        alive = []
        for process in Path("/proc").iterdir():
            if process.name.isdecimal():
                with contextlib.suppress(OSError):
                    zombie = (process / "stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
                    if (
                        f"{WORD}={self.word}".encode()
                        in (process / "environ").read_bytes().split(b"\0")
                        and not zombie
                    ):
                        alive.append(int(process.name))
        return alive

    def workers(self):
        """Process numbers of the workers."""
        numbers = []
        for number in self.members():
            with contextlib.suppress(OSError):
                if b"popen_loky" in Path(f"/proc/{number}/cmdline").read_bytes():
                    numbers.append(number)
        return numbers

    def kill(self):
        """Kill the command, not its workers."""
        with contextlib.suppress(OSError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.errors.close()

    def kill_worker(self, generator):
        """Kill one of the workers; False where there is none."""
        workers = self.workers()
        if not workers:
            return False
        with contextlib.suppress(OSError):
            os.kill(generator.choice(workers), signal.SIGKILL)
        return True

    def left(self):
        """What is still alive LEFT_S seconds after now."""
        end = time.monotonic() + LEFT_S
        while self.members() and time.monotonic() < end:
            time.sleep(0.05)
        return self.members()


@dataclass(frozen=True)
class Kill:
    """When a command is killed: `moment` seconds after it began, or after its first process, worker
    or row; before that a worker, if
    `worker`."""

    moment: float
    after: Literal["start", "process", "worker", "row"] = "start"
    worker: bool = False


def draw(count, seed):
    """Kills of every kind in turn: while the command, the first of its processes and its workers
    start, and at work.
    """
    generator = random.Random(seed)
    kinds = (
        (2.0, "start", False),
        (0.2, "process", False),
        (2.0, "worker", False),
        (2.0, "row", True),
    )
    return [
        Kill(generator.uniform(0.0, within), after, worker)
        for _, (within, after, worker) in zip(range(count), cycle(kinds))
    ]


def wait_until(true, family, seconds=60.0):
    """Wait until something is so, or the command ends."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and family.process.poll() is None and not true():
        time.sleep(0.01)


@dataclass
class Toll:
    """What kills have cost."""

    kills: int = 0
    in_work: int = 0  # the command had not ended by itself
    workers_killed: int = 0
    left: int = 0  # processes
    longest_s: float = 0.0  # until the last process of a killed command was gone


def kill_once(line, folder, kill, stored, generator, toll):
    """Start a command and kill it."""
    before = stored()
    family = Family(line, folder)
    try:
        if kill.after != "start":
            signs = {
                "process": lambda: len(family.members()) > 1,
                "worker": family.workers,
                "row": lambda: stored() - before,
            }
            wait_until(signs[kill.after], family)
        time.sleep(kill.moment)
        if kill.worker:
            toll.workers_killed += family.kill_worker(generator)
            time.sleep(generator.uniform(0.0, 1.0))
        toll.kills += 1
        toll.in_work += family.process.poll() is None
        family.kill()
        begun = time.monotonic()
        toll.left += len(family.left())
        toll.longest_s = max(toll.longest_s, time.monotonic() - begun)
    finally:
        for number in family.members():
            with contextlib.suppress(OSError):
                os.kill(number, signal.SIGKILL)


def kill_often(line, folder, kills, stored, seed=0):
    """Kill a command that goes on each time. Returns the toll, and all that was ever stored: what
    `stored()` lists after each kill.
    """
    generator = random.Random(seed)
    toll = Toll()
    seen = set()
    for kill in kills:
        kill_once(line, folder, kill, stored, generator, toll)
        seen |= stored()
    return toll, seen
