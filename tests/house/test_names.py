"""Do names say what a thing is, and one thing each?"""

import ast
from pathlib import Path

import pytest

from tests.house.names import names_given

ROOT = Path(__file__).parents[2]
FOLDERS = ("hwlib", "workloads", "archsim")
# Names that say nothing, with what says it.
EMPTY = {
    ("variable", "found"): "what it is: priced, missing, candidates",
    ("variable", "place"): "layer_name, position, index; `place` is a verb",
    ("variable", "places"): "positions, indices, points; `place` is a verb",
    ("function", "whole"): "parse_count in a command, require_count in a reader",
    ("class", "Done"): "what was done: ActionCounts",
    ("class", "Seen"): "what was seen",
    ("class", "Cover"): "InUse",
    ("class", "Values"): "whose: TileData",
}
# Where a source says its figure: a key of the files of figures and devices.
KEYS = {
    ("hwlib/quantity.py", "place"),
    ("archsim/devices/presets.py", "place"),
    ("archsim/validation/chips/figures.py", "place"),
}


def files_of(folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def empty_names(tree, where):
    for given in names_given(tree):
        better = EMPTY.get((given.kind, given.name))
        if better and (where, given.name) not in KEYS:
            yield f"{where}:{given.line} {given.name}: say {better}"


def test_no_name_is_empty():
    files = files_of([*FOLDERS, "tests", "benchmarks", "docs"])
    assert [row for where, tree in files for row in empty_names(tree, where)] == []


def homes_of_classes(files):
    """By the name of a class that anybody may use: the files that define it."""
    homes = {}
    for where, tree in files:
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(where)
    return homes


def test_the_name_of_a_class_means_one_thing():
    homes = homes_of_classes(files_of(FOLDERS))
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def test_two_classes_of_one_name_are_seen():
    files = [
        ("a.py", ast.parse("class A: pass\nclass _B: pass")),
        ("b.py", ast.parse("class A: pass")),
    ]
    assert homes_of_classes(files) == {"A": ["a.py", "b.py"]}


@pytest.mark.parametrize(
    "text, seen",
    [
        ("found = 1", True),
        ("for place in rows: pass", True),
        ("def f(place): pass", True),
        ("class Row:\n    place: str", True),
        ("def place(): pass", False),
        ("class Done: pass", True),
        ("def whole(): pass", True),
        ("whole = rows // 4 * 4", False),
    ],
)
def test_an_empty_name_is_seen(text, seen):
    assert bool(list(empty_names(ast.parse(text), "x.py"))) is seen
