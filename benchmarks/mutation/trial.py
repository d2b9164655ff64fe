"""One mutant against the tests, in a copy of the project: the quickest tests first, ended at the
first failure.

Tests run in a fork of this process, which has imported what others wrote (not the project), so that
a mutant costs its tests and little more. A mutant hangs where it takes many times the processor time
that its tests take without it: how busy the machine is does not matter.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.mutation.draw import ROOT, Drawn
from benchmarks.mutation.operators import mutate

# Processor seconds beyond those that the tests take: new machine code of every kernel, and imports.
SPARE_SECONDS = 180
TIMES = 10
# A process that waits for ever uses none.
LIMIT_SECONDS = 3600
OTHERS = ("pytest", "hypothesis", "numpy", "pandas", "numba", "pydantic", "simpy", "joblib", "onnx")
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", "__pycache__", "*.egg-info", ".pytest_cache", ".hypothesis", ".ruff_cache"
)


def copy_project() -> Path:
    """A copy of the project's files to change."""
    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    shutil.copytree(ROOT, folder / "project", ignore=_LEFT_OUT)
    return folder / "project"


def run_tests(project: Path, tests: list[str], seconds: float) -> tuple[str, str]:
    """Run tests, which take so many seconds, in this order until one fails: ("caught" | "survived"
    | "hangs" | "unclear", the last lines that pytest printed).
    """
    names = project.parent / "tests.txt"
    names.write_text("\n".join(tests), encoding="utf-8")
    printed = project.parent / "printed.txt"
    for name in OTHERS:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    child = os.fork()
    if child == 0:
        _child(project, names, printed, round(TIMES * seconds + SPARE_SECONDS))
    status = _end_of(child)
    text = printed.read_text(encoding="utf-8", errors="replace")
    if os.WIFSIGNALED(status):
        return ("hangs" if os.WTERMSIG(status) in _ENDED else "caught"), text[-600:]
    code = os.WEXITSTATUS(status)
    # 4: pytest finds no such test; where that is for a fault at import, it says so
    if code not in (0, 1, 2) and not (code == 4 and "ERROR collecting" in text):
        return "unclear", text[-600:]
    return ("survived" if code == 0 else "caught"), text[-600:]


_ENDED = (signal.SIGXCPU, signal.SIGKILL)


def _child(project: Path, names: Path, printed: Path, seconds: int) -> None:
    """Does not return."""
    code = 3
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        output = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(project)
        sys.path[:] = [
            str(project),
            *(path for path in sys.path if Path(path or ".").resolve() not in (ROOT, project)),
        ]
        import pytest

        options = ["-x", "-q", "--tb=line", "-p", "no:cacheprovider"]
        code = pytest.main([*options, "-m", "not study and not browser", f"@{names}"])
        sys.stdout.flush()
    finally:
        os._exit(int(code))


def _end_of(child: int) -> int:
    """The status of a child that ended, or was ended after LIMIT_SECONDS, with all it started."""
    until = time.monotonic() + LIMIT_SECONDS
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > until:
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.02)
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    return status


def try_mutant(project: Path, drawn: Drawn, tests: list[str], seconds: float) -> dict:
    """Change one place, run the tests, put the file back."""
    path = project / drawn.file
    source = path.read_text(encoding="utf-8")
    mutant = mutate(source, drawn.index)
    try:
        path.write_text(mutant.source, encoding="utf-8")
        outcome, printed = run_tests(project, tests, seconds)
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
