"""Do comparisons look at small numbers?"""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]


def blind(tree):
    """Lines of `pytest.approx` that do not say how far from the number they look: 1e-12, more than a
    picojoule in joules.
    """
    for node in ast.walk(tree):
        called = isinstance(node, ast.Call) and ast.unparse(node.func).endswith("approx")
        if called and not any(keyword.arg in ("abs", None) for keyword in node.keywords):
            yield node.lineno


def test_no_comparison_hides_a_picojoule():
    files = [path for path in sorted(TESTS.rglob("*.py")) if path.name != "near.py"]
    seen = {
        path.relative_to(TESTS).as_posix(): lines
        for path in files
        if (lines := [*blind(ast.parse(path.read_text(encoding="utf-8")))])
    }
    assert len(files) > 300 and seen == {}


def test_a_blind_comparison_is_seen():
    text = (
        "assert a == pytest.approx(b)\nassert a == pytest.approx(b, abs=0)\nassert a == near(b)\n"
    )
    assert [*blind(ast.parse(text))] == [1]
