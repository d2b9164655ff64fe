"""Which module imports which: at the top, later (inside a function), or for a type checker only."""

import ast
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FOLDERS = ("hwlib", "workloads", "archsim")


class Import(NamedTuple):
    """An import of `module`; `way` is "top", "later" or "types"."""

    module: str
    way: str
    line: int


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def files():
    """Module name -> its file, of all the product."""
    return {
        module_name(path): path
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def imports_of(tree, modules, way="top"):
    """Every import of a file, by the module that is read: `from room import module` names one."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, way, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield Import(inner if inner in modules else str(node.module), way, node.lineno)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports_of(node, modules, "later")
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from imports_of(node, modules, "types")
        else:
            yield from imports_of(node, modules, way)


def reached_from(start, graph):
    """Modules that importing `start` imports, with those that they import, and so on."""
    reached = set()
    waiting = [start]
    while waiting:
        for module in graph.get(waiting.pop(), ()):
            if module not in reached:
                reached.add(module)
                waiting.append(module)
    return reached


def explained(lines, number):
    """Whether a comment stands on a line, or on or above the run of imports that it ends."""
    for line in reversed(lines[:number]):
        if "#" in line:
            return True
        if not line.lstrip().startswith(("from ", "import ", "if TYPE_CHECKING")):
            return False
    return False
