"""Naming the update rules must not load what training needs: the prompt would wait for numba."""

import subprocess
import sys


def test_listing_schemes_loads_no_compiler():
    code = (
        "import sys, archsim.schemes as s; assert 'sgd' in s.list_schemes(); "
        "print(sorted(m for m in ('numba', 'scipy', 'pandas') if m in sys.modules))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "[]"
