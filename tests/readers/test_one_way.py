"""Does everything that reads a file from outside go through the one room of readers? Yes: nothing
else opens or parses one.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What parses a document or takes arrays out of a file; outside the readers nobody calls them.
PARSERS = {
    "json.load",
    "json.loads",
    "tomllib.load",
    "tomllib.loads",
    "numpy.load",
    "np.load",
    "numpy.loadtxt",
    "np.loadtxt",
    "numpy.fromfile",
    "np.fromfile",
    "zipfile.ZipFile",
    "yaml.safe_load",
    "yaml.load",
    "pandas.read_csv",
    "pandas.read_json",
    "pandas.read_parquet",
}
# file: why it may
KNOWN = {
    "archsim/exploration/store/rows.py": "a line of a store, whose digest was checked",
    "archsim/comparison/worker.py": "the mark that a worker of this very run writes",
}
# hwlib stands below the readers: its documents come with the library or as a priced part of one's
# own, which hwlib/part_documents.py bounds by itself
BELOW = ("hwlib/", "archsim/readers/")


def parsing(tree):
    """(call, line) of every call that parses a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PARSERS:
            yield ast.unparse(node.func), node.lineno


def files():
    for package in ("hwlib", "workloads", "archsim"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path


def test_only_the_readers_parse_what_comes_from_outside():
    faults = [
        f"{name}:{line} calls {call}"
        for name, path in files()
        if not name.startswith(BELOW) and name not in KNOWN
        for call, line in parsing(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert faults == []


def test_what_is_known_is_still_there():
    for name in KNOWN:
        assert list(parsing(ast.parse((ROOT / name).read_text(encoding="utf-8")))), name


@pytest.mark.parametrize(
    "text", ["import json\njson.loads(x)", "import numpy as np\nnp.load(p)", "tomllib.load(f)"]
)
def test_a_parser_elsewhere_is_seen(text):
    assert list(parsing(ast.parse(text)))
