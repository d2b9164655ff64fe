"""Does every notebook run to its end, and is it kept without what running leaves in it?"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))


def test_there_are_six():
    assert len(NOTEBOOKS) == 6


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_kept_without_outputs(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
    assert code and all(not cell["outputs"] for cell in code)
    assert all(cell["execution_count"] is None for cell in code)
    assert set(document["metadata"]) == {"kernelspec", "language_info"}


@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_to_its_end(path, tmp_path, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(tmp_path)}}
    # an error in a cell ends the test with its traceback
    NotebookClient(notebook, timeout=600, resources=where).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    # a notebook that shows nothing at its end teaches nothing
    assert cells[-1].outputs
    printed = [output for cell in cells for output in cell.outputs]
    assert [item for item in printed if item.get("name") == "stderr"] == []


@pytest.mark.notebook
def test_the_manual_is_built_without_warnings(tmp_path):
    done = subprocess.run(
        [sys.executable, "docs/build.py", "--check", str(tmp_path / "pages")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert "WARNING" not in done.stderr
    assert (tmp_path / "pages/learn/my_chip.html").exists()
