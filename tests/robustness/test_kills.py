"""Does a kill, wherever it falls, lose a row or leave a process?"""

import json
import os
import random
import subprocess
import sys

import pytest

import archsim
from archsim.processes import worker_arguments
from tests.explore_points import SPACE
from tests.robustness.kills import ROOT, Family, kill_once, moments

# Some work for two workers, and so much that it is killed in the middle of it.
SHORT = SPACE | {"axes": {"tile.rows": [64, 128, 256, 512], "read.adc_bits": {"from": 4, "to": 9}, "node_nm": [28, 32, 40, 45, 65]}}
LONG = SPACE | {"axes": SHORT["axes"] | {"clock_mhz": {"from": 50.0, "to": 400.0, "step": 50.0}}}
SWEEP = "import json, sys, archsim; archsim.explore(json.loads(sys.argv[1]), jobs=2, out=sys.argv[2], resume=True)"


def rows_of(comparison):
    return [{key: value for key, value in row.items() if key != "images_per_second"} for row in comparison.rows]


def kill_often(line, folder, kills, seed):
    """Kill a command that goes on each time: what was left of any of them."""
    generator = random.Random(seed)
    left = [kill_once(line, folder, moment, generator, worker) for moment, worker in moments(kills, seed)]
    return [numbers for numbers in left if numbers]


def check_sweep(folder, space, kills, seed):
    assert kill_often(["-c", SWEEP, json.dumps(space), str(folder)], folder, kills, seed) == []
    sweep = archsim.explore(space, out=folder, resume=True)
    assert list(sweep.rows()) == list(archsim.explore(space).rows())


def check_comparison(folder, schemes, epochs, kills, seed):
    line = ["-m", "archsim.cli.main", "compare", "digits_cnn", "--schemes", schemes, "--epochs", str(epochs), "--jobs", "2", "--quiet",
            "--resume", "--out", str(folder)]
    assert kill_often(line, folder, kills, seed) == []
    found = archsim.compare("digits_cnn", schemes, epochs=epochs, folder=folder, resume=True)
    assert rows_of(found) == rows_of(archsim.compare("digits_cnn", schemes, epochs=epochs))


def test_a_killed_sweep_leaves_no_process_and_loses_no_row(tmp_path):
    check_sweep(tmp_path / "sweep", SHORT, 3, random.randrange(10**6))


def test_a_killed_comparison_leaves_no_process_and_loses_no_row(tmp_path):
    check_comparison(tmp_path / "comparison", "sgd,rpu", 1, 1, random.randrange(10**6))


@pytest.mark.study
def test_sixty_kills_of_a_sweep(tmp_path):
    check_sweep(tmp_path / "sweep", LONG, 60, 1)


@pytest.mark.study
def test_forty_kills_of_a_comparison(tmp_path):
    check_comparison(tmp_path / "comparison", "sgd,rpu,tiki_taka", 6, 40, 2)


ORPHAN = """
import os, subprocess, sys, time
code = "import time, sys; from archsim.processes import begin_worker; time.sleep(float(sys.argv[1])); "
code += f"begin_worker(int(sys.argv[2]), {sys.argv[2]}); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", code, sys.argv[1], str(os.getpid())])
time.sleep(float(sys.argv[3]))
"""


@pytest.mark.parametrize("main", [True, False], ids=["signal", "watch"])
@pytest.mark.parametrize("begins, lives", [(1.0, 0.0), (0.0, 1.5)], ids=["parent gone before", "parent goes later"])
def test_a_worker_ends_with_its_parent_whether_it_has_begun_or_not(tmp_path, begins, lives, main):
    family = Family(["-c", ORPHAN, str(begins), str(main), str(lives)], tmp_path / "orphan")
    family.process.wait()
    assert family.left() == []


def test_a_worker_watches_before_it_imports_anything_heavy():
    code = "import sys, archsim.processes; print(sorted({'numpy', 'pydantic', 'numba', 'pandas', 'joblib'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
    assert worker_arguments("a.module:name", 1)["initargs"] == (os.getpid(), True, "a.module:name", 1)


def test_workers_that_never_get_to_work_are_no_endless_loop(monkeypatch):
    from archsim.explore import engine

    monkeypatch.setattr(engine, "_IN_VAIN", 2)
    monkeypatch.setattr(engine, "own_schemes", lambda: ([Dead()], []))
    with pytest.raises(RuntimeError, match="workers die before they have done anything"):
        archsim.explore(SPACE, jobs=2)


class Dead:
    """Ends the process that reads it."""

    def __reduce__(self):
        return os._exit, (3,)
