"""Does a line give one thing, or a pair?"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("hwlib", "workloads", "archsim", "tests", "benchmarks")


def parallel(tree, where):
    """Assignments of three and more names to as many expressions of their own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and len(target.elts) > 2:
                    yield f"{where}:{node.lineno} gives {len(target.elts)} things"


def test_a_line_gives_one_thing_or_a_pair():
    rows = [
        row
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for row in parallel(
            ast.parse(path.read_text(encoding="utf-8")), path.relative_to(ROOT).as_posix()
        )
    ]
    assert rows == []


@pytest.mark.parametrize(
    "text, seen",
    [
        ("a, b, c = x, y, z", True),
        ("a.x, a.y, a.z = (\n    1,\n    2,\n    3,\n)", True),
        ("rows, columns = 2, 3", False),
        ("a, b, c = parts", False),
        ("a, b, c = f(x, y, z)", False),
    ],
)
def test_a_line_of_three_is_seen(text, seen):
    assert bool(list(parallel(ast.parse(text), "x.py"))) is seen
