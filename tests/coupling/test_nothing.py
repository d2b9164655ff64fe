"""Are there at most ten settings that move nothing, each with a sentence, and refused as an axis?"""

from __future__ import annotations

import pytest

from archsim.chip.component_settings import ComponentSettings
from archsim.chip.config import Architecture
from archsim.devices import LAWS, load_law
from archsim.exploration.space.load import read_space
from archsim.training.settings import TrainingSettings
from hwlib.effects import Effects
from hwlib.errors import InputError
from hwlib.pricing import all_parts
from tests.coupling.fields import fields_of
from tests.members import every

MOST = 10
GOAL = {"area_mm2": "minimise"}
MODELS = {"": Architecture, "components.array.": ComponentSettings, "training.": TrainingSettings}
FIELDS = {
    f"{prefix}{field.path}": field.effects.nothing
    for prefix, model in MODELS.items()
    for field in fields_of(model)
    if field.effects is not None and field.effects.nothing
}
OWNERS = {
    **{law: load_law(law).parameters for law in LAWS},
    **{name: part.parameters for name, part in all_parts().items()},
}
PARAMETERS = {
    (owner, item.name): item.effects.nothing
    for owner, parameters in OWNERS.items()
    for item in parameters
    if isinstance(item.effects, Effects) and item.effects.nothing
}


def space(**more):
    """A space with one axis more."""
    return {
        "schema": 1,
        "name": "idle",
        "network": "digits_cnn",
        "scheme": "rpu",
        "objectives": GOAL,
        **more,
    }


def test_at_most_ten_settings_move_nothing_and_each_says_why():
    assert len(FIELDS) + len(PARAMETERS) <= MOST
    assert all(len(why.split()) > 3 for why in [*FIELDS.values(), *PARAMETERS.values()])


@every("path", FIELDS)
def test_a_field_that_moves_nothing_is_no_axis(path):
    with pytest.raises(InputError):
        read_space(space(architecture="cim40", axes={path: ["a", "b"]}), "space")


# A space in which an owner's parameter is an axis: the path, and what names the owner.
AXES = {
    "adc_flash": ("components.adc.parameters.", {"settings": {"components.adc.part": "adc_flash"}}),
    "phase_change_pair": ("training.device_settings.", {"device": "phase_change_pair"}),
}


@every("owner, name", PARAMETERS)
def test_a_parameter_that_moves_nothing_is_no_axis(owner, name):
    prefix, named = AXES[owner]
    with pytest.raises(InputError, match="neither area nor energy"):
        read_space(space(architecture="cim40", **named, axes={prefix + name: [1, 2]}), "space")
