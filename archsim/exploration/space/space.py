"""A design space: what is fixed, what varies, what is wanted of the results, and how it is walked."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from archsim.exploration.space.axes import Axis
from archsim.exploration.work.memory import remembered
from archsim.exploration.work.metrics import STANDARD
from hwlib.errors import InputError
from hwlib.expressions import Expression

SAMPLERS = ("grid", "random", "latin_hypercube", "sobol", "nsga2")
RUNGS = ("price", "timing", "training")


@dataclass(frozen=True)
class Objective:
    """A number of the result to make small (`sign` 1) or large (`sign` -1)."""

    path: str
    sign: int = 1

    @property
    def direction(self) -> str:
        return "minimise" if self.sign > 0 else "maximise"


@dataclass(frozen=True)
class Sampler:
    """How points are chosen. `points` is None for the grid, which has all; `population` belongs to
    nsga2.
    """

    kind: str = "grid"
    points: int | None = None
    seed: int = 0
    population: int = 50

    @property
    def draws(self) -> int:
        """How many points are drawn, by a sampler that draws."""
        if self.points is None:
            raise TypeError(f"a {self.kind} draws no points: it has them all")
        return self.points


@dataclass(frozen=True)
class Rung:
    """One step of the fidelity ladder; `points` is how many of the step below are promoted to it
    (None: all), of every combination of values of the axes `each` where it names some.

    `options` belong to training: data, epochs, images and the like.
    """

    kind: str
    points: int | None = None
    each: tuple[str, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def label(self) -> str:
        """The name of the rung in the store and in tables: its kind and its options."""
        return self.kind + (
            f"({', '.join(f'{k}={v}' for k, v in self.options)})" if self.options else ""
        )


@dataclass(frozen=True)
class Space:
    """A checked space; made by `load_space`. `fixed` holds the words and settings that do not vary."""

    name: str
    title: str
    fixed: Mapping[str, Any]
    axes: tuple[Axis, ...]
    derived: tuple[tuple[str, Expression], ...]
    conditions: tuple[Expression, ...]
    constraints: tuple[Expression, ...]
    objectives: tuple[Objective, ...]
    record: tuple[str, ...]
    sampler: Sampler
    rungs: tuple[Rung, ...]
    content: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def size(self) -> int | None:
        """Points of the whole grid before conditions; None where an axis is continuous."""
        count = 1
        for axis in self.axes:
            if not axis.values:
                return None
            count *= len(axis.values)
        return count

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The fields that the axes vary."""
        return tuple(axis.path for axis in self.axes)

    def design(self, point: tuple[Any, ...]) -> dict[str, Any]:
        """All words and settings of a point (one value an axis): fixed, axes, then what is derived
        from them.
        """
        # Each may overrule the one before: an axis what is fixed, a derived setting both.
        values = dict(self.fixed)
        values.update(zip(self.paths, point))
        if self.derived:
            known = ChainMap(values, chip_defaults(values["architecture"]))
            for path, expression in self.derived:
                values[path] = expression(known)
        return values

    def allows(self, point: tuple[Any, ...]) -> bool:
        """True where every condition holds."""
        if not self.conditions:
            return True
        values = self.design(point)
        known = ChainMap(values, chip_defaults(values["architecture"]))
        return all(condition(known) for condition in self.conditions)

    def metrics(self) -> tuple[str, ...]:
        """Result paths that the space names beyond the standard ones: objectives, constraints and
        what is recorded.
        """
        axes = {
            *self.fixed,
            *(axis.path for axis in self.axes),
            *(path for path, _ in self.derived),
        }
        wanted = [objective.path for objective in self.objectives] + list(self.record)
        for constraint in self.constraints:
            wanted += [name for name in constraint.names if name not in axes]
        return tuple(dict.fromkeys(wanted))


def up_to(space: Space, kind: str) -> Space:
    """The space without the rungs above the one of a kind, and without the objectives that only
    those know.

    Raises InputError where it has no such rung.
    """
    kinds = [rung.kind for rung in space.rungs]
    if kind not in kinds:
        raise InputError("the sweep has no such rung", where="--rung", got=kind, allowed=kinds)
    # Objectives of the rungs above would be unknown at every point.
    unknown = {name for above in RUNGS[RUNGS.index(kind) + 1 :] for name in STANDARD[above]} - set(
        STANDARD[kind]
    )
    return replace(
        space,
        rungs=space.rungs[: kinds.index(kind) + 1],
        objectives=tuple(o for o in space.objectives if o.path not in unknown),
    )


@remembered(16)
def chip_defaults(architecture: str) -> dict[str, Any]:
    """Every field of a chip as loaded, by dotted path: what expressions read where a design sets
    nothing.
    """
    from archsim.chip import load_architecture
    from archsim.exploration.space.fields import flat

    return dict(flat(load_architecture(architecture).model_dump(mode="json", by_alias=True)))


def need(condition: bool, what: str, **facts: Any) -> None:
    """Raises InputError where a condition does not hold."""
    if not condition:
        raise InputError(what, **facts)
