"""Does a scheme of a notebook cell, or of a user's module, keep its place where the work is spread
over processes?
"""

import json
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
import linecache, sys
text = open(sys.argv[1]).read()
linecache.cache["<cell>"] = (len(text), None, text.splitlines(True), "<cell>")
exec(compile(text, "<cell>", "exec"), globals())
"""
SWEPT = """
import json, archsim
if __name__ == "__main__":
    space = {"schema": 1, "network": "digits_cnn", "scheme": "manhattan", "phase": "training", "settings": {"read.transposed": True},
             "axes": {"tile.rows": [64, 128]}, "objectives": {"area_mm2": "minimise"}}
    rows = [list(archsim.explore(space, jobs=jobs).rows()) for jobs in (1, 2)]
    said = [[row["status"] for row in rows[1]], rows[0] == rows[1]]
    print(json.dumps(said))
"""
BOTH = (
    SWEPT
    + """
    compared = archsim.compare("digits_cnn", ["sgd", "manhattan"], images=16, jobs=2)
    print(json.dumps([*said, [row["label"] for row in compared.rows], compared.refused]))
"""
)


def said(tmp_path, text):
    (tmp_path / "script.py").write_text(text)
    found = subprocess.run(
        [sys.executable, str(tmp_path / "script.py"), str(EXAMPLE)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(Path.home())},
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout.splitlines()[-1])


WHOLE = [["done", "done"], True, ["sgd", "manhattan"], {}]


def test_a_scheme_of_a_cell_is_compared_and_swept_by_two_processes(tmp_path):
    assert said(tmp_path, CELL + BOTH) == WHOLE


def test_so_is_a_scheme_of_a_module_that_was_imported(tmp_path):
    (tmp_path / "my_rules.py").write_text(EXAMPLE.read_text())
    assert said(tmp_path, "import my_rules\n" + SWEPT) == WHOLE[:2]


@pytest.mark.study
def test_and_compared(tmp_path):
    (tmp_path / "my_rules.py").write_text(EXAMPLE.read_text())
    assert said(tmp_path, "import my_rules\n" + BOTH) == WHOLE


@pytest.mark.study
def test_so_is_a_scheme_of_a_file(tmp_path):
    load = f"from archsim.schemes.own_file import load_scheme_file\nload_scheme_file({str(EXAMPLE)!r})\n"
    assert said(tmp_path, load + BOTH) == WHOLE


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
        archsim.compare("digits_cnn", both, images=8)
