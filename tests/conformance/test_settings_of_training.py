"""Does a training pass over a setting of its chip or rule in silence?"""

import typing

import pytest

import archsim
from archsim.basics.fields import changed_fields
from archsim.schemes import list_schemes, load_scheme
from archsim.trace import build_trace
from archsim.training.setup import read_by_training, settings_of
from hwlib.errors import InputError
from tests.conformance.tried_settings import FIELDS, others, outcome
from workloads import load_network
from workloads.datasets import load_dataset


@pytest.mark.parametrize("name", list_schemes())
def test_no_setting_of_a_scheme_is_passed_over_in_silence(name):
    """In a run, which asks for the operations of a step alone."""
    chip = archsim.load_architecture("rpu_512")
    kind = {"timing": False, "phase": "training", "batch": 2}

    def numbers(scheme):
        document, outputs, unused = outcome("digits_cnn", chip, kind | {"scheme": scheme})
        return [
            document,
            outputs,
            build_trace(load_network("digits_cnn"), scheme, "training", 2).state_words,
        ], unused

    plain = numbers(load_scheme(name))[0]
    for field, value in load_scheme(name):
        if isinstance(value, str):
            tried = [
                word
                for word in typing.get_args(type(load_scheme(name)).model_fields[field].annotation)
                if word != value
            ]
        else:
            tried = (
                [not value]
                if isinstance(value, bool)
                else [value + 1, max(0, value - 1)]
                if isinstance(value, int)
                else [0.5 if value is None else value / 2]  # none: what the chip has
            )
        for other in (other for other in tried if other != value):
            try:
                changed, unused = numbers(load_scheme(name, {field: other}))
            except InputError:
                continue
            assert (changed != plain) != (f"scheme.{field}" in unused), (field, other)


TRAINED = [path for path in FIELDS if path.startswith(("physics.", "update."))]


@pytest.mark.parametrize("name", ["cim40", "wu2023", "rpu"])
@pytest.mark.parametrize("scheme", ["rpu", "sgd", "hic"])
def test_no_physics_of_a_chip_is_passed_over_by_a_training(name, scheme):
    """What a training takes from the chip moves its settings; what it leaves is not among the
    fields that it says it reads.
    """
    rule = load_scheme(scheme)
    chip = archsim.load_architecture(name)

    def settings(chip):
        return settings_of(chip, rule, epochs=1, batch=1, seed=0, device=None, changes=None)[0]

    for path in TRAINED:
        for value in others(path, chip):
            try:
                changed = archsim.load_architecture(chip, {path: value})
                moved = settings(changed) != settings(chip)
            except InputError:
                continue
            said = path in read_by_training(changed, rule, settings(changed)) | read_by_training(
                chip, rule, settings(chip)
            )
            assert said or not moved, (path, value)
            if path not in set(changed_fields(changed)):
                continue
            # management that is on already stays on, and one measured shift of a bound needs a
            # bound
            assert (
                moved
                or not said
                or path in ("physics.model", "physics.noise_management", "physics.bound_management")
            ), (path, value)


def test_a_training_names_what_it_does_not_use():
    data = load_dataset("digits").first(train=16)
    chip = archsim.load_architecture(
        "wu2023", {"read.transposed": True, "physics.read_noise": 0.5, "physics.cell_noise_us": 2.0}
    )
    document = archsim.train(
        "digits_cnn", chip, data, "hic", epochs=1, settings={"update.train_length": 7}
    ).to_dict()
    assert {"physics.cell_noise_us", "training.update.train_length"} <= set(document["unused"])
    assert "physics.read_noise" not in document["unused"]
    assert any("physics.cell_noise_us" in note and "not used" in note for note in document["notes"])
    assert not any("states no read noise" in note for note in document["notes"])
