"""Does a kill, wherever it falls, lose a row or leave a process?"""

import json
import os
import random
import subprocess
import sys

import pytest

import archsim
from archsim.basics.processes import worker_arguments
from tests.explore_points import SPACE
from tests.robustness.kills import ROOT, Family, Kill, draw, kill_often

SWEEP = (
    "import json, sys, archsim; archsim.explore(json.loads(sys.argv[1]), jobs=2, out=sys.argv[2], "
    "resume=True)"
)
# Some work for two workers, and so much that it is killed in the middle of it.
SHORT = SPACE | {
    "axes": {
        "tile.rows": [64, 128, 256, 512],
        "read.adc_bits": {"from": 4, "to": 9},
        "node_nm": [28, 32, 40, 45, 65],
    }
}
LONG = SPACE | {
    "axes": {
        **SHORT["axes"],
        "tile.rows": [32, 48, 64, 96, 128, 192, 256, 384, 512],
        "clock_mhz": {"from": 50.0, "to": 400.0, "step": 10.0},
    },
    "rungs": [{"kind": "price"}, {"kind": "timing", "points": 200}],
}


def check_sweep(folder, space, kills):
    def stored():
        try:
            lines = (folder / "points.jsonl").read_bytes().splitlines(keepends=True)
            return {line for line in lines if line.startswith(b"[") and line.endswith(b"\n")}
        except FileNotFoundError:
            return set()

    toll, seen = kill_often(["-c", SWEEP, json.dumps(space), str(folder)], folder, kills, stored)
    sweep = archsim.explore(space, out=folder, resume=True)
    lost = seen - stored()
    print(f"sweep: {toll}, {len(lost)} of {len(seen)} stored lines lost, {sweep.counts}")
    assert toll.left == 0 and not lost
    assert list(sweep.rows()) == list(archsim.explore(space).rows())
    assert archsim.explore(space, out=folder, resume=True).counts["new"] == 0


def rows_of(comparison):
    return [
        {key: value for key, value in row.items() if key != "images_per_second"}
        for row in comparison.rows
    ]


def check_comparison(folder, schemes, kills, **options):
    def stored():
        # its images a second tell whether it is the same
        return {(path, path.read_bytes()) for path in folder.glob("*/result.json")}

    line = [
        "-m",
        "archsim.cli.main",
        "compare",
        "digits_cnn",
        "--arch",
        "cim40",
        "--schemes",
        schemes,
        "--jobs",
        "2",
        "--quiet",
        "--resume",
        "--out",
        str(folder),
        *(word for name, value in options.items() for word in (f"--{name}", str(value))),
    ]
    toll, seen = kill_often(line, folder, kills, stored)
    resumed = archsim.compare("digits_cnn", schemes, "cim40", folder=folder, resume=True, **options)
    lost = seen - stored()
    print(f"comparison: {toll}, {len(lost)} of {len(seen)} stored results lost")
    assert toll.left == 0 and not lost
    assert rows_of(resumed) == rows_of(archsim.compare("digits_cnn", schemes, "cim40", **options))


def while_workers_start():
    return Kill(random.uniform(0.0, 1.0), "worker")


def when_something_is_stored():
    return Kill(random.uniform(0.0, 0.3), "row", worker=True)


def test_a_killed_sweep_leaves_no_process_and_loses_no_row(tmp_path):
    kills = [while_workers_start(), when_something_is_stored()]
    check_sweep(tmp_path / "sweep", SHORT, kills)


def test_a_killed_comparison_leaves_no_process_and_loses_no_row(tmp_path):
    # workers of either kind start alike
    kills = [when_something_is_stored()]
    check_comparison(tmp_path / "comparison", "sgd,rpu", kills, epochs=1, images=100)


@pytest.mark.study
def test_sixty_kills_of_a_sweep(tmp_path):
    check_sweep(tmp_path / "sweep", LONG, draw(60, seed=1))


@pytest.mark.study
def test_forty_kills_of_a_comparison(tmp_path):
    rates = [
        f"{scheme}:training.learning_rate={rate}"
        for scheme in ("sgd", "rpu", "tiki_taka", "mixed_precision", "sbpca")
        for rate in (0.005, 0.01, 0.02, 0.03, 0.05)
    ]
    check_comparison(tmp_path / "comparison", ",".join(rates), draw(40, seed=2), epochs=1)


ORPHAN = """
import os, subprocess, sys, time
code = "import time, sys; from archsim.basics.processes import begin_worker; time.sleep(float(sys.argv[1])); "
code += f"begin_worker(int(sys.argv[2]), {sys.argv[2]}); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", code, sys.argv[1], str(os.getpid())])
time.sleep(float(sys.argv[3]))
"""


@pytest.mark.parametrize("main", [True, False], ids=["signal", "watch"])
@pytest.mark.parametrize(
    "begins, lives", [(1.0, 0.0), (0.0, 1.5)], ids=["parent gone before", "parent goes later"]
)
def test_a_worker_ends_with_its_parent_whether_it_has_begun_or_not(tmp_path, begins, lives, main):
    family = Family(["-c", ORPHAN, str(begins), str(main), str(lives)], tmp_path / "orphan")
    family.process.wait()
    assert family.left() == []


def test_a_worker_watches_before_it_imports_anything_heavy():
    code = (
        "import sys, archsim.basics.processes; print(sorted({'numpy', 'pydantic', 'numba', "
        "'pandas', 'joblib'} & set(sys.modules)))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "[]"
    assert worker_arguments("a.module:name", 1)["initargs"] == (
        os.getpid(),
        True,
        "a.module:name",
        1,
    )


def test_workers_that_never_get_to_work_are_no_endless_loop(monkeypatch):
    from archsim.exploration.work import engine

    monkeypatch.setattr(engine, "_IN_VAIN", 2)
    monkeypatch.setattr(engine, "own_schemes", lambda: ([Dead()], []))
    with pytest.raises(RuntimeError, match="workers die before they have done anything"):
        archsim.explore(SPACE, jobs=2)


class Dead:
    """Ends the process that reads it."""

    def __reduce__(self):
        return os._exit, (3,)
