"""Does a line stay within what one reads at a glance?"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("hwlib", "workloads", "archsim", "tests", "benchmarks", "docs")
MOST = 110  # characters; the formatter lays code out for 100


def docstrings(tree):
    """Strings that stand alone: what a reader of Python reads."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def in_another_language(text):
    """Lines in texts over several lines: files, scripts and pages that a test writes."""
    tree = ast.parse(text)
    told = docstrings(tree)
    lines = set()
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        if is_text and id(node) not in told and node.end_lineno > node.lineno:
            segment = ast.get_source_segment(text, node)
            if '"""' in segment:
                lines |= set(range(node.lineno, node.end_lineno + 1))
    return lines


def long_lines(text):
    rows = [n for n, line in enumerate(text.splitlines(), 1) if len(line) > MOST]
    return sorted(set(rows) - in_another_language(text)) if rows else []


def test_lines_stay_short():
    rows = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number in long_lines(path.read_text(encoding="utf-8"))
    ]
    assert rows == []


@pytest.mark.parametrize(
    "text, seen",
    [
        ("x = 1" + " " * 100 + "  # why", [1]),
        ('def f():\n    """' + "a " * 60 + '"""', [2]),
        ('x = """\n' + "a " * 60 + '\n"""', []),
        ('x = "' + "a " * 60 + '"', [1]),
        ("x = 1", []),
    ],
)
def test_a_long_line_is_seen(text, seen):
    assert long_lines(text) == seen
