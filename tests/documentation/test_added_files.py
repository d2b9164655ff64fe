"""Does a file that a chapter tells to add need no line anywhere else?"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.near import near

ROOT = Path(__file__).parents[2]


def run(line, folder):
    """A command of the package in `folder`, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *line], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_a_part_is_one_file(tmp_path):
    for package in ("hwlib", "archsim", "workloads"):
        left_out = shutil.ignore_patterns("__pycache__", "pages")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=left_out)
    shutil.copy(ROOT / "docs/examples/winner_take_all.toml", tmp_path / "hwlib/parts")
    show = ["-m", "archsim.cli.main", "show", "component", "winner_take_all", "--set", "inputs=32"]
    part = json.loads(run([*show, "--json"], tmp_path))
    assert part["area_um2"]["value"] == 32 * 6.0
    assert part["actions"][0]["energy_j"]["high"] == near(32 * 40e-15)
    assert {row["name"] for row in part["figures"]} >= {"winner_take_all.cell_area"}
