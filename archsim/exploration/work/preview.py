"""Before a sweep: every name of its space against the chips, networks and schemes it names, and one
design built.

A wrong name would otherwise give a column of dashes, and a space in which nothing can be built an
empty front.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from archsim.exploration.space.axes import Axis
from archsim.exploration.space.design import resolve
from archsim.exploration.space.samplers import points
from archsim.exploration.space.space import Space
from archsim.exploration.work.metrics import TRAINED, known_on
from archsim.exploration.work.pricing import built_of
from hwlib.errors import InputError, nearest

NAMED = ("network", "architecture", "scheme", "device", "phase")
_MOST_NAMES = 500  # combinations of names; of more, every name once
_TRIES = 200  # designs that are built to find one that can be

_COMPONENT = (
    "area_mm2",
    "energy_j",
    "dynamic_energy_j",
    "static_energy_j",
    "static_power_uw",
    "busy_fraction",
    "count",
)
_LAYER = ("cycles", "stall_cycles", "energy_j", "off_chip_energy_j", "tile_operations")
_PHASE = ("cycles", "energy_j", "off_chip_energy_j")
_STALLS = ("input", "output", "dependency", "instruction")
_BOUNDARY = {"macro": None, "chip": None, "system": None}


@dataclass
class _Words:
    """What a result of this space may name: components on and off the chip, (layer, phase) and
    phases.
    """

    components: set[str] = field(default_factory=set)
    off_chip: set[str] = field(default_factory=set)
    layers: set[tuple[str, str]] = field(default_factory=set)

    @property
    def phases(self) -> set[str]:
        return {phase for _, phase in self.layers}


def check_names(space: Space) -> list[str]:
    """Notes on objectives that no rung of the space gives.

    Raises InputError with the nearest name where an objective, a constraint or what is recorded
    names no number of any result of this space, and where none of the objectives is given by any
    rung.
    """
    paths = {o.path: "objectives" for o in space.objectives} | dict.fromkeys(space.record, "record")
    given = {*space.fixed, *space.paths, *(path for path, _ in space.derived)}
    paths |= {
        name: f"constraints: {test.text}"
        for test in space.constraints
        for name in test.names
        if name not in given
    }
    kinds = [rung.kind for rung in space.rungs]
    unknown = [
        o.path for o in space.objectives if not any(known_on(kind, o.path) for kind in kinds)
    ]
    if len(unknown) == len(space.objectives):
        wanted = "training" if unknown[0] in TRAINED else "timing"
        raise InputError(
            "no rung of this space gives this number",
            where=f"objectives.{unknown[0]}",
            got=", ".join(kinds),
            hint=f'add [[rungs]] kind = "{wanted}"',
        )
    named = {path: where for path, where in paths.items() if "." in path}
    if named:
        words = _words(space)
        for path, where in named.items():
            _check_path(path, where, words)
    return [
        f"the objective {path} is not known: no rung of this space gives it" for path in unknown
    ]


def build_one(space: Space) -> dict[str, Any]:
    """A design of the space that can be built. Raises InputError, with the reasons, where none of
    the first ones can.
    """
    reasons: dict[str, int] = {}
    tried = 0
    for point in itertools.islice(
        points(space) if space.sampler.kind != "nsga2" else _corners(space), _TRIES
    ):
        design = space.design(point)
        tried += 1
        try:
            built_of(design)
            return design
        except InputError as error:
            reasons[error.message] = reasons.get(error.message, 0) + 1
    if not tried:
        raise InputError(
            "no point meets the conditions",
            where=f"{space.name}: conditions",
            got=[c.text for c in space.conditions],
        )
    raise nothing_built(space, reasons, tried)


def nothing_built(space: Space, reasons: dict[str, int], tried: int) -> InputError:
    """The error for a space in which no design could be built, with the most frequent reason."""
    reason, times = max(reasons.items(), key=lambda item: item[1])
    share = "" if times == tried else f", as {times} of {tried} designs"
    return InputError(f"no design of this space can be built: {reason}{share}", where=space.name)


def _corners(space: Space) -> Iterator[tuple]:
    """Points that lie even on every axis, for a search that chooses its own."""
    for number in range(_TRIES):
        point = tuple(
            axis.at((number * share % 1000) / 1000)
            for axis, share in zip(space.axes, (7, 61, 139, 263, 379, 491, 613) * 9)
        )
        if space.allows(point):
            yield point


def _combinations(space: Space) -> Iterator[dict[str, Any]]:
    """Designs that hold every combination of the names that axes give, the other axes in their
    middle.
    """
    axes: list[Axis] = [axis for axis in space.axes if axis.path in NAMED]
    count = 1
    for axis in axes:
        count *= len(axis.values)
    chosen = (
        itertools.product(*(axis.values for axis in axes))
        if count <= _MOST_NAMES
        else (
            tuple(axis.values[number % len(axis.values)] for axis in axes)
            for number in range(max(len(axis.values) for axis in axes))
        )
    )
    for values in chosen:
        names = dict(zip((axis.path for axis in axes), values))
        yield space.design(tuple(names.get(axis.path, axis.at(0.5)) for axis in space.axes))


def _words(space: Space) -> _Words:
    """The names that results of the space may hold. A combination of names that does not fit adds
    none.
    """
    words = _Words()
    fault = None
    for design in _combinations(space):
        try:
            step = resolve(design)
        except InputError as error:
            fault = fault or error
            continue
        settings = {name: entry.boundary for name, entry in step.chip.components.items()}
        for role, entry in (step.rule.parts(step.chip) if step.rule else {}).items():
            settings.setdefault(role, entry.get("boundary", "macro"))
        words.off_chip |= {name for name, boundary in settings.items() if boundary == "system"}
        words.components |= {name for name, boundary in settings.items() if boundary != "system"}
        words.layers |= {
            (op.layer, op.phase) for op in step.trace.image_operations + step.trace.batch_operations
        }
    if not words.layers and fault:
        raise fault
    return words


def _check_path(path: str, where: str, words: _Words) -> None:
    """Raises InputError where a path leads to no number."""
    head, *rest = path.split(".")
    if head == "by_layer":  # a name may hold dots
        layer, phase, name = (path[len("by_layer.") :].rsplit(".", 2) + ["", ""])[:3]
        known = [f"by_layer.{one}.{other}" for one, other in sorted(words.layers)]
        _need(f"by_layer.{layer}.{phase}", known, where, path)
        _need(name, _LAYER, where, path)
        return
    first, fields = {
        "by_component": (words.components, _COMPONENT),
        "by_component_off_chip": (words.off_chip, _COMPONENT),
        "by_phase": (words.phases, _PHASE),
        "boundaries": (_BOUNDARY, ("area_mm2", "energy_j", "power_uw")),
        "stalls": (_STALLS, ()),
    }[head]
    _need(rest[0], sorted(first), where, path)
    if fields:
        _need(rest[1] if len(rest) > 1 else "", fields, where, path)
    if len(rest) > (2 if fields else 1):
        raise InputError("no number of a result: it ends earlier", where=where, got=path)


def _need(name: str, known: Any, where: str, path: str) -> None:
    if name not in known:
        raise InputError(
            f"'{name}' is no number of any result of this space",
            where=where,
            got=path,
            allowed=known,
            hint=nearest(name, known),
        )
