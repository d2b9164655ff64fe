"""Do modules import each other, later or for types, only where a sentence says why?"""

import ast

import pytest

from tests.house.import_graph import Import, explained, files, imports_of, reached_from


@pytest.fixture(scope="module")
def sources():
    return {module: path.read_text(encoding="utf-8") for module, path in files().items()}


@pytest.fixture(scope="module")
def imports(sources):
    return {module: list(imports_of(ast.parse(text), sources)) for module, text in sources.items()}


def at_the_top(imports):
    return {
        module: {given.module for given in rows if given.way == "top"}
        for module, rows in imports.items()
    }


def circles(imports):
    """Imports, later or for types, of a module that imports the importer, by importer."""
    graph = at_the_top(imports)
    reached = {module: reached_from(module, graph) for module in imports}
    for module, rows in imports.items():
        for given in rows:
            if given.way != "top" and module in reached.get(given.module, ()):
                yield module, given


def test_no_module_imports_itself_at_the_top(imports):
    graph = at_the_top(imports)
    assert [module for module in imports if module in reached_from(module, graph)] == []


def test_a_circle_says_why(imports, sources):
    silent = [
        f"{module}:{given.line} imports {given.module}, which imports it: no sentence says why"
        for module, given in circles(imports)
        if not explained(sources[module].splitlines(), given.line)
    ]
    assert silent == []


def test_a_circle_is_seen():
    texts = {
        "a": "from b import x",
        "b": "import c",
        "c": "if TYPE_CHECKING:\n    import a\ndef f():\n    import a\n    import b",
        "d": "def f():\n    import a",
    }
    imports = {module: list(imports_of(ast.parse(text), texts)) for module, text in texts.items()}
    assert list(circles(imports)) == [
        ("c", Import("a", "types", 2)),
        ("c", Import("a", "later", 4)),
        ("c", Import("b", "later", 5)),
    ]


@pytest.mark.parametrize(
    "lines, told",
    [
        (["import a  # why"], True),
        (["# why", "if TYPE_CHECKING:", "    import a"], True),
        (["# why", "import b", "import a"], True),
        (["# what x is", "x = 1", "import a"], False),
        (["", "import a"], False),
    ],
)
def test_a_sentence_is_one_beside_the_import(lines, told):
    assert explained(lines, len(lines)) is told
