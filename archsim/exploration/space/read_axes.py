"""What a space file says of its points: fixed words and settings, axes, derived settings,
conditions, objectives.
"""

from __future__ import annotations

from typing import Any

from archsim.chip.standard import STANDARD_CHIP
from archsim.exploration.space.axes import Axis, read_axis
from archsim.exploration.space.entries import Entry, leaves, read_table, read_texts
from archsim.exploration.space.fields import WORDS, check_field
from archsim.exploration.space.space import Objective, need
from archsim.exploration.work.metrics import check_metric, known_metrics
from hwlib.errors import nearest
from hwlib.expressions import Expression

_DIRECTIONS = {"minimise": 1, "minimize": 1, "maximise": -1, "maximize": -1}
_MOST_AXES = 64


def read_settings(content: Entry, where: str) -> dict[str, Any]:
    """Settings that do not vary, by dotted path."""
    return leaves(read_table(content.get("settings", {}), f"{where}: settings"))


def read_fixed(content: Entry, where: str) -> dict[str, Any]:
    """Words and settings that do not vary; words that the file leaves out have their defaults."""
    fixed: dict[str, Any] = {
        "network": "rpu_cnn",
        "architecture": STANDARD_CHIP,
        "scheme": None,
        "device": None,
        "phase": "inference",
        "batch": 1,
        "images": None,
    }
    for word in WORDS:
        if word in content:
            # A phase or a name that is none is told by `check_value`, once the whole file is read.
            kind = int if word in ("batch", "images") else str
            good = isinstance(content[word], kind) and not isinstance(content[word], bool)
            need(
                good,
                "not a whole number" if kind is int else "not a name or a path",
                where=f"{where}: {word}",
                got=content[word],
            )
            fixed[word] = content[word]
    for path, value in read_settings(content, where).items():
        check_field(path, f"{where}: settings.{path}")
        fixed[path] = value
    return fixed


def read_axes(table: object, where: str) -> tuple[Axis, ...]:
    """What varies."""
    entries = leaves(read_table(table, where))
    need(
        bool(entries),
        "a space needs at least one axis",
        where=where,
        hint='for example "tile.rows" = [64, 128, 256]',
    )
    need(
        len(entries) <= _MOST_AXES,
        "too many axes",
        where=where,
        got=len(entries),
        allowed=f"up to {_MOST_AXES}",
    )
    axes = []
    for path, entry in entries.items():
        check_field(path, f"{where}.{path}")
        axes.append(read_axis(path, entry, f"{where}.{path}"))
    return tuple(axes)


def read_derived(table: object, where: str, axes: set[str]) -> tuple[tuple[str, Expression], ...]:
    """Settings that follow from others, each an expression."""
    derived = []
    for path, text in leaves(read_table(table, where)).items():
        check_field(path, f"{where}.{path}")
        need(path not in axes, "both derived and an axis", where=f"{where}.{path}")
        derived.append((path, Expression(text, f"{where}.{path}")))
    return tuple(derived)


def read_expressions(texts: object, where: str) -> tuple[Expression, ...]:
    """Conditions or constraints."""
    return tuple(
        Expression(text, f"{where}[{index}]") for index, text in enumerate(read_texts(texts, where))
    )


def read_objectives(table: object, where: str) -> tuple[Objective, ...]:
    """What is made small or large."""
    objectives = []
    for path, word in leaves(read_table(table, where)).items():
        check_metric(path, f"{where}.{path}", path)
        need(
            isinstance(word, str) and word in _DIRECTIONS,
            "an objective is minimised or maximised",
            where=f"{where}.{path}",
            got=word,
            allowed=("minimise", "maximise"),
            hint=nearest(str(word), _DIRECTIONS),
        )
        objectives.append(Objective(path, _DIRECTIONS[word]))
    need(
        bool(objectives),
        "a space needs at least one objective",
        where=where,
        allowed=known_metrics(),
        hint='for example area_mm2 = "minimise"',
    )
    return tuple(objectives)
