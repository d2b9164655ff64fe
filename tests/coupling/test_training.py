"""Does every setting of a training move what it declares, and nothing else?"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import archsim
from archsim.training.sections import GENERATOR_FIELDS
from archsim.training.settings import LayerTiles, TrainingSettings, read_settings
from archsim.training.unused import unused_in_training
from hwlib.errors import InputError
from tests.coupling.fields import Field, fields_of, other_values
from tests.coupling.machines import Machine, Outcome, network_of, run, trained_bits
from tests.coupling.sightings import Try, complaints, sightings
from tests.members import every

BASE = {"epochs": 1, "batch": 4, "seed": 3, "learning_rate": 0.2, "maintenance_images": 4}
NORMALISED = "batch normalisation"
FORGETS = {"retention_s": 10.0, "lifetime": 50.0}
AGES = {**BASE, "device_settings": FORGETS, "seconds_per_image": 0.1}
WORDS_OF_8 = {"format": "int8", "value_bits": 6, "scale_images": 4}
# By what is trained: the core's pulses, words of a digital optimiser, weights in slices, trains of
# generators that arrays share.
TRAININGS: dict[str, dict[str, Any]] = {
    "pulses": {**AGES, "rule": "rpu", "device": "gokmen2016"},
    "words": {**AGES, "rule": "sgd", "device": "bulk_rram", "digital": WORDS_OF_8},
    "slices": {**BASE, "rule": "sgd", "read": {"weight_bits": 8, "cell_bits": 4, "slot_bits": 2}},
    "momentum": {**BASE, "rule": "sgd", "scheme_settings": {"optimiser": "momentum"}},
    "shared generators": {
        **BASE,
        "rule": "rpu",
        "update": {"source": "lfsr", "sharing": "chip", "length_management": False},
    },
    "errors through the vector unit": {**BASE, "rule": "mixed_precision", "device": "ecram"},
    "seconds": {**AGES, "rule": "rpu", "maintenance_s": 0.4},
    "reads that saturate": {
        **BASE,
        "rule": "rpu",
        "read": {"output_bound": 0.25, "input_bound": 0.5},
    },
    "split layers": {**BASE, "rule": "rpu", "tiles": {"conv1": {"inputs": 3, "outputs": 6}}},
    "groups of rows": {
        **BASE,
        "rule": "rpu",
        "tiles": {"conv1": {"inputs": 6, "inputs_together": 2, "outputs_together": 2}},
    },
    "groups of outputs": {
        **BASE,
        "rule": "rpu",
        "tiles": {"fc": {"inputs": 72, "outputs_together": 2}},
    },
    "steps of the rate": {
        **BASE,
        "rule": "sgd",
        "schedule": {"shape": "step", "every_epochs": 0.25, "factor": 0.25},
    },
    "a cosine": {**BASE, "rule": "sgd", "schedule": {"shape": "cosine", "warm_up_epochs": 0.25}},
    NORMALISED: {**BASE, "rule": "sgd"},
    "split rows": {**BASE, "rule": "rpu", "tiles": {"fc": {"inputs": 72}}},
}
PRICED = {
    "pulses on a chip": Machine("rpu", scheme="rpu", training={"batch": 4}),
    "writes on a chip": Machine("cim40", scheme="sgd", training={"batch": 4}),
    "pulses on small tiles": Machine(
        "rpu_512", {"tile.columns": 16}, scheme="rpu", training={"batch": 4}
    ),
}
# What takes a text, a table or a word beside numbers: values in range.
VALUES: dict[str, list[Any]] = {
    "rule": ["sgd"],
    "scheme_settings": [{"optimiser": "momentum", "momentum": 0.1}],
    "device": ["ecram", "exact"],
    "device_settings": [{"retention_s": 1.0}],
    "weight_range": ["device", 2.0, 8.0],
    "devices_per_weight": [2, {"conv1": 2}],
    "tiles": [{"conv1": {"inputs": 4}}],
    "cores": [{"conv1": {"output_bits": 3}}, {"fc": {"output_bits": 3}}],
    "tiles.conv1.bias": ["digital"],
    # of 64 images before they are 64
    "statistics_images": [2, 5],
    "augmentation.crop": [1, 2],
    "schedule.every_epochs": [0.1, 0.5],
    "schedule.warm_up_epochs": [0.5],
}
MORE = 1
GENERATORS = [f"update.{name}" for name in GENERATOR_FIELDS]
FIELDS = {field.path: field for field in fields_of(TrainingSettings)}
FIELDS |= {
    path: field._replace(path=path)
    for field in fields_of(LayerTiles)
    # nothing goes back through the first layer, whose outputs drive no line
    for path in [f"tiles.{'fc' if field.path == 'outputs_together' else 'conv1'}.{field.path}"]
}


def values_of(field: Field, now: Any) -> list[Any]:
    """Other values of a setting."""
    if field.path in VALUES:
        return [value for value in VALUES[field.path] if value != now]
    return other_values(field.info, now)


def with_value(settings: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Settings with one more of them."""
    tree = copy.deepcopy(settings)
    *sections, name = path.split(".")
    section = tree
    for key in sections:
        section = section.setdefault(key, {})
    section[name] = value
    return tree


def setting_of(settings: TrainingSettings, path: str) -> Any:
    """The value of a setting."""
    value: Any = settings
    for key in path.split("."):
        value = value[key] if isinstance(value, dict) else getattr(value, key)
    return value


def trained(settings: dict[str, Any], network: str = "digits_cnn") -> Outcome:
    """The outcome of a training without a chip, which has no price."""
    read = read_settings(settings)
    computed = trained_bits(network, read)
    unused = frozenset([*unused_in_training(read, network_of(network)), *computed.unused])
    return Outcome(0.0, 0.0, 0.0, computed.bits, computed.activity, unused)


def tries_of(field: Field) -> list[Callable[[], Try | None]]:
    """The setting on chips that price it, and in training after training."""
    priced = [] if "tiles." in field.path else PRICED
    return [
        *(partial(turned_on, name, field) for name in priced),
        *(partial(turned_in, name, field) for name in TRAININGS),
    ]


def turned_on(name: str, field: Field) -> Try:
    """The setting on a chip."""
    machine = PRICED[name]
    now = setting_of(read_settings(BASE), field.path)

    def after(value: Any) -> Outcome:
        changes = {**machine.training, field.path: value}
        return run(machine, machine.described(), training=changes)

    return Try(name, run(machine, machine.described()), values_of(field, now), now, after)


def turned_in(name: str, field: Field) -> Try | None:
    """The setting in a training, which may have no such layer."""
    settings = TRAININGS[name]
    network = "normalised" if name == NORMALISED else "digits_cnn"
    try:
        now = setting_of(read_settings(settings), field.path)
    except KeyError:
        return None

    def after(value: Any) -> Outcome:
        return trained(with_value(settings, field.path, value), network)

    return Try(name, trained(settings, network), values_of(field, now), now, after)


@pytest.mark.parametrize("more", [MORE, pytest.param(None, marks=pytest.mark.study)])
@every("path", FIELDS)
def test_a_setting_of_a_training_moves_what_it_declares(path, more):
    field = FIELDS[path]
    assert field.effects is not None, f"training.{path} declares no effects (hwlib.effects)"
    # a result names the chip's own settings of its generators, which `test_chip` holds
    effects = field.effects.as_limit() if path in GENERATORS else field.effects
    assert complaints(effects, sightings(f"training.{path}", tries_of(field), effects, more)) == []


@every(
    "changes",
    [
        {"rule": "rpu"},
        {"rule": "float"},
        {"scheme_settings": {"optimiser": "adam"}},
        {"scheme_settings.optimiser": "adam"},
    ],
)
def test_no_other_rule_is_trained_than_the_one_that_is_priced(changes):
    with pytest.raises(InputError, match="those of the scheme, whose step is priced"):
        archsim.train("digits_cnn", "cim40", scheme="sgd", epochs=1, images=8, settings=changes)
