"""Reading SPACE.toml: every field checked, with the file, the field path and the nearest name in
the message.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archsim.exploration.space.axes import RANGE_FIELDS, Axis, read_axis
from archsim.exploration.space.fields import WORDS, check_field
from archsim.exploration.space.space import (
    RUNGS,
    SAMPLERS,
    Objective,
    Rung,
    Sampler,
    Space,
    chip_defaults,
    need,
)
from archsim.exploration.work.metrics import check_metric, known_metrics
from archsim.readers.versions import migrated
from hwlib.errors import InputError, nearest
from hwlib.expressions import Expression

FIELDS = (
    "schema",
    "name",
    "title",
    *WORDS,
    "settings",
    "axes",
    "derived",
    "conditions",
    "constraints",
    "objectives",
    "record",
    "sampler",
    "rungs",
)
_DIRECTIONS = {"minimise": 1, "minimize": 1, "maximise": -1, "maximize": -1}
_TRAINING_OPTIONS = {"data": str, "epochs": int, "images": int, "test_images": int, "seed": int}
# A point takes 8 bytes an axis and a metric in memory, the Latin hypercube 8 an axis more before
# its first one.
_MOST_POINTS, _MOST_NUMBERS = 10_000_000, 100_000_000
_MOST_AXES, _MOST_ENTRIES = 64, 500


def load_space(source: str | Path | Mapping | Space) -> Space:
    """A space from a TOML file, from its parsed content, or as it is. Raises InputError for the
    first fault.
    """
    if isinstance(source, Space):
        return source
    if isinstance(source, Mapping):
        return read_space(source, "space")
    from archsim.chip.load import read_toml

    path = Path(source)
    need(
        path.exists(),
        "no such space file",
        where=str(path),
        hint="a space is a TOML file, see docs/explore.md",
    )
    return read_space(read_toml(path), str(path), path.stem)


def read_space(content: Mapping, where: str, name: str = "space") -> Space:
    """A space from parsed TOML. Raises InputError with the field path."""
    need("schema" in content, "a space file starts with schema = 1", where=f"{where}: schema")
    content = migrated("space", content, f"{where}: ")
    for key, value in content.items():
        size = len(value) if isinstance(value, Mapping | list | tuple) else 0
        need(
            size <= _MOST_ENTRIES,
            "too many entries",
            where=f"{where}: {key}",
            got=size,
            allowed=f"up to {_MOST_ENTRIES}",
        )
        need(
            key in FIELDS,
            "unknown field",
            where=f"{where}: {key}",
            allowed=FIELDS,
            hint=nearest(key, FIELDS),
        )
    fixed = _fixed(content, where)
    axes = _axes(content.get("axes", {}), f"{where}: axes")
    names = {axis.path for axis in axes}
    for path in names & set(_settings(content, where)):
        raise InputError("both fixed in settings and an axis", where=f"{where}: axes.{path}")
    derived = _derived(content.get("derived", {}), f"{where}: derived", names)
    known = {*fixed, *names, *(path for path, _ in derived)}
    chips = next(
        (axis.values for axis in axes if axis.path == "architecture"), (fixed["architecture"],)
    )
    fields = known.union(*(chip_defaults(chip) for chip in chips))
    for path, expression in derived:
        expression.check_names(fields - {path}, "axis or field of the chip")
    conditions = _expressions(content.get("conditions", []), f"{where}: conditions")
    for condition in conditions:
        condition.check_names(fields, "axis or field of the chip")
    constraints = _expressions(content.get("constraints", []), f"{where}: constraints")
    for constraint in constraints:
        for path in constraint.names:
            if path not in known:
                check_metric(path, constraint.where, constraint.text)
    objectives = _objectives(content.get("objectives", {}), f"{where}: objectives")
    record = _texts(content.get("record", []), f"{where}: record")
    for path in record:
        check_metric(path, f"{where}: record", path)
    space = Space(
        _text(content, "name", where, name),
        _text(content, "title", where, ""),
        fixed,
        axes,
        derived,
        conditions,
        constraints,
        objectives,
        record,
        _sampler(content.get("sampler", {}), f"{where}: sampler", axes),
        _rungs(content.get("rungs", [{"kind": "price"}]), f"{where}: rungs", names),
        dict(content),
    )
    if any(rung.kind == "training" for rung in space.rungs):
        need(
            fixed["phase"] == "training",
            'a rung that trains needs phase = "training"',
            where=f"{where}: phase",
            got=fixed["phase"],
        )
    _check_values(space, where)
    return space


def _text(content: Mapping, key: str, where: str, default: str) -> str:
    value = content.get(key, default)
    need(
        isinstance(value, str) and len(value) <= 200,
        "not a text of up to 200 characters",
        where=f"{where}: {key}",
        got=value,
    )
    return value


def _table(value: object, where: str) -> Mapping:
    need(isinstance(value, Mapping), "not a table", where=where, got=value)
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    good = isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
    need(good, "not a list of texts", where=where, got=value)
    return tuple(value)


def _leaves(table: Mapping, path: str = "") -> dict[str, Any]:
    """Entries by dotted path, whether they were written `"tile.rows"` or `tile.rows`; a table that
    is a range is an entry.
    """
    found = {}
    for key, value in table.items():
        here = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping) and not (set(value) & set(RANGE_FIELDS)):
            found.update(_leaves(value, here))
        else:
            found[here] = value
    return found


def _settings(content: Mapping, where: str) -> dict[str, Any]:
    return _leaves(_table(content.get("settings", {}), f"{where}: settings"))


def _fixed(content: Mapping, where: str) -> dict[str, Any]:
    fixed: dict[str, Any] = {
        "network": "rpu_cnn",
        "architecture": "cim40",
        "scheme": None,
        "device": None,
        "phase": "inference",
        "batch": 1,
        "images": None,
    }
    for word in WORDS:
        if word in content:
            kind = int if word in ("batch", "images") else str
            good = isinstance(content[word], kind) and not isinstance(content[word], bool)
            need(
                good,
                "not a whole number" if kind is int else "not a name or a path",
                where=f"{where}: {word}",
                got=content[word],
            )
            fixed[word] = content[word]
    for path, value in _settings(content, where).items():
        check_field(path, f"{where}: settings.{path}")
        fixed[path] = value
    return fixed


def _axes(table: object, where: str) -> tuple[Axis, ...]:
    entries = _leaves(_table(table, where))
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


def _derived(table: object, where: str, axes: set[str]) -> tuple[tuple[str, Expression], ...]:
    found = []
    for path, text in _leaves(_table(table, where)).items():
        check_field(path, f"{where}.{path}")
        need(path not in axes, "both derived and an axis", where=f"{where}.{path}")
        found.append((path, Expression(text, f"{where}.{path}")))
    return tuple(found)


def _expressions(texts: object, where: str) -> tuple[Expression, ...]:
    return tuple(
        Expression(text, f"{where}[{index}]") for index, text in enumerate(_texts(texts, where))
    )


def _objectives(table: object, where: str) -> tuple[Objective, ...]:
    found = []
    for path, word in _leaves(_table(table, where)).items():
        check_metric(path, f"{where}.{path}", path)
        need(
            isinstance(word, str) and word in _DIRECTIONS,
            "an objective is minimised or maximised",
            where=f"{where}.{path}",
            got=word,
            allowed=("minimise", "maximise"),
            hint=nearest(str(word), _DIRECTIONS),
        )
        found.append(Objective(path, _DIRECTIONS[word]))
    need(
        bool(found),
        "a space needs at least one objective",
        where=where,
        allowed=known_metrics(),
        hint='for example area_mm2 = "minimise"',
    )
    return tuple(found)


def _whole(
    entry: Mapping, key: str, where: str, default: int | None, low: int, high: int
) -> int | None:
    value = entry.get(key, default)
    if value is None:
        return None
    good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    need(
        good,
        "not a whole number of the range",
        where=f"{where}.{key}",
        got=value,
        allowed=f"{low} to {high}",
    )
    return value


def _sampler(entry: object, where: str, axes: tuple[Axis, ...]) -> Sampler:
    entry = _table(entry, where)
    for key in entry:
        need(
            key in ("kind", "points", "seed", "population"),
            "unknown field",
            where=f"{where}.{key}",
            allowed=("kind", "points", "seed", "population"),
            hint=nearest(key, ("kind", "points", "seed", "population")),
        )
    kind = entry.get("kind", "grid")
    need(
        kind in SAMPLERS,
        "unknown sampler",
        where=f"{where}.kind",
        got=kind,
        allowed=SAMPLERS,
        hint=nearest(str(kind), SAMPLERS),
    )
    points = _whole(entry, "points", where, None, 1, _MOST_POINTS)
    if kind == "grid":
        need(
            points is None,
            "a grid has all its points",
            where=f"{where}.points",
            got=points,
            hint="choose random, latin_hypercube or sobol",
        )
        size = math.prod(len(axis.values) for axis in axes)
        need(
            size <= _MOST_POINTS,
            "too many points",
            where=where,
            got=size,
            allowed=f"up to {_MOST_POINTS}",
            hint="fewer steps, or another sampler: random, latin_hypercube or sobol",
        )
        for axis in axes:
            need(
                bool(axis.values),
                "a grid needs steps on every axis",
                where=f"{where.split(': ')[0]}: axes.{axis.path}",
                hint="give the range a step, a factor or a count",
            )
    else:
        need(points is not None, "how many points to draw is missing", where=f"{where}.points")
        most = _MOST_NUMBERS // len(axes)
        need(
            points <= most,
            "too many points for so many axes",
            where=f"{where}.points",
            got=points,
            allowed=f"up to {most}",
        )
    return Sampler(
        kind,
        points,
        _whole(entry, "seed", where, 0, 0, 2**63 - 1),
        _whole(entry, "population", where, 50, 4, 10_000),
    )


def _rungs(entries: object, where: str, axes: set[str]) -> tuple[Rung, ...]:
    need(
        isinstance(entries, list) and bool(entries),
        "not a list of rungs",
        where=where,
        got=entries,
        hint="write [[rungs]] for each",
    )
    found: list[Rung] = []
    for index, entry in enumerate(entries):
        here = f"{where}[{index}]"
        kind = _table(entry, here).get("kind")
        need(
            kind in RUNGS,
            "unknown rung",
            where=f"{here}.kind",
            got=kind,
            allowed=RUNGS,
            hint=nearest(str(kind), RUNGS),
        )
        allowed = (
            "kind",
            "points",
            *(("each",) if found else ()),
            *(_TRAINING_OPTIONS if kind == "training" else ()),
        )
        for key in entry:
            need(
                key in allowed,
                "unknown field",
                where=f"{here}.{key}",
                allowed=allowed,
                hint=nearest(key, allowed),
            )
        if found:
            order = RUNGS.index(kind) - RUNGS.index(found[-1].kind)
            need(
                order > 0 or (order == 0 and kind == "training"),
                "rungs go from cheap to dear, each once",
                where=f"{here}.kind",
                got=kind,
                allowed=RUNGS,
            )
        points = _whole(entry, "points", here, None, 1, _MOST_POINTS)
        options = tuple((key, entry[key]) for key in _TRAINING_OPTIONS if key in entry)
        for key, value in options:
            good = (
                isinstance(value, _TRAINING_OPTIONS[key])
                and not isinstance(value, bool)
                and value not in (0, "")
            )
            need(
                good or (key == "seed" and value == 0),
                "not an option of training",
                where=f"{here}.{key}",
                got=value,
            )
        each = _texts(entry.get("each", []), f"{here}.each")
        for path in each:
            need(
                path in axes,
                "no axis of this space",
                where=f"{here}.each",
                got=path,
                allowed=sorted(axes),
                hint=nearest(path, axes),
            )
        need(not each or points is not None, "how many of each is missing", where=f"{here}.points")
        found.append(Rung(kind, points, each, options))
    return tuple(found)


def _check_values(space: Space, where: str) -> None:
    """Each value of each axis alone on the base chip: a wrong type is a fault of the file, not of
    every point.
    """
    from archsim.exploration.space.design import check_data, check_value

    for axis in space.axes:
        # a range ends where it ends; of names and words each may be wrong by itself
        values = (
            axis.values
            if len(axis.values) <= 64 or not axis.numeric
            else (axis.values[0], axis.values[-1])
        )
        for value in values or (axis.low, axis.high):
            check_value(space, axis.path, value, f"{where}: axes.{axis.path}")
    for path, value in space.fixed.items():
        if path not in WORDS:
            check_value(space, path, value, f"{where}: settings.{path}")
        elif value is not None:
            check_value(space, path, value, f"{where}: {path}")
    for index, rung in enumerate(space.rungs):
        if "data" in dict(rung.options):
            check_data(dict(rung.options)["data"], f"{where}: rungs[{index}].data")
