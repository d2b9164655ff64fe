"""What may be wrong in one place: another comparison, another operator, another number, a branch
turned round, a term left out.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_COMPARISONS = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ARITHMETIC = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitOr,),
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: the line it stands on, what it does in words, and the changed source of the whole
    file.
    """

    line: int
    change: str
    source: str


def mutants_of(source: str) -> Iterator[tuple[int, str]]:
    """Line and words of every mutant of a source, in the order of the tree."""
    for line, words, _ in _spots(ast.parse(source)):
        yield line, words


def mutate(source: str, index: int) -> Mutant:
    """The mutant of that number in the order of `mutants_of`."""
    tree = ast.parse(source)
    line, words, change = next(spot for number, spot in enumerate(_spots(tree)) if number == index)
    change()
    return Mutant(line, words, ast.unparse(tree))


def _spots(tree: ast.Module) -> Iterator[tuple[int, str, Callable[[], None]]]:
    for node in _inside_functions(tree):
        yield from _changes(node)


def _inside_functions(tree: ast.Module) -> Iterator[ast.AST]:
    """Nodes that work when a function is called: no docstring, annotation, decorator or default of
    a signature.
    """
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for statement in function.body:
                if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
                    yield from _working(statement)


def _working(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(
        node,
        ast.Raise
        | ast.Assert
        | ast.JoinedStr
        | ast.FunctionDef
        | ast.ClassDef
        | ast.Import
        | ast.ImportFrom,
    ):
        return  # words of messages are not what this is about
    yield node
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _working(child)


def _changes(node: ast.AST) -> Iterator[tuple[int, str, Callable[[], None]]]:
    if isinstance(node, ast.Compare):
        for position, old in enumerate(node.ops):
            for new in _COMPARISONS.get(type(old), ()):
                yield (
                    node.lineno,
                    f"{_name(old)} to {_name(new)}: {_text(node)}",
                    _setter(node.ops, position, new()),
                )
    elif isinstance(node, ast.BinOp | ast.AugAssign):
        for new in _ARITHMETIC.get(type(node.op), ()):
            if not (
                isinstance(node.op, ast.Mod)
                and isinstance(getattr(node, "left", None), ast.Constant | ast.JoinedStr)
            ):
                yield (
                    node.lineno,
                    f"{_name(node.op)} to {_name(new)}: {_text(node)}",
                    _attribute(node, "op", new()),
                )
    elif isinstance(node, ast.BoolOp):
        new = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield (
            node.lineno,
            f"{_name(node.op)} to {_name(new)}: {_text(node)}",
            _attribute(node, "op", new()),
        )
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        # `not not x` is x, as a truth
        yield (
            node.lineno,
            f"not left out: {_text(node)}",
            _attribute(node, "operand", ast.UnaryOp(ast.Not(), node.operand)),
        )
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.lineno, f"sign left out: {_text(node)}", _attribute(node, "op", ast.UAdd())
    elif (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    ):
        changed = node.value + 1 if isinstance(node.value, int) else node.value * 1.5 or 0.5
        yield node.lineno, f"{node.value} to {changed}", _attribute(node, "value", changed)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield (
            node.lineno,
            f"{node.value} to {not node.value}",
            _attribute(node, "value", not node.value),
        )
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        yield (
            node.lineno,
            f"{node.func.id} to {_CALLS[node.func.id]}: {_text(node)}",
            _attribute(node.func, "id", _CALLS[node.func.id]),
        )
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield (
            node.lineno,
            f"condition turned round: {_text(node.test)}",
            _attribute(node, "test", ast.UnaryOp(ast.Not(), node.test)),
        )


def _setter(values: list, position: int, new: object) -> Callable[[], None]:
    return lambda: values.__setitem__(position, new)


def _attribute(node: ast.AST, name: str, new: object) -> Callable[[], None]:
    def change() -> None:
        setattr(node, name, ast.copy_location(new, node) if isinstance(new, ast.expr) else new)
        ast.fix_missing_locations(node)

    return change


def _name(operator: object) -> str:
    kind = operator if isinstance(operator, type) else type(operator)
    return kind.__name__


def _text(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 70 else f"{text[:67]}..."
