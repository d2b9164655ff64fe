"""Small expressions over names: conditions and constraints of a space, laws of a part. Parsed,
checked, never executed as code.

Allowed: numbers, texts, lists, dotted names (`tile.rows`), + - * / // % **, comparisons, `in`, and,
or, not, `a if c else b`, and the functions abs, ceil, floor, log2, log10, max, min, round, sqrt.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hwlib.errors import InputError, nearest

MAX_LENGTH = 1000
# Whole numbers have no bound in Python: 9**9**9 would run for hours.
_MAX_POWER = 64
# What a name stands for and an expression gives is a number, a text, or a list of them; a type
# checker cannot know which, so every operation below checks what it is handed.
Names = Mapping[str, Any]
Evaluation = Callable[[Names], Any]

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "log2": math.log2,
    "log10": math.log10,
    "max": max,
    "min": min,
    "round": lambda value, *digits: round(value, *map(_few_digits, digits)),
    "sqrt": math.sqrt,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
_SIGNS: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}


class Expression:
    """One parsed expression: call it with a mapping of the values of its names.

    Args:
        text: the expression; `names` are afterwards the dotted names that it reads.
        where: file and field that an error names.

    Raises:
        InputError: when made, for anything outside the language; when called, where it cannot be
            worked out (a division by zero, a text compared with a number).
    """

    def __init__(self, text: object, where: str):
        self.where = where
        if not isinstance(text, str) or len(text) > MAX_LENGTH:
            raise InputError(
                "not an expression",
                where=where,
                got=text,
                allowed=f"a text of up to {MAX_LENGTH} characters",
            )
        self.text: str = text
        try:
            # Parsed by Python, run by us: only nodes that `_build` lists become functions.
            tree = ast.parse(text.strip(), mode="eval")
            # A dict for a set in order of appearance: errors name the first name that is wrong.
            names: dict[str, None] = {}
            self._value = _build(tree.body, names, where, text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            if isinstance(error, InputError):
                raise
            reason = error.msg if isinstance(error, SyntaxError) else "too deep or not a text"
            raise InputError(f"not an expression ({reason})", where=where, got=text) from None
        self.names = tuple(names)

    def __call__(self, values: Names) -> Any:
        try:
            return self._value(values)
        except (ArithmeticError, TypeError, ValueError, KeyError, RecursionError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"cannot be worked out ({error})", where=self.where, got=self.text
            ) from None

    def check_names(self, known: Iterable[str], what: str) -> None:
        """Raises InputError with the nearest name where the expression reads a name that is not
        known.
        """
        known = set(known)
        for name in self.names:
            if name not in known:
                raise InputError(
                    f"'{name}' is no {what}",
                    where=self.where,
                    got=self.text,
                    hint=nearest(name, known),
                )

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __reduce__(self) -> tuple[type[Expression], tuple[str, str]]:
        # Workers get expressions of a space; the closures that hold their meaning cannot be sent.
        return Expression, (self.text, self.where)


def _dotted(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = _dotted(node.value)
        return f"{head}.{node.attr}" if head else None
    return None


def _build(node: ast.AST, names: dict[str, None], where: str, text: str) -> Evaluation:
    """A function of the names for a node; every kind of node that is not listed here is refused."""

    def below(item: ast.AST) -> Evaluation:
        return _build(item, names, where, text)

    name = _dotted(node)
    if name is not None:
        names[name] = None
        return lambda values: values[name]
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str):
        value = node.value
        return lambda values: value
    if isinstance(node, ast.List | ast.Tuple):
        items = [below(item) for item in node.elts]
        return lambda values: [item(values) for item in items]
    if isinstance(node, ast.UnaryOp) and type(node.op) in _SIGNS:
        sign = _SIGNS[type(node.op)]
        inner = below(node.operand)
        return lambda values: sign(inner(values))
    if isinstance(node, ast.BinOp) and (
        type(node.op) in _ARITHMETIC or isinstance(node.op, ast.Pow)
    ):
        act = _power if isinstance(node.op, ast.Pow) else _ARITHMETIC[type(node.op)]
        left, right = below(node.left), below(node.right)
        return lambda values: act(_number(left(values)), _number(right(values)))
    if isinstance(node, ast.BoolOp):
        parts = [below(item) for item in node.values]
        combine = all if isinstance(node.op, ast.And) else any
        # A generator: `a and b` does not ask b where a is false, which guards conditions like `x >
        # 0 and 1 / x > 2`.
        return lambda values: combine(part(values) for part in parts)
    if isinstance(node, ast.Compare) and all(type(op) in _COMPARISONS for op in node.ops):
        acts = [_COMPARISONS[type(op)] for op in node.ops]
        terms = [below(item) for item in (node.left, *node.comparators)]
        return lambda values: _chain(acts, [term(values) for term in terms])
    if isinstance(node, ast.IfExp):
        test = below(node.test)
        yes = below(node.body)
        no = below(node.orelse)
        return lambda values: yes(values) if test(values) else no(values)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in FUNCTIONS
        and not node.keywords
    ):
        function = FUNCTIONS[node.func.id]
        arguments = [below(item) for item in node.args]
        return lambda values: function(*(_number(argument(values)) for argument in arguments))
    # A call without its arguments: they may be the whole text.
    refused = f"{ast.unparse(node.func)}(…)" if isinstance(node, ast.Call) else ast.unparse(node)
    raise InputError(
        f"'{refused[:60]}' is not allowed in an expression",
        where=where,
        got=text,
        allowed="numbers, texts, names, + - * / // % **, comparisons, and, or, not, if else, "
        f"{', '.join(FUNCTIONS)}",
    )


def _chain(acts: list[Callable[[Any, Any], Any]], terms: list[Any]) -> bool:
    return all(act(terms[i], terms[i + 1]) for i, act in enumerate(acts))


def _number(value: Any) -> Any:
    # 'a' * 10**9 would fill the memory: arithmetic is for numbers
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return value


def _few_digits(digits: int) -> int:
    # round(5, -10**9) would write out ten to the thousand millionth
    if abs(digits) > 300:
        raise ArithmeticError("too many digits")
    return digits


def _power(base: float, exponent: float) -> Any:
    if abs(exponent) > _MAX_POWER or abs(base) > 1e12:
        raise ArithmeticError("power too large")
    power = base**exponent
    if isinstance(power, complex):
        raise ArithmeticError("root of a negative number")
    return power
