"""Does an update rule know its face? A face (what a scheme asks of a chip) names its rule (what it
does to the weights) by a string; the rule and all it uses import no face, not even for a type
checker. So a rule serves any face with its settings, and a face loads no kernel.
"""

import ast
import functools
from pathlib import Path

import pytest

from archsim.schemes import list_schemes, load_scheme
from tests.members import every

ROOT = Path(__file__).parents[2]
SCHEMES = ROOT / "archsim" / "schemes"
BASE = "archsim.schemes.base"


def modules():
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in SCHEMES.rglob("*.py")
        if path.name != "__init__.py"
    }


def imported(tree):
    """Modules that a file imports, wherever and for whatever."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def bases_of(tree):
    """(class, names of its bases, whether it is registered) of a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            names = [ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases]
            registered = any("register" in ast.unparse(mark) for mark in node.decorator_list)
            yield node.name, names, registered


def descendants(trees, root):
    """Modules with a class that descends from `root`, by the names of the bases."""
    kinds = {root}
    holding = set()
    while True:
        new = {
            (name, module)
            for module, tree in trees.items()
            for name, bases, registered in bases_of(tree)
            if name not in kinds and (kinds & set(bases) or registered and root == "Scheme")
        }
        if not new:
            return holding
        kinds |= {name for name, _ in new}
        holding |= {module for _, module in new}


def faults(trees):
    """Imports of a face from a rule or from what it uses."""
    faces = descendants(trees, "Scheme") | {BASE}
    rules = descendants(trees, "UpdateRule")
    rows = [f"{module} is a face and a rule" for module in sorted((faces & rules) - {BASE})]
    waiting = sorted(rules)
    reached = set(waiting)
    while waiting:
        module = waiting.pop()
        for target in set(imported(trees[module])) & trees.keys():
            if target in faces:
                rows.append(f"{module} imports {target}")
            elif target not in reached:
                reached.add(target)
                waiting.append(target)
    return rows


@functools.cache
def parsed():
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in modules().items()}


def test_no_rule_imports_a_face():
    trees = parsed()
    assert len(descendants(trees, "UpdateRule")) > 8
    assert len(descendants(trees, "Scheme")) > 10
    assert faults(trees) == []


@pytest.mark.parametrize(
    "line",
    [
        "from archsim.schemes.digital.hic import Hic",
        "if TYPE_CHECKING:\n    from archsim.schemes.digital import hic",
        "def f():\n    from archsim.schemes.base import Scheme",
        "import archsim.schemes.digital.hic",
    ],
)
def test_such_an_import_is_seen(line):
    for module in ("archsim.schemes.digital.algorithms.hic_rule", "archsim.schemes.shared.writing"):
        text = modules()[module].read_text(encoding="utf-8")
        assert faults({**parsed(), module: ast.parse(f"{text}\n{line}")}), (module, line)


@every("name", list_schemes())
def test_a_face_names_its_rule_and_its_reference(name):
    kind = type(load_scheme(name))
    assert "rule" not in vars(kind), "the rule is named by the string `algorithm`"
    assert kind.reference, "what the rule is tested against"
    assert kind.algorithm or load_scheme(name).core in ("rpu", "float")
    room = kind.__module__.rpartition(".")[0]
    for text in filter(None, (kind.algorithm, kind.reference)):
        module, _, attribute = text.partition(":")
        allowed = (f"{room}.algorithms", "archsim.schemes.shared")
        assert module.rpartition(".")[0] in allowed, "in the family, out of the way of its faces"
        defined = {
            node.name
            for node in parsed()[module].body
            if isinstance(node, ast.ClassDef | ast.FunctionDef)
        }
        assert attribute in defined, text
