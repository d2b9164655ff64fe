"""What a space file says of the walk: how points are chosen, and the rungs that they climb."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from archsim.exploration.space.axes import Axis
from archsim.exploration.space.entries import (
    Entry,
    read_count,
    read_table,
    read_texts,
    refuse_unknown,
)
from archsim.exploration.space.space import RUNGS, SAMPLERS, Rung, Sampler, need
from hwlib.errors import InputError, nearest

_TRAINING_OPTIONS = {"data": str, "epochs": int, "images": int, "test_images": int, "seed": int}
# A point takes 8 bytes an axis and a metric in memory, the Latin hypercube 8 an axis more before
# its first one.
_MOST_POINTS = 10_000_000
_MOST_NUMBERS = 100_000_000
_SAMPLER_FIELDS = ("kind", "points", "seed", "population")


def read_sampler(value: object, where: str, axes: Sequence[Axis]) -> Sampler:
    """How points are chosen. Raises InputError where they are too many, or their number is missing."""
    entry = read_table(value, where)
    refuse_unknown(entry, _SAMPLER_FIELDS, f"{where}.")
    kind = entry.get("kind", "grid")
    need(
        kind in SAMPLERS,
        "unknown sampler",
        where=f"{where}.kind",
        got=kind,
        allowed=SAMPLERS,
        hint=nearest(str(kind), SAMPLERS),
    )
    points = read_count(entry, "points", where, 1, _MOST_POINTS)
    if kind == "grid":
        _check_grid(points, where, axes)
    else:
        _check_draws(points, where, len(axes))
    seed = read_count(entry, "seed", where, 0, 2**63 - 1)
    population = read_count(entry, "population", where, 4, 10_000)
    default = Sampler()
    return Sampler(
        kind,
        points,
        default.seed if seed is None else seed,
        default.population if population is None else population,
    )


def _check_grid(points: int | None, where: str, axes: Sequence[Axis]) -> None:
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


def _check_draws(points: int | None, where: str, axes: int) -> None:
    if points is None:
        raise InputError("how many points to draw is missing", where=f"{where}.points")
    most = _MOST_NUMBERS // axes
    need(
        points <= most,
        "too many points for so many axes",
        where=f"{where}.points",
        got=points,
        allowed=f"up to {most}",
    )


def read_rungs(value: object, where: str, axes: set[str]) -> tuple[Rung, ...]:
    """The rungs of the ladder, from cheap to dear."""
    if not isinstance(value, list) or not value:
        raise InputError(
            "not a list of rungs", where=where, got=value, hint="write [[rungs]] for each"
        )
    rungs: list[Rung] = []
    for index, item in enumerate(value):
        here = f"{where}[{index}]"
        rungs.append(_read_rung(read_table(item, here), here, axes, rungs))
    return tuple(rungs)


def _read_rung(entry: Entry, where: str, axes: set[str], below: Sequence[Rung]) -> Rung:
    kind = str(entry.get("kind"))
    need(
        entry.get("kind") in RUNGS,
        "unknown rung",
        where=f"{where}.kind",
        got=entry.get("kind"),
        allowed=RUNGS,
        hint=nearest(kind, RUNGS),
    )
    each_field = ("each",) if below else ()
    options_fields = tuple(_TRAINING_OPTIONS) if kind == "training" else ()
    refuse_unknown(entry, ("kind", "points", *each_field, *options_fields), f"{where}.")
    if below:
        order = RUNGS.index(kind) - RUNGS.index(below[-1].kind)
        need(
            # Trainings may follow each other: a short one first, a long one for the best.
            order > 0 or (order == 0 and kind == "training"),
            "rungs go from cheap to dear, each once",
            where=f"{where}.kind",
            got=kind,
            allowed=RUNGS,
        )
    points = read_count(entry, "points", where, 1, _MOST_POINTS)
    each = read_texts(entry.get("each", []), f"{where}.each")
    for path in each:
        need(
            path in axes,
            "no axis of this space",
            where=f"{where}.each",
            got=path,
            allowed=sorted(axes),
            hint=nearest(path, axes),
        )
    need(not each or points is not None, "how many of each is missing", where=f"{where}.points")
    return Rung(kind, points, each, _training_options(entry, where))


def _training_options(entry: Entry, where: str) -> tuple[tuple[str, Any], ...]:
    """What a rung says of its training, each option of its type and none empty."""
    options = tuple((key, entry[key]) for key in _TRAINING_OPTIONS if key in entry)
    for key, value in options:
        of_type = isinstance(value, _TRAINING_OPTIONS[key]) and not isinstance(value, bool)
        empty = value in (0, "")
        need(
            (of_type and not empty) or (key == "seed" and value == 0),
            "not an option of training",
            where=f"{where}.{key}",
            got=value,
        )
    return options
