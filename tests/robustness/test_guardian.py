"""Does the guardian end what belongs to a process that is gone, and nothing else?"""

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest

from archsim.basics import processes
from archsim.basics.processes import begin_worker, guarded
from tests.robustness.kills import Family

# A pool's worker that has not come to our code, its tracker, a program of a worker or of a study,
# and one that a user started meanwhile.
PARENT = """
import os, signal, subprocess, sys, time
from archsim.basics.processes import guarded

asleep = "import sys, time; time.sleep(60)"
with guarded() as member:
    for name, environment in (("loky", {}), ("resource_tracker", {}), ("program", member), ("other", {})):
        subprocess.Popen([sys.executable, "-S", "-c", asleep, name], env=os.environ | environment)
subprocess.Popen([sys.executable, "-S", "-c", asleep, "loky after"])
"""
KILLED = "os.kill(os.getpid(), signal.SIGKILL)\n"


def names(family):
    """The last word of each member's command line; of one that is just ending there is none."""
    commands = set()
    for number in family.members():
        with contextlib.suppress(OSError, IndexError):
            commands.add(Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")[-2].decode())
    return commands


@pytest.mark.parametrize("end", [KILLED, ""], ids=["killed", "ended by itself"])
def test_only_what_belongs_to_the_parent_ends_with_it(tmp_path, end):
    family = Family(["-c", PARENT + end], tmp_path / "parent")
    try:
        family.process.wait()
        since = time.monotonic()
        while len(names(family)) > 2 and time.monotonic() - since < 5.0:
            time.sleep(0.05)
        assert names(family) == {"other", "loky after"}  # neither the guardian itself is left
    finally:
        for number in family.members():
            os.kill(number, signal.SIGKILL)


def test_a_guardian_that_was_killed_is_replaced_and_its_word_is_gone_afterwards():
    with guarded() as member, guarded() as again:
        process, mark, guardian = processes._guarded
        assert (
            process == os.getpid()
            and member == again == {"ARCHSIM_MEMBER": mark}
            and os.environ["ARCHSIM_FAMILY"] == mark
        )
    assert "ARCHSIM_FAMILY" not in os.environ and "ARCHSIM_MEMBER" not in os.environ
    os.kill(guardian, signal.SIGKILL)
    os.waitid(os.P_PID, guardian, os.WEXITED | os.WNOWAIT)
    with guarded() as member:
        assert processes._guarded[2] != guardian and member == {"ARCHSIM_MEMBER": mark}
        second = processes._guarded[2]
    with guarded():
        assert processes._guarded[2] == second  # one for all that follows


def test_what_a_worker_starts_belongs_to_it(monkeypatch):
    monkeypatch.setattr(processes, "follow", lambda *arguments: None)
    monkeypatch.setenv("ARCHSIM_FAMILY", "1-2")
    monkeypatch.setenv("ARCHSIM_MEMBER", "before")
    begin_worker(1, False)
    assert os.environ["ARCHSIM_MEMBER"] == "1-2"
