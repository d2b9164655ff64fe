"""Does every parameter of every priced part, and every field of an entry of the inventory, move what
it declares?

A part stands on a chip as an entry that does each of its actions as often as cells are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

import archsim
from archsim.chip.component_settings import ComponentSettings
from archsim.chip.load import list_architectures
from hwlib import price
from hwlib.pricing import all_parts
from tests.coupling.chip_machines import CORES
from tests.coupling.fields import fields_of, other_parameters
from tests.coupling.machines import Machine, Outcome, run
from tests.coupling.sightings import Try, complaints, sightings
from tests.members import every

TRAINED = Machine("cim40", scheme="rpu")
MORE = 1
PARTS = all_parts()
PARAMETERS = [
    (name, parameter.name) for name, part in PARTS.items() for parameter in part.parameters
]


def with_part(name: str, parameters: Mapping[str, Any]) -> Outcome:
    """The training of a chip with one more part."""
    entry = {
        "part": name,
        "per": "chip",
        "boundary": "chip",
        "parameters": dict(parameters),
        "follows": {action: ["array.read"] for action in PARTS[name].actions},
    }
    settings = {f"components.tried.{key}": value for key, value in entry.items()}
    return run(TRAINED, TRAINED.described(settings))


@cache
def before(name: str, word: tuple[str, str] | None = None) -> Outcome:
    """The outcome with the part as it is by default, or with another word."""
    return with_part(name, dict([word] if word else []))


def tries_of(name: str, parameter_name: str) -> Iterator[Callable[[], Try]]:
    """The parameter with the part's other parameters at their default, then with another word of
    each of these.
    """
    words: list[tuple[str, str] | None] = [None]
    for other in PARTS[name].parameters:
        if other.choices and other.name != parameter_name:
            words += [(other.name, word) for word in other.choices if word != other.default]
    for word in words:
        yield partial(turned_with, name, parameter_name, word)


def turned_with(name: str, parameter_name: str, word: tuple[str, str] | None) -> Try:
    """The parameter of a part of which another one has this word."""
    parameter = PARTS[name].parameter(parameter_name)

    def after(value: Any) -> Outcome:
        return with_part(name, {**dict([word] if word else []), parameter_name: value})

    values = other_parameters(parameter, parameter.default)
    return Try(str(word), before(name, word), values, parameter.default, after)


@every("name, parameter", PARAMETERS)
def test_a_parameter_of_a_part_moves_what_it_declares(name, parameter):
    effects = PARTS[name].parameter(parameter).effects
    assert effects is not None, f"{name}.{parameter} declares no effects (hwlib.effects)"
    path = f"components.tried.parameters.{parameter}"
    seen = list(sightings(path, tries_of(name, parameter), effects, MORE))
    assert seen and complaints(effects, seen) == []


# An entry that lets a field act, and other values of the field.
WRITES = {"follows": {"write": ["array.read"]}}
ENTRY: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "part": (
        {"part": "integrator", "follows": {"sample": ["array.read"]}},
        ["transimpedance_amplifier"],
    ),
    "parameters": (WRITES, [{"bits": 64}]),
    "per": (WRITES, ["chip", "column"]),
    "count": (WRITES, [2.0, 0.5]),
    "boundary": (WRITES, ["macro", "system"]),
    "area_only": ({"area_only": True}, [False]),
    "follows": (WRITES, [{"write": ["array.read", "adc.convert"]}]),
    "takes": ({"takes": {"write": ["adc.convert"]}}, [{"write": ["array.read"]}]),
    "gated": (WRITES, [True, False]),
    "note": (WRITES, ["a text"]),
}
TRIED = {"part": "register", "per": "tile", "count": 1.0, "boundary": "chip", "area_only": False}
ENTRY_FIELDS = {field.path: field for field in fields_of(ComponentSettings)}


def with_entry(entry: Mapping[str, Any]) -> Outcome:
    """The training of a chip with one more entry."""
    settings = {f"components.tried.{key}": value for key, value in entry.items()}
    return run(TRAINED, TRAINED.described(settings))


@every("name", ENTRY_FIELDS)
def test_a_field_of_an_entry_moves_what_it_declares(name):
    effects = ENTRY_FIELDS[name].effects
    assert effects is not None, f"components.*.{name} declares no effects (hwlib.effects)"
    beside, values = ENTRY[name]
    entry = {**TRIED, **beside}
    one = Try(
        name,
        with_entry(entry),
        values,
        entry.get(name),
        lambda value: with_entry({**entry, name: value}),
    )
    seen = sightings(f"components.tried.{name}", [lambda: one], effects)
    assert complaints(effects, seen) == []


ROLES = [
    (chip, role)
    for chip in list_architectures()
    for role in archsim.load_architecture(chip).components
]


def priced(chip: str, changes: Mapping[str, Any]) -> Outcome:
    """An inference on a built-in chip, without data; on one of cores, of a network that takes several."""
    machine = Machine(chip, data=None)
    if chip == "cores40":
        machine = Machine(chip, CORES, network="lenet1", data=None)
    return run(machine, machine.described(changes))


@cache
def built_in(chip: str) -> Outcome:
    """An inference on a built-in chip as it is."""
    return priced(chip, {})


@every("chip, role", ROLES)
def test_more_of_a_part_of_a_chip_is_priced_or_said_to_cost_nothing(chip, role):
    effects = ENTRY_FIELDS["count"].effects
    assert effects is not None
    path = f"components.{role}.count"
    described = archsim.load_architecture(chip)
    now = described.components[role].count
    free = free_part(described.components[role].part, described.node_nm)
    if free:
        result = archsim.simulate(
            "digits_cnn", chip=archsim.load_architecture(chip, {path: now * 2})
        )
        assert path in result.document["unused"]
        return
    one = Try(chip, built_in(chip), [now * 2], now, lambda value: priced(chip, {path: value}))
    seen = list(sightings(path, [lambda: one], effects))
    assert [fault for fault in complaints(effects, seen) if "energy" not in fault] == []


def free_part(name: str, node_nm: float) -> bool:
    """Whether a part that does nothing costs nothing."""
    cost = price(name, {}, node_nm)
    return cost.area.value == 0 and cost.leakage.value == 0


FOLLOWING = [
    (chip, f"components.{role}.parameters.{name}")
    for chip, role in ROLES
    for name, value in archsim.load_architecture(chip).components[role].parameters.items()
    if str(value).startswith("=")
]
