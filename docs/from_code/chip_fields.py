"""Every field of a chip file, with what it moves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from archsim.chip.component_settings import ComponentSettings
from archsim.chip.config import Architecture
from archsim.chip.core_kinds import KindSettings
from archsim.chip.roles import OPTIONAL, ROLES
from docs.from_code.markdown import anchor, code, docstring, page, prose, table
from docs.from_code.settings import FieldRow, field_rows

MOVES = Path(__file__).with_name("moves.json")
HEADS = ("field", "unit", "default", "allowed", "meaning", "moves")
INTRODUCTION = """A chip is one TOML file ([how to write one](../learn/my_chip.md)); `--set FIELD=VALUE` changes any field of one.

*Moves* is measured, not claimed: the field was driven off its default in thirteen kinds of run (counted and timed,
inference and training, real data, in passes, pipelined) and in the settings of trainings, and what came out was compared.
*Values* are real data that pass through the arrays, *training* is what a training computes with, and a *limit* holds a
run back only where it comes to that. Where it stands empty, the field names something, or acts where those runs do not go.

A setting that a run does not read is listed in the `unused` of its result."""


def chip_page() -> str:
    """One table a section of the file, and one of a component."""
    moves = json.loads(MOVES.read_text(encoding="utf-8"))
    sections: dict[str, list[FieldRow]] = {}
    for row in field_rows(Architecture):
        section = row.path.rpartition(".")[0]
        sections.setdefault(section, []).append(row)
    return page(
        "Fields of a chip",
        INTRODUCTION,
        *(_section(name, rows, moves) for name, rows in sections.items()),
        _table_of(
            "core.kinds.NAME",
            "chip-core-kinds",
            docstring(KindSettings),
            field_rows(KindSettings, "core.kinds.NAME."),
        ),
        _table_of(
            "components.ROLE",
            "chip-components",
            docstring(ComponentSettings),
            field_rows(ComponentSettings),
        ),
        _roles(),
    )


def _section(name: str, rows: list[FieldRow], moves: dict[str, list[str]]) -> str:
    title = f"`[{name}]`" if name else "At the top"
    target = anchor(f"chip-{name}") if name else anchor("chip-top")
    about = docstring(Architecture.model_fields[name].annotation) if name else ""
    body = table(HEADS, ((*cells(row), ", ".join(moves.get(row.path, []))) for row in rows))
    return f"{target}## {title}\n\n{about}\n\n{body}"


def cells(row: FieldRow) -> tuple[str, ...]:
    """The cells of one field, without what it moves."""
    return code(row.path), row.unit, row.default, row.allowed, prose(row.meaning)


def _table_of(section: str, target: str, about: str, rows: Iterable[FieldRow]) -> str:
    """A table of the file that the user names: one row a field, of which nothing was measured."""
    body = table(HEADS[:-1], [cells(row) for row in rows])
    return f"({target})=\n## `[{section}]`\n\n{about}\n\n{body}"


def _roles() -> str:
    rows = ((code(role), "yes" if role in OPTIONAL else "") for role in ROLES)
    return "## Roles\n\n" + table(("role", "a chip may be without it (`absent`)"), rows)
