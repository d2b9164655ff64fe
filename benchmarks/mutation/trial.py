"""One mutant against the tests, in a copy of the project: the quickest tests first, ended at the
first failure.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.mutation.draw import ROOT, Drawn
from benchmarks.mutation.operators import mutate

# Whatever runs longer than the whole suite hangs.
LIMIT_SECONDS = 1800
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", "__pycache__", "*.egg-info", ".pytest_cache", ".hypothesis", ".ruff_cache"
)


def copy_project() -> Path:
    """A copy of the project's files to change."""
    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    shutil.copytree(ROOT, folder / "project", ignore=_LEFT_OUT)
    return folder / "project"


def run_tests(project: Path, tests: list[str]) -> tuple[str, str]:
    """Run tests in this order until one fails: ("caught" | "survived" | "hangs", the last lines
    that pytest printed).
    """
    names = project.parent / "tests.txt"
    names.write_text("\n".join(tests), encoding="utf-8")
    line = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "--tb=line",
        "-p",
        "no:cacheprovider",
        "-m",
        "not study and not browser",
        f"@{names}",
    ]
    try:
        done = subprocess.run(
            line, cwd=project, capture_output=True, text=True, timeout=LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return "hangs", ""
    if done.returncode not in (0, 1, 2):
        raise RuntimeError(f"pytest could not run: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return ("survived" if done.returncode == 0 else "caught"), done.stdout[-600:]


def try_mutant(project: Path, drawn: Drawn, tests: list[str]) -> dict:
    """Change one place, run the tests, put the file back."""
    path = project / drawn.file
    source = path.read_text(encoding="utf-8")
    mutant = mutate(source, drawn.index)
    try:
        path.write_text(mutant.source, encoding="utf-8")
        outcome, printed = run_tests(project, tests)
    finally:
        path.write_text(source, encoding="utf-8")
    last = [line for line in printed.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return {
        "key": drawn.key,
        "change": drawn.change,
        "tests": len(tests),
        "outcome": outcome,
        "by": last[-1] if last else "",
    }
