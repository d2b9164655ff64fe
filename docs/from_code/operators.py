"""Operators of a network: their fields in our TOML and where they run."""

from __future__ import annotations

from docs.from_code.markdown import code, page, table
from workloads.network import ARRAY_OPERATORS, FREE_OPERATORS, OPERATORS
from workloads.operators import FIELDS

INTRODUCTION = """Every operator that a network may have. *On arrays*: its weights sit on crossbars. *Vector unit*: digital work, counted
by element. *Free*: it moves data only. What the fields mean is under [files](file_fields.md); which ONNX operators become which is under
[networks](../networks.md)."""


def operators_page() -> str:
    """One row an operator."""
    rows = ((code(name), _home(name), ", ".join(map(code, FIELDS[name]))) for name in OPERATORS)
    return page(
        "Operators", INTRODUCTION, table(("operator", "runs", "fields in a TOML file"), rows)
    )


def _home(name: str) -> str:
    if name in ARRAY_OPERATORS:
        return "on arrays"
    return "free" if name in FREE_OPERATORS else "vector unit"
