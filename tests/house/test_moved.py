"""Does the changelog name homes that exist for what has moved?"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTION = (
    (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("### Moved\n")[1].split("\n### ")[0]
)
TEXT = " ".join(SECTION.split())
WHOLE = re.findall(r"`([\w.]+)` is `([\w.]+)`", TEXT)
NAMES = [
    (module, name)
    for names, module in re.findall(r"((?:`\w+`, )*`\w+`) in `([\w.]+)`", TEXT)
    for name in re.findall(r"\w+", names)
]


def file_of(module):
    """The file of a module, those of archsim without their first word; None where there is none."""
    outside = module.split(".")[0] in ("hwlib", "workloads")
    path = ROOT / (module if outside else f"archsim.{module}").replace(".", "/")
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def given(path):
    """Names that a module defines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {getattr(node, "name", None) for node in tree.body}
    targets = [t for node in tree.body for t in getattr(node, "targets", ())]
    return named | {getattr(target, "id", None) for target in targets}


def missing(names):
    return [
        f"{module}.{name}"
        for module, name in names
        if file_of(module) is None or name not in given(file_of(module))
    ]


def test_modules_that_moved_are_there_and_not_where_they_were():
    assert len(WHOLE) > 100
    assert [new for _, new in WHOLE if file_of(new) is None] == []
    assert [old for old, _ in WHOLE if file_of(old) is not None] == []


def test_names_that_moved_are_where_the_changelog_says():
    assert len(NAMES) > 200 and missing(NAMES) == []


@pytest.mark.parametrize("module, name", [("run.result", "limited_by"), ("nowhere", "Result")])
def test_a_name_that_is_not_there_is_seen(module, name):
    assert missing([(module, name), ("run.result", "Result")]) == [f"{module}.{name}"]
