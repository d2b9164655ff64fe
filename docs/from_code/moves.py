"""What moves what: every setting with the quantities that it declares to move (hwlib.effects)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pydantic import BaseModel

from archsim.chip.component_settings import ComponentSettings
from archsim.chip.config import Architecture
from archsim.chip.core_kinds import KindSettings
from archsim.devices import LAWS, load_law
from archsim.schemes import list_schemes, load_scheme
from archsim.training.settings import TrainingSettings
from docs.from_code.chip_fields import MOVES
from docs.from_code.markdown import code, page, prose, table
from hwlib import load_catalogue
from hwlib.effects import QUANTITIES, Effects, effects_in
from hwlib.part import Parameter

INTRODUCTION = """Every setting declares beside itself what it must move, and the tests
(`tests/coupling/`) turn it on small machines until all of that was seen and nothing else. This page
is made of these declarations, one row a setting.

*up* and *down* say which way a larger number, or a switch that is on, moves a quantity on every
machine on which it moves it at all; with *accuracy*, up is closer to exact arithmetic. *any* has no
direction, as with other words; *none* is never moved. *activity*: a price that follows only through
what is computed, whose activity is counted. *ageing*: what is computed moves only through the time
of a run, where devices drift or forget.

*Seen* is what [a measurement](chip_fields.md) found for the fields of a chip, in its words: area,
energy, time, `values` of real data, what a `training` computes with, and a `limit`, which holds a
run back only where it comes to that. It stays empty where those runs do not go; the other tables
have no such measurement.

A setting that moves nothing has its reason as a sentence in the last column and cannot be the axis
of a sweep. One that a run did not read is listed in the `unused` of its result."""
ADMITS = "it also decides whether a design can be run"


class Declared(NamedTuple):
    """A setting as it is written, and what it must move."""

    path: str
    effects: Effects


def declared_in(model: type[BaseModel], prefix: str = "") -> Iterator[Declared]:
    """Every setting of a model, and of the models within it, that declares what it moves.

    Args:
        model: settings of a chip, a training or a scheme.
        prefix: what stands before the names, with its dot.
    """
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        effects = effects_in(field.metadata)
        if effects is not None:
            yield Declared(path, effects)
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from declared_in(field.annotation, f"{path}.")


def declared_by(parameters: Iterable[Parameter], prefix: str) -> Iterator[Declared]:
    """Every parameter of a part or of a law of devices."""
    for parameter in parameters:
        if parameter.effects is not None:
            yield Declared(f"{prefix}{parameter.name}", parameter.effects)


def moves_page() -> str:
    """Chip, training, update rules, devices, priced parts; one table each owner."""
    seen: dict[str, list[str]] = json.loads(MOVES.read_text(encoding="utf-8"))
    return page(
        "What moves what",
        INTRODUCTION,
        "## Fields of a chip",
        _rows(declared_in(Architecture), seen),
        _rows(declared_in(KindSettings, "core.kinds.NAME.")),
        _rows(declared_in(ComponentSettings, "components.ROLE.")),
        "## Fields of a training",
        _rows(declared_in(TrainingSettings, "training.")),
        *_owners("Settings of update rules", _schemes()),
        *_owners("Parameters of devices", _laws()),
        *_owners("Parameters of parts", _parts()),
    )


def _schemes() -> dict[str, list[Declared]]:
    return {name: list(declared_in(type(load_scheme(name)), "scheme.")) for name in list_schemes()}


def _laws() -> dict[str, list[Declared]]:
    return {name: list(declared_by(load_law(name).parameters, "device.")) for name in LAWS}


def _parts() -> dict[str, list[Declared]]:
    return {
        part.name: list(declared_by(part.parameters, "components.ROLE.parameters."))
        for part in load_catalogue().parts
    }


def _owners(title: str, owners: Mapping[str, list[Declared]]) -> Iterator[str]:
    """A heading, then a table for each owner that has settings."""
    yield f"## {title}"
    for name, settings in owners.items():
        if settings:
            yield f"**{code(name)}**"
            yield _rows(settings)


def _rows(settings: Iterable[Declared], seen: Mapping[str, list[str]] | None = None) -> str:
    """The table of some settings; `seen`: what was measured, by path, for a column of its own."""
    measured = () if seen is None else ("seen",)
    rows = []
    for path, effects in settings:
        words = [getattr(effects, name) for name in QUANTITIES]
        sight = () if seen is None else (", ".join(seen.get(path, [])),)
        note = effects.nothing or (ADMITS if effects.admits else "")
        rows.append((code(path), *words, *sight, prose(note)))
    return table(("setting", *QUANTITIES, *measured, "note"), rows)
