"""A comparison that is killed, interrupted, or loses a scheme's process: what was finished stays,
the rest goes on to the same bits.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import archsim
from archsim.basics.folders import hold
from archsim.comparison import Variant
from archsim.comparison.worker import CHECKPOINT_IMAGES
from archsim.schemes import load_scheme

ROOT = Path(__file__).parents[2]
EPOCHS = 4


def timeless(rows):
    return [
        {key: value for key, value in row.items() if key != "images_per_second"} for row in rows
    ]


def wait_for(condition, seconds=120.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def free(folder):
    """Whether no process holds a scheme's folder."""
    try:
        with hold(folder, "training"):
            return True
    except archsim.InputError:
        return False


@pytest.fixture(scope="module")
def undisturbed():
    """The table of a comparison that nobody disturbed, in one process."""
    return timeless(
        archsim.compare("digits_cnn", ["sgd", "tiki_taka"], "cim40", epochs=EPOCHS).rows
    )


@pytest.mark.parametrize(
    "number, jobs", [(signal.SIGKILL, "1"), (signal.SIGINT, "2")], ids=["killed", "interrupted"]
)
def test_stopped_in_the_middle_and_resumed(tmp_path, undisturbed, number, jobs):
    command = [
        sys.executable,
        "-m",
        "archsim.cli.main",
        "compare",
        "digits_cnn",
        "--arch",
        "cim40",
        "--schemes",
        "sgd,tiki_taka",
        "--epochs",
        str(EPOCHS),
        "--jobs",
        jobs,
        "--out",
        str(tmp_path),
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    slow = tmp_path / "tiki_taka"
    wait_for((slow / "checkpoint.json").exists)
    process.send_signal(number)
    said = process.stderr.read()
    assert process.wait() == (130 if number == signal.SIGINT else -number)
    assert not (slow / "result.json").exists(), "stopped too late to prove anything"
    assert number != signal.SIGINT or "--resume --out" in said
    wait_for(lambda: free(slow), 5.0)  # the workers have ended with their parent
    begun = json.loads((slow / "checkpoint.json").read_text())["facts"]
    assert 0 < begun["images"] < EPOCHS * 1437
    resumed = archsim.compare(
        "digits_cnn", ["sgd", "tiki_taka"], "cim40", epochs=EPOCHS, folder=tmp_path, resume=True
    )
    assert timeless(resumed.rows) == undisturbed
    # epochs of before, known by the time they took, were not trained again
    assert resumed.results[1]["epochs"][: len(begun["history"])] == begun["history"] != []
    assert len(json.loads((tmp_path / "compare.json").read_text())["schemes"]) == 2


class Deadly(dict):
    """Training settings that bring the process down that reads them, as often as `times`."""

    def __init__(self, log, times):
        super().__init__()
        self.log = str(log)
        self.times = times

    def __reduce__(self):
        return arm, (self.log, self.times)


def arm(log, times):
    with open(log, "a+") as file:
        file.seek(0)
        if len(file.read()) < times:
            file.write("x")
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    return {}


def test_a_process_that_dies_is_tried_once_more_and_costs_its_scheme_only(tmp_path):
    variants = [
        Variant("once", load_scheme("rpu"), Deadly(tmp_path / "once", 1)),
        "sgd",
        Variant("always", load_scheme("rpu"), Deadly(tmp_path / "always", 99)),
    ]
    comparison = archsim.compare(
        "digits_cnn", variants, "cim40", images=60, jobs=2, folder=tmp_path / "out"
    )
    assert [row["label"] for row in comparison.rows] == ["once", "sgd"] and comparison.lost == [
        "always"
    ]
    assert ((tmp_path / "once").read_text(), (tmp_path / "always").read_text()) == ("x", "xx")
    assert "died 2 times" in comparison.refused["always"]
    assert (
        "died" in json.loads((tmp_path / "out" / "compare.json").read_text())["refused"]["always"]
    )
    alone = archsim.compare("digits_cnn", ["rpu", "sgd"], "cim40", images=60)
    assert [dict(row, label="") for row in timeless(comparison.rows)] == [
        dict(row, label="") for row in timeless(alone.rows)
    ]


def test_a_fault_of_ours_costs_its_scheme_only(monkeypatch):
    def broken(network, chip, data, scheme, **settings):
        if scheme.name == "rpu":
            raise ZeroDivisionError("division by zero")
        return train(network, chip, data, scheme, **settings)

    train = archsim.train
    monkeypatch.setattr(sys.modules["archsim.run.training_and_silicon"], "train", broken)
    comparison = archsim.compare("digits_cnn", ["rpu", "sgd"], "cim40", images=60)
    assert [row["label"] for row in comparison.rows] == ["sgd"] and comparison.lost == ["rpu"]
    assert "ZeroDivisionError" in comparison.refused["rpu"]


def test_a_kill_costs_little():
    assert CHECKPOINT_IMAGES <= 60_000 / 10


def test_killed_in_the_middle_of_tuning_and_resumed(tmp_path):
    asked = {"images": 200, "tune": 4, "seeds": 2}
    whole = archsim.compare("digits_cnn", ["tiki_taka", "sgd"], "cim40", **asked)
    command = (
        "compare digits_cnn --arch cim40 --schemes tiki_taka,sgd --images 200 --tune 4 --seeds 2 --jobs 1 "
        f"--out {tmp_path}"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "archsim.cli.main", *command.split()],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for((tmp_path / "tiki_taka--trial-1" / "trial.json").exists)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/trial.json")}
    assert 2 <= len(kept) < 8, "stopped too late to prove anything"
    wait_for(lambda: free(tmp_path / "tiki_taka"), 5.0)
    resumed = archsim.compare(
        "digits_cnn", ["tiki_taka", "sgd"], "cim40", folder=tmp_path, resume=True, **asked
    )
    assert timeless(resumed.rows) == timeless(whole.rows)
    assert [row["tuning"] for row in resumed.seed_rows] == [
        row["tuning"] for row in whole.seed_rows
    ]
    assert {path: path.stat().st_mtime_ns for path in kept} == kept  # never trained again
