"""Does a scheme of a notebook cell, or of a user's module, keep its place where the work is spread
over processes?
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import archsim
from archsim.comparison import Variant
from archsim.schemes import load_scheme
from archsim.schemes.base import SCHEMES

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "manhattan.py"
# A cell has no file: its source is in the cache of lines only, its classes belong to __main__.
CELL = """
import linecache
text = open(sys.argv[1]).read()
linecache.cache["<cell>"] = (len(text), None, text.splitlines(True), "<cell>")
exec(compile(text, "<cell>", "exec"), globals())
"""
WORK = """
import json, archsim
if __name__ == "__main__":
    names = json.loads(sys.argv[2])
    space = {"schema": 1, "network": "digits_cnn", "phase": "training", "settings": {"read.transposed": True},
             "axes": {"scheme": names, "tile.rows": [64, 128]}, "objectives": {"area_mm2": "minimise"}}
    rows = [list(archsim.explore(space, jobs=jobs).rows()) for jobs in (1, 2)]
    compared = archsim.compare("digits_cnn", names, images=16, jobs=2)
    told = [[row["status"] for row in rows[1]], rows[0] == rows[1]]
    print(json.dumps([*told, [row["label"] for row in compared.rows], compared.refused]))
"""


def said(tmp_path, text, *names):
    """What a program prints that sweeps over these schemes and compares them on two processes."""
    (tmp_path / "script.py").write_text("import sys\n" + text + WORK)
    # nothing of this process but where machine code is kept
    kept = {name: os.environ[name] for name in ("NUMBA_CACHE_DIR",) if name in os.environ}
    home = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(Path.home())}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py"), str(EXAMPLE), json.dumps(names)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=home | kept,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def write_module(tmp_path, name):
    """The example as a module whose scheme has another name."""
    text = EXAMPLE.read_text().replace('"manhattan"', f'"{name}"')
    (tmp_path / "my_rules.py").write_text(text)


def all_done(*names):
    return [["done"] * 2 * len(names), True, list(names), {}]


def test_schemes_of_a_cell_and_of_a_module_are_compared_and_swept_by_two_processes(tmp_path):
    write_module(tmp_path, "of_a_module")
    names = "manhattan", "of_a_module"
    assert said(tmp_path, CELL + "import my_rules\n", *names) == all_done(*names)


@pytest.mark.study
def test_so_is_a_scheme_of_a_module_beside_one_of_archsim(tmp_path):
    write_module(tmp_path, "of_a_module")
    names = "sgd", "of_a_module"
    assert said(tmp_path, "import my_rules\n", *names) == all_done(*names)


@pytest.mark.study
def test_so_is_a_scheme_of_a_file(tmp_path):
    load = f"from archsim.schemes.own_file import load_scheme_file\nload_scheme_file({str(EXAMPLE)!r})\n"
    names = "sgd", "manhattan"
    assert said(tmp_path, load, *names) == all_done(*names)


def test_a_cluster_that_cannot_know_a_scheme_is_told_so(monkeypatch):
    own = type("Own", (type(load_scheme("sgd")),), {"__module__": "__main__", "name": "own"})
    monkeypatch.setitem(SCHEMES, "own", own)
    space = {
        "schema": 1,
        "network": "digits_cnn",
        "scheme": "own",
        "phase": "training",
        "settings": {"read.transposed": True},
        "axes": {"tile.rows": [64, 128]},
        "objectives": {"area_mm2": "minimise"},
    }
    with pytest.raises(archsim.InputError, match="cluster do not know this scheme"):
        archsim.explore(space, cluster="tcp://nowhere:1")


def test_two_different_variants_of_one_label_are_refused():
    both = [Variant("mine", load_scheme("rpu")), Variant("mine", load_scheme("sgd"))]
    with pytest.raises(archsim.InputError, match="two different variants"):
        archsim.compare("digits_cnn", both, "cim40", images=8)
