"""Does a comparison train each scheme with what is named before what the scheme suggests?"""

import pytest

import archsim
from archsim.schemes import load_scheme
from archsim.training.settings import TrainingSettings
from archsim.training.setup import settings_of
from hwlib.errors import InputError
from tests.members import every


@every("name", archsim.list_schemes())
def test_suggestions_are_settings_of_a_training(name):
    scheme = load_scheme(name)
    assert {"learning_rate"} <= set(scheme.suggested) <= {"learning_rate", "batch", "initial_scale"}
    TrainingSettings.model_validate(scheme.suggested)


def test_what_is_named_goes_before_what_is_suggested():
    chip = archsim.load_architecture("cim40")
    common = {"epochs": 1, "seed": 0, "device": None}
    hic = load_scheme("hic")
    settings, notes = settings_of(chip, hic, batch=None, changes={"learning_rate": 0.5}, **common)
    assert (settings.learning_rate, settings.batch) == (
        0.5,
        hic.suggested["batch"],
    ) and "learning rate" not in notes[-1]
    settings, notes = settings_of(chip, hic, batch=3, changes={"learning_rate": 0.5}, **common)
    assert settings.batch == 3 and not any("suggested" in note for note in notes)
    own = hic.suggested["batch"]
    rate = hic.suggested["learning_rate"]
    for batch, changes, factor in (
        (4, None, 4 / own),
        (None, {"batch": "4"}, 4 / own),
        (2 * own, None, 1.0),
        (own, None, 1.0),
    ):
        settings, notes = settings_of(chip, hic, batch=batch, changes=changes, **common)
        assert settings.learning_rate == rate * factor and settings.batch == (batch or 4)
        assert (f"for mini-batches of {own}" in notes[-1]) == (settings.batch != own)
    same = archsim.compare(
        "digits_cnn", ["hic", "lns_madam"], "cim40", images=64, batch=5, rate=0.03
    )
    assert [(row["learning_rate"], row["batch"]) for row in same.rows] == [(0.03, 5)] * 2
    assert [document["training"]["suggested"] for document in same.results] == [
        {},
        {"initial_scale": 4.0},
    ]
    with pytest.raises(InputError, match="for all schemes"):
        archsim.compare("digits_cnn", "sbpca:rank=1:training.batch=25", "cim40", images=64, batch=5)


def test_the_rate_depends_on_the_optimiser():
    rates = {
        optimiser: load_scheme("sgd", {"optimiser": optimiser}).suggested["learning_rate"]
        for optimiser in ("sgd", "adam")
    }
    assert rates["adam"] < rates["sgd"]
