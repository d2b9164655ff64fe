"""Reading SPACE.toml: every field checked, with the file, the field path and the nearest name in
the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archsim.exploration.space.entries import read_text, read_texts, refuse_unknown
from archsim.exploration.space.fields import WORDS
from archsim.exploration.space.read_axes import (
    read_axes,
    read_derived,
    read_expressions,
    read_fixed,
    read_objectives,
    read_settings,
)
from archsim.exploration.space.read_ladder import read_rungs, read_sampler
from archsim.exploration.space.space import Space, chip_defaults, need
from archsim.exploration.work.metrics import check_metric
from archsim.readers.versions import migrated
from hwlib.errors import InputError

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
_MOST_ENTRIES = 500


def load_space(source: str | Path | Mapping[str, Any] | Space) -> Space:
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


def read_space(given: Mapping[str, Any], where: str, name: str = "space") -> Space:
    """A space from parsed TOML. Raises InputError with the field path."""
    _check_fields(given, where)
    need("schema" in given, "a space file starts with schema = 1", where=f"{where}: schema")
    content = migrated("space", given, f"{where}: ")
    fixed = read_fixed(content, where)
    axes = read_axes(content.get("axes", {}), f"{where}: axes")
    names = {axis.path for axis in axes}
    for path in names & set(read_settings(content, where)):
        raise InputError("both fixed in settings and an axis", where=f"{where}: axes.{path}")
    derived = read_derived(content.get("derived", {}), f"{where}: derived", names)
    known = {*fixed, *names, *(path for path, _ in derived)}
    space = Space(
        read_text(content, "name", where, name),
        read_text(content, "title", where, ""),
        fixed,
        axes,
        derived,
        read_expressions(content.get("conditions", []), f"{where}: conditions"),
        read_expressions(content.get("constraints", []), f"{where}: constraints"),
        read_objectives(content.get("objectives", {}), f"{where}: objectives"),
        read_texts(content.get("record", []), f"{where}: record"),
        read_sampler(content.get("sampler", {}), f"{where}: sampler", axes),
        read_rungs(content.get("rungs", [{"kind": "price"}]), f"{where}: rungs", names),
        dict(content),
    )
    # Before the names: what a name may be is what the chips have.
    _check_chips(space, where)
    _check_names(space, known, where)
    if any(rung.kind == "training" for rung in space.rungs):
        need(
            fixed["phase"] == "training",
            'a rung that trains needs phase = "training"',
            where=f"{where}: phase",
            got=fixed["phase"],
        )
    _check_values(space, where)
    _check_acting(space, where)
    return space


def _check_fields(content: Mapping[str, Any], where: str) -> None:
    """Every field of the file known, none too long."""
    for key, value in content.items():
        size = len(value) if isinstance(value, Mapping | list | tuple) else 0
        need(
            size <= _MOST_ENTRIES,
            "too many entries",
            where=f"{where}: {key}",
            got=size,
            allowed=f"up to {_MOST_ENTRIES}",
        )
        refuse_unknown((key,), FIELDS, f"{where}: ")


def _check_chips(space: Space, where: str) -> None:
    """The chips by themselves, and first: names of fields and values are held to what they have."""
    from archsim.exploration.space.single_values import check_value

    for axis in space.axes:
        for chip in axis.values if axis.path == "architecture" else ():
            check_value(space, axis.path, chip, f"{where}: axes.{axis.path}")
    check_value(space, "architecture", space.fixed["architecture"], f"{where}: architecture")


def _check_names(space: Space, known: set[str], where: str) -> None:
    """Every name in an expression is an axis, a setting, a field of one of the chips or, in a
    constraint, a number of the result.
    """
    chips = next(
        (axis.values for axis in space.axes if axis.path == "architecture"),
        (space.fixed["architecture"],),
    )
    fields = known.union(*(chip_defaults(chip) for chip in chips))
    for path, expression in space.derived:
        expression.check_names(fields - {path}, "axis or field of the chip")
    for condition in space.conditions:
        condition.check_names(fields, "axis or field of the chip")
    for constraint in space.constraints:
        for path in constraint.names:
            if path not in known:
                check_metric(path, constraint.where, constraint.text)
    for path in space.record:
        check_metric(path, f"{where}: record", path)


def _check_values(space: Space, where: str) -> None:
    """Each value of each axis alone on the base chip: a wrong type is a fault of the file, not of
    every point.
    """
    from archsim.exploration.space.idle_axes import check_moves
    from archsim.exploration.space.single_values import check_data, check_value

    for axis in space.axes:
        check_moves(space, axis.path, f"{where}: axes.{axis.path}")
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


def _check_acting(space: Space, where: str) -> None:
    """An axis of the training, or of a chip's field that moves the accuracy alone, is read by a rung
    that trains, or by a field derived from it, or else finds nothing.
    """
    from archsim.chip.replicas import chip_settings
    from archsim.exploration.space.idle_axes import moves_accuracy_alone

    if any(rung.kind == "training" for rung in space.rungs):
        return
    read = {name for _, expression in space.derived for name in expression.names}
    for axis in space.axes:
        path = axis.path
        of_training = path.startswith("training.") and chip_settings(path, None) is None
        idle = of_training or moves_accuracy_alone(space, path)
        need(
            not idle or path in read,
            "nothing reads this parameter, so a sweep over it finds nothing",
            where=f"{where}: axes.{path}",
            got=path,
            hint='no rung of this sweep trains: add one of kind = "training"',
        )
