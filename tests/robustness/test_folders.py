"""Is a folder of results held by one command at a time, and never written over by another kind of
result?
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import archsim
from archsim.basics.folders import LOCK, hold

ROOT = Path(__file__).parents[2]
MARKS = {
    "sweep": "points.jsonl",
    "comparison": "compare.json",
    "training": "checkpoint.json",
    "run": "result.json",
}
HOLDER = """
import sys, time
from archsim.basics.folders import hold
with hold(sys.argv[1], "training"):
    print("held", flush=True)
    time.sleep(60)
"""


def lines(folder):
    """A line of every command that fills a folder, by the kind of what it leaves there."""
    return {
        "run": ("run", "lenet1", "--arch", "cim40", "--quiet", "--out", folder),
        "training": ("train", "digits_cnn", "--images", "8", "--out", folder),
        "comparison": (
            "compare",
            "digits_cnn",
            "--arch",
            "cim40",
            "--schemes",
            "sgd",
            "--images",
            "8",
            "--out",
            folder,
        ),
        "sweep": ("explore", "space.toml", "--out", folder),
    }


def space_file(folder):
    text = (
        'schema = 1\nnetwork = "lenet1"\narchitecture = "cim40"\n'
        '[axes]\n"tile.rows" = [64, 128]\n[objectives]\narea_mm2 = '
        '"minimise"\n'
    )
    (folder / "space.toml").write_text(text)


def holder(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("kind", MARKS)
def test_no_command_writes_over_another_kind(call, tmp_path, kind):
    space_file(tmp_path)
    folder = tmp_path / "there"
    folder.mkdir()
    (folder / MARKS[kind]).write_text("{}")
    for other, line in lines(folder).items():
        if other != kind:
            code, out, err = call(*line)
            assert code == 2 and f"holds a {kind}" in err and err.count("\n") == 1, (line, err)
    assert [path.name for path in folder.iterdir()] == [MARKS[kind]] and (
        folder / MARKS[kind]
    ).read_text() == "{}"


def test_every_command_waits_for_the_one_that_holds_the_folder(call, tmp_path):
    space_file(tmp_path)
    folder = tmp_path / "busy"
    process = holder(folder)
    try:
        for line in lines(folder).values():
            code, _, err = call(*line)
            assert code == 2 and f"another process ({process.pid})" in err, (line, err)
        assert [path.name for path in folder.iterdir()] == [LOCK]
    finally:
        process.kill()
        process.wait()


def test_the_lock_of_a_killed_process_holds_nobody(tmp_path):
    process = holder(tmp_path / "busy")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert (tmp_path / "busy" / LOCK).exists()
    with hold(tmp_path / "busy", "run"):
        pass
    assert not (tmp_path / "busy" / LOCK).exists()


def test_two_trainings_into_one_folder_end_with_one_result(tmp_path):
    """Each of two at once: one is done, the other is refused and changes nothing."""
    line = [
        sys.executable,
        "-m",
        "archsim.cli.main",
        "train",
        "digits_cnn",
        "--arch",
        "cim40",
        "--epochs",
        "2",
        "--images",
        "100",
        "--json",
        "--quiet",
        "--out",
        str(tmp_path / "one"),
    ]
    both = [
        subprocess.Popen(
            [*line, "--seed", str(seed)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in (1, 2)
    ]
    said = [process.communicate()[0] for process in both]
    assert sorted(process.returncode for process in both) == [0, 2]
    (kept,) = [json.loads(text) for text, process in zip(said, both) if process.returncode == 0]
    assert json.loads((tmp_path / "one" / "result.json").read_text())["seed"] == kept["seed"]
    assert not (tmp_path / "one" / LOCK).exists()


def test_two_threads_of_one_process_are_two(tmp_path):
    inside = threading.Event()
    over = threading.Event()

    def first():
        with hold(tmp_path / "busy", "run", around=True):
            inside.set()
            over.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(10)
    with pytest.raises(archsim.InputError, match="another process"), hold(tmp_path / "busy", "run"):
        pass
    over.set()
    thread.join()
    with hold(tmp_path / "busy", "run"):
        pass
    assert not (tmp_path / "busy").exists()


def test_waiting_for_a_folder_that_is_given_back(tmp_path):
    """The waiting one gets the lock of a file that is still there, though the one before removed
    its own.
    """
    order = []

    def hold_it(name):
        with hold(tmp_path / "busy", "run", wait_s=10):
            order.append(f"{name} in")
            time.sleep(0.05)
            order.append(f"{name} out")

    threads = [threading.Thread(target=hold_it, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(order) == 12
    assert all(order[i][0] == order[i + 1][0] for i in range(0, 12, 2))


def test_a_call_within_may_hold_it_once_more(tmp_path):
    refused = pytest.raises(archsim.InputError, match="another process")
    with hold(tmp_path, "run", around=True), hold(tmp_path, "run"), refused, hold(tmp_path, "run"):
        pass
    with (
        hold(tmp_path, "run"),
        pytest.raises(archsim.InputError, match="another process"),
        hold(tmp_path, "run"),
    ):
        pass
