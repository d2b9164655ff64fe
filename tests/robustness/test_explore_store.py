"""The store of a sweep: what was finished survives kill -9, a full disk and a second process;
damage is recognised.
"""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import archsim
from archsim.exploration.store.store import Store
from archsim.exploration.sweep import load_sweep
from tests.explore_points import SPACE
from tests.robustness.long_sweep import LONG

ROOT = Path(__file__).parents[2]


def start(space, folder, jobs=1, **limits):
    code = (
        "import json, sys, archsim; archsim.explore(json.loads(sys.argv[1]), "
        "jobs=int(sys.argv[3]), out=sys.argv[2], resume=True)"
    )
    with open(f"{folder}.errors", "wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-c", code, json.dumps(space), str(folder), str(jobs)],
            cwd=ROOT,
            stderr=errors,
            start_new_session=True,
            **limits,
        )


def size(folder):
    path = folder / "points.jsonl"
    return path.stat().st_size if path.exists() else 0


def kill_at(process, folder, wanted):
    """Kill the process, not its workers, once its store has `wanted` bytes; False where it ended
    before that.
    """
    end = time.monotonic() + 60
    while size(folder) < wanted:
        if process.poll() is not None:
            return False
        assert time.monotonic() < end, Path(f"{folder}.errors").read_text()
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return True


def kill_and_resume(folder, kills, seed, jobs, undisturbed):
    generator = random.Random(seed)
    killed = 0
    for _ in range(kills):
        process = start(LONG, folder, jobs)
        grown = size(folder) + generator.randrange(1, 160_000 // kills)
        before = size(folder)
        killed += kill_at(process, folder, grown)
        assert size(folder) >= min(before, grown) - 1000  # at most a torn line is taken back
    sweep = archsim.explore(LONG, out=folder, resume=True)
    assert killed
    assert sweep.counts["reused"] > 0
    assert list(sweep.rows()) == undisturbed
    assert list(load_sweep(folder).rows()) == undisturbed


def test_killed_parents_lose_nothing(tmp_path, undisturbed):
    kill_and_resume(tmp_path / "sweep", 2, 1, 1, undisturbed)


@pytest.mark.study
def test_a_parent_killed_twenty_times_loses_nothing(tmp_path, undisturbed):
    kill_and_resume(tmp_path / "sweep", 20, 2, 2, undisturbed)


def workers_of(process):
    children = [
        int(pid)
        for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    ]
    return [pid for pid in children if b"LokyProcess" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_killed_workers_cost_nothing_and_none_outlives_its_parent(tmp_path, undisturbed):
    folder = tmp_path / "sweep"
    process = start(LONG, folder, 2)
    while size(folder) < 20_000:
        assert process.poll() is None, Path(f"{folder}.errors").read_text()
        time.sleep(0.01)
    before = size(folder)
    workers = workers_of(process)
    assert len(workers) == 2
    os.kill(workers[-1], signal.SIGKILL)
    assert kill_at(process, folder, before + 40_000) or process.returncode == 0, (
        "the sweep did not go on"
    )
    workers += workers_of(process) if process.poll() is None else []
    end = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert list(archsim.explore(LONG, out=folder, resume=True).rows()) == undisturbed


def test_a_full_disk_ends_in_a_message_and_a_whole_store(tmp_path, undisturbed):
    folder = tmp_path / "sweep"

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    process = start(LONG, folder, preexec_fn=little_room)
    assert process.wait(60) == 1
    error = Path(f"{folder}.errors").read_text()
    assert "cannot write the store" in error and "--resume" in error
    text = (folder / "points.jsonl").read_bytes()
    assert 2_000 < len(text) <= 60_000 and text.endswith(b"]\n")
    sweep = archsim.explore(LONG, out=folder, resume=True)
    assert sweep.counts["reused"] > 0 and not sweep.notes
    assert list(sweep.rows()) == undisturbed


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/archsim")):
        with pytest.raises(archsim.InputError, match="cannot write here|not a folder"):
            archsim.explore(SPACE, out=folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(archsim.InputError, match="Permission denied"):
            archsim.explore(SPACE, out=tmp_path)
    finally:
        tmp_path.chmod(0o755)


def test_two_processes_on_one_store_are_refused(tmp_path):
    with (
        Store(tmp_path),
        pytest.raises(archsim.InputError, match=f"another process.*{os.getpid()}"),
    ):
        archsim.explore(SPACE, out=tmp_path)
    archsim.explore(SPACE, out=tmp_path)


def test_a_second_sweep_needs_resume(tmp_path):
    archsim.explore(SPACE, out=tmp_path)
    with pytest.raises(archsim.InputError, match="--resume"):
        archsim.explore(SPACE, out=tmp_path)
    assert archsim.explore(SPACE, out=tmp_path, resume=True).counts == {
        "new": 0,
        "reused": 36,
        "repriced": 0,
    }
