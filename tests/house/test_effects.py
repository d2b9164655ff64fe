"""Does every setting say what it must move: area, energy, time, accuracy?"""

import typing

from pydantic import BaseModel

from archsim.chip.component_settings import ComponentSettings
from archsim.chip.config import Architecture
from archsim.chip.core_kinds import KindSettings
from archsim.devices import LAWS, load_law
from archsim.schemes import list_schemes, load_scheme
from archsim.training.settings import TrainingSettings
from hwlib import load_catalogue
from hwlib.effects import Effects, effects_in
from tests.members import every

MODELS = {
    "chip": Architecture,
    "kind of cores": KindSettings,
    "part of a chip": ComponentSettings,
    "training": TrainingSettings,
    **{name: type(load_scheme(name)) for name in list_schemes()},
}


def settings_in(model, prefix=""):
    """Path and field of every setting of a model and of those within it."""
    for name, info in model.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from settings_in(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", info


def is_a_setting(path, info):
    """A word that has no other can be set to nothing else; the table of parts has its own row."""
    only = typing.get_origin(info.annotation) is typing.Literal
    return path != "components" and not (only and len(typing.get_args(info.annotation)) == 1)


@every("model", MODELS.values())
def test_every_setting_says_what_it_must_move(model):
    silent = [
        path
        for path, info in settings_in(model)
        if is_a_setting(path, info) and effects_in(info.metadata) is None
    ]
    assert silent == []


def test_every_parameter_says_what_it_must_move():
    parts = {entry.name: entry.parameters for entry in load_catalogue().parts}
    laws = {name: load_law(name).parameters for name in LAWS}
    silent = [
        (owner, item.name)
        for owner, parameters in {**parts, **laws}.items()
        for item in parameters
        if not isinstance(item.effects, Effects)
    ]
    assert silent == [] and parts and laws


def test_a_field_without_a_declaration_is_seen():
    class Silent(BaseModel):
        width: int = 1

    assert [effects_in(info.metadata) for _, info in settings_in(Silent)] == [None]
