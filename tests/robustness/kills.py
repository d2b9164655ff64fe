"""Killing sweeps, comparisons and their workers at given moments, and finding what is left of them.

Every process of a killed command carries a word of its own in its environment, which its children inherit.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORD = "ARCHSIM_TEST_FAMILY"
LEFT_S = 5.0  # seconds after which no process may be left


class Family:
    """A command and all processes that it starts."""

    def __init__(self, line, folder):
        self.word = uuid.uuid4().hex
        self.errors = open(f"{folder}.errors", "wb")  # noqa: SIM115 (as long as the command lives)
        self.process = subprocess.Popen([sys.executable, *line], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=self.errors,
                                        env={**os.environ, WORD: self.word})

    def members(self):
        """Process numbers of all that are alive; one whose end its parent has not asked about yet is not."""
        found = []
        for place in Path("/proc").iterdir():
            if place.name.isdecimal():
                with contextlib.suppress(OSError):
                    zombie = (place / "stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
                    if f"{WORD}={self.word}".encode() in (place / "environ").read_bytes().split(b"\0") and not zombie:
                        found.append(int(place.name))
        return found

    def workers(self):
        """Process numbers of the workers."""
        found = []
        for number in self.members():
            with contextlib.suppress(OSError):
                if b"popen_loky" in Path(f"/proc/{number}/cmdline").read_bytes():
                    found.append(number)
        return found

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


def wait_for_workers(family, seconds=60.0):
    """Wait for the first worker; False where the command ended before there was one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and family.process.poll() is None:
        if family.workers():
            return True
        time.sleep(0.005)
    return False


def kill_once(line, folder, moment, generator, worker=False):
    """Start a command, wait for its first worker and `moment` seconds more, kill it (`worker`: a worker before); what is left of it."""
    family = Family(line, folder)
    try:
        wait_for_workers(family)
        time.sleep(moment)
        if worker:
            family.kill_worker(generator)
            time.sleep(generator.uniform(0.0, 1.0))
        family.kill()
        return family.left()
    finally:
        for number in family.members():
            with contextlib.suppress(OSError):
                os.kill(number, signal.SIGKILL)


def moments(count, seed):
    """(seconds after the first worker, whether a worker is killed first): half of them while workers start."""
    generator = random.Random(seed)
    return [(generator.uniform(0.0, 1.0) if number % 2 else generator.uniform(0.0, 4.0), number % 3 == 2) for number in range(count)]
