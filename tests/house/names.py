"""The names that a file gives: variables, parameters, fields, functions and classes."""

import ast
from typing import NamedTuple


class Given(NamedTuple):
    """A name with what it names: "variable" (parameters and fields too), "function" or "class"."""

    name: str
    kind: str
    line: int


def names_given(tree):
    """Every name that a file gives, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Given(node.name, "function", node.lineno)
        elif isinstance(node, ast.ClassDef):
            yield Given(node.name, "class", node.lineno)
        elif isinstance(node, ast.arg):
            yield Given(node.arg, "variable", node.lineno)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield Given(node.id, "variable", node.lineno)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield Given(node.attr, "variable", node.lineno)
