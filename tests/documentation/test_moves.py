"""Does the table of what moves what show every setting, as it is declared and as it was measured?"""

import json
import re
from functools import cache

import pytest

from archsim.chip.component_settings import ComponentSettings
from archsim.chip.config import Architecture
from archsim.chip.core_kinds import KindSettings
from archsim.devices import LAWS, load_law
from archsim.schemes import list_schemes, load_scheme
from archsim.training.settings import TrainingSettings
from docs.from_code.chip_fields import MOVES
from docs.from_code.moves import declared_in, moves_page
from hwlib import load_catalogue
from hwlib.effects import Effects
from tests.coupling.fields import fields_of
from tests.members import every

SEEN = json.loads(MOVES.read_text(encoding="utf-8"))
CHIP = dict(declared_in(Architecture))
# What a measurement calls what a declaration calls otherwise.
DECLARED_AS = {"values": "accuracy", "training": "accuracy"}


@cache
def page():
    """The page, made once for all questions."""
    return moves_page()


def rows_of(text):
    """First column of every row of a text."""
    return re.findall(r"^\| `([^`|]+)`", text, re.MULTILINE)


def section(owner):
    """The table below the name of a scheme, a law or a part."""
    return page().split(f"**`{owner}`**")[1].split("\n**`")[0].split("\n## ")[0]


@pytest.mark.parametrize(
    "model, prefix",
    [
        (Architecture, ""),
        (KindSettings, "core.kinds.NAME."),
        (ComponentSettings, "components.ROLE."),
        (TrainingSettings, "training."),
    ],
    ids=["chip", "kind of cores", "part of a chip", "training"],
)
def test_every_setting_has_one_row(model, prefix):
    shown = rows_of(page())
    wanted = [f"{prefix}{field.path}" for field in fields_of(model)]
    assert wanted and [path for path in wanted if shown.count(path) != 1] == []


@every("name", list_schemes())
def test_every_setting_of_a_scheme_has_one_row(name):
    wanted = [f"scheme.{field.path}" for field in fields_of(type(load_scheme(name)))]
    assert rows_of(section(name)) == wanted if wanted else f"**`{name}`**" not in page()


def test_every_parameter_has_one_row():
    parts = {part.name: part.parameters for part in load_catalogue().parts}
    owners = {
        "device.": {name: load_law(name).parameters for name in LAWS},
        "components.ROLE.parameters.": {name: own for name, own in parts.items() if own},
    }
    for prefix, own in owners.items():
        for name, parameters in own.items():
            assert rows_of(section(name)) == [f"{prefix}{item.name}" for item in parameters]


def undeclared(effects, seen):
    """What a measurement saw and the declaration denies."""
    names = {DECLARED_AS.get(name, name) for name in seen} - {"limit"}
    return sorted(names - set(effects.moved))


@every("path", SEEN)
def test_what_was_measured_is_declared(path):
    assert undeclared(CHIP[path], SEEN[path]) == []


def test_a_measurement_that_a_declaration_denies_is_seen():
    only_area = Effects(area="up")
    assert undeclared(only_area, ["area", "values", "limit"]) == ["accuracy"]
    assert undeclared(only_area, ["area", "limit"]) == []


def test_what_moves_nothing_says_why_and_was_measured_to_move_nothing():
    text = moves_page()
    silent = {path: effects.nothing for path, effects in CHIP.items() if effects.nothing}
    for path, reason in silent.items():
        assert f"| `{path}` | none | none | none | none |  | {reason} |" in text
        assert SEEN.get(path, []) == []
    assert silent
