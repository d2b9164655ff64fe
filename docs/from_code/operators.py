"""Operators of a network: what each computes, where it runs, its fields, its names in ONNX."""

from __future__ import annotations

from archsim.operators.base import ARRAY, FREE, VECTOR, Operator
from archsim.operators.vocabulary import FUNCTIONS, OPERATORS
from docs.from_code.markdown import code, docstring, page, table

INTRODUCTION = """Every operator that a network may have. What the fields mean is under [files](file_fields.md); what importers
make of a file is under [networks](../networks.md); [your own](../learn/my_operator.md) is one file.

An operator *trains* where it has a training kernel, or needs none; a network
with another one is priced as a training step, without accuracy."""
TITLES = {
    ARRAY: "On arrays: weights sit on crossbars",
    VECTOR: "In the vector unit: digital work, counted by element",
    FREE: "Free: data only move",
}
HEADS = ("operator", "computes", "fields in a TOML file", "from ONNX", "trains")


def operators_page() -> str:
    """One table a kind, and one of the functions that are counted as another operator."""
    kinds = (f"## {title}\n\n{_table(kind)}" for kind, title in TITLES.items())
    return page("Operators", INTRODUCTION, *kinds, _counted_as_another())


def _table(kind: str) -> str:
    chosen = (FUNCTIONS[name] for name in OPERATORS if FUNCTIONS[name].kind == kind)
    return table(HEADS, map(_row, chosen))


def _row(operator: Operator) -> tuple[str, ...]:
    runs = "yes" if operator.kernels or operator.renames or operator.name == "input" else ""
    at_the_end = "at the end" if operator.in_loss else ""
    return (
        code(operator.name),
        docstring(type(operator)),
        ", ".join(map(code, operator.fields)),
        ", ".join(map(code, operator.onnx)),
        operator.trains or runs or at_the_end,
    )


def _counted_as_another() -> str:
    others = (item for item in FUNCTIONS.values() if item.counted_as)
    rows = (
        (
            code(item.name),
            docstring(type(item)),
            code(item.counted_as),
            ", ".join(map(code, item.onnx)),
        )
        for item in others
    )
    text = """Functions of ONNX files that compute what ONNX defines and whose work is counted as that of another operator. They are no
words of our TOML."""
    return f"## Counted as another\n\n{text}\n\n" + table(
        ("function", "computes", "counted as", "from ONNX"), rows
    )
