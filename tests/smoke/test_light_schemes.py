"""Naming the update rules must not load what training needs: the prompt would wait for numba."""

import ast
import subprocess
import sys
from pathlib import Path

SCHEMES = Path(__file__).parents[2] / "archsim" / "schemes"


def test_listing_schemes_loads_no_compiler():
    code = (
        "import sys, archsim.schemes as s; assert 'sgd' in s.list_schemes(); "
        "print(sorted(m for m in ('numba', 'scipy', 'pandas') if m in sys.modules))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "[]"


def registered_in(text):
    return any(
        "register" in ast.unparse(mark)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
        for mark in node.decorator_list
    )


def test_every_registered_class_stands_right_in_a_family_and_is_listed():
    # what stands deeper (`algorithms`) or in `shared` is not looked at when rules are listed
    holding = {
        path.relative_to(SCHEMES)
        for path in SCHEMES.rglob("*.py")
        if registered_in(path.read_text(encoding="utf-8"))
    }
    assert len(holding) > 10
    assert {len(path.parts) for path in holding} == {2}, "FAMILY/NAME.py"
    assert "shared" not in {path.parts[0] for path in holding}
