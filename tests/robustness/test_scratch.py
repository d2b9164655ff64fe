"""Does a folder for the time of a call outlive a kill?"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archsim.basics.scratch import OWNER, PREFIX, Scratch

ROOT = Path(__file__).parents[2]
HOLDS = """
import os, signal
from archsim.basics.scratch import Scratch
held = Scratch()
print(held.name, flush=True)
open(held.name + "/marks", "w").close()
signal.pause()
"""


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_it_ends_with_its_call_and_with_its_object(room):
    with Scratch() as name:
        assert Path(name).parent == room and (Path(name) / OWNER).exists()
    held = Scratch()
    assert [path.name for path in room.iterdir()] == [Path(held.name).name]
    del held
    assert list(room.iterdir()) == []


def test_what_a_kill_leaves_is_removed_by_the_next_and_nothing_else_is(room):
    others = room / f"{PREFIX}of-another-hand"
    others.mkdir()
    (others / "file").write_text("kept")
    line = [sys.executable, "-c", HOLDS]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        name = Path(process.stdout.readline().strip())
        with Scratch():
            assert name.exists(), "its process lives"
        process.send_signal(signal.SIGKILL)
    assert name.exists()
    with Scratch() as mine:
        assert not name.exists()
        assert {path.name for path in room.iterdir()} == {others.name, os.path.basename(mine)}
    assert (others / "file").read_text() == "kept"
