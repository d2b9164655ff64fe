"""Is every function one thought: few parameters, few lines?"""

import ast
import inspect
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARAMETERS = 8  # without self; a public verb may have more as typed options (`Unpack`)
LINES = 60  # of code, the docstring not counted
FOLDERS = ("hwlib", "workloads", "archsim")


def room_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[0] if parts[0] != "archsim" else ".".join(parts[:2]).removesuffix(".py")


def templates(tree):
    """Names of the functions that a file compiles by `template(NAME, ...)`."""
    return {
        node.args[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "template"
        and node.args
        and isinstance(node.args[0], ast.Name)
    }


def compiled(function):
    """Whether a function is a compiled kernel: numba takes plain arguments, one by one."""
    marks = {ast.unparse(mark).split("(")[0].split(".")[-1] for mark in function.decorator_list}
    return any("compiled" in mark or "jit" in mark or "kernel" in mark for mark in marks)


def parameters(function):
    """How many parameters a caller may give; **options counts once."""
    given = function.args
    count = len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs)
    first = (given.posonlyargs + given.args)[:1]
    own = bool(first) and first[0].arg in ("self", "cls")
    return count - own + bool(given.vararg) + bool(given.kwarg)


def code_lines(function):
    """Lines of a function from `def` on, the docstring not counted."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        lines -= function.body[0].end_lineno - function.body[0].lineno + 1
    return lines


def faults(tree, where):
    kernels = templates(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if compiled(node) or node.name in kernels:
                continue
            if parameters(node) > PARAMETERS:
                yield f"{where}:{node.lineno} {node.name}: {parameters(node)} parameters"
            if code_lines(node) > LINES:
                yield f"{where}:{node.lineno} {node.name}: {code_lines(node)} lines"


def faults_by_room():
    by_room = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            rows = by_room.setdefault(room_of(path), [])
            rows += faults(tree, path.relative_to(ROOT))
    return by_room


def test_functions_have_few_parameters_and_lines():
    by_room = faults_by_room()
    assert {room: rows for room, rows in by_room.items() if rows} == {}
    assert {"archsim.kernels", "archsim.chip", "hwlib", "workloads"} <= set(by_room)


@pytest.mark.parametrize(
    "text, seen",
    [
        ("def f(a, b, c, d, e, f, g, h, i): pass", "9 parameters"),
        ("def f(self, a, b, c, d, e, f, g, h): pass", ""),
        ("@compiled\ndef f(a, b, c, d, e, f, g, h, i): pass", ""),
        ("def f(a, b, c, d, e, f, g, h, i): pass\nk = template(f, step=1)", ""),
        ("def f(a, b, c, d, e, f, g, h, i): pass\nk = template(g, step=f)", "9 parameters"),
        ("def f():\n" + "    pass\n" * 60, "61 lines"),
        ("def f():\n    '''" + "\n" * 60 + "    '''\n    pass\n", ""),
    ],
)
def test_a_long_function_is_seen(text, seen):
    rows = list(faults(ast.parse(text), "x.py"))
    assert (seen in rows[0]) if seen else rows == []


def test_a_verb_with_options_shows_each_of_them():
    import archsim

    for verb, count in ((archsim.simulate, 18), (archsim.train, 17), (archsim.compare, 20)):
        names = inspect.signature(verb).parameters
        assert len(names) == count and "options" not in names
