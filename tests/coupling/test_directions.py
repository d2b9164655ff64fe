"""Is the output closer to exact arithmetic with more of what is declared to be better, and further with
more of what is declared to be worse?

Over draws of weights, inputs and noise, of real data on the arrays and of a training whose exact
twin has the same seed. Devices have theirs in `test_devices.py`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import archsim
from archsim.training.loop import train
from archsim.training.settings import TrainingSettings, read_settings
from hwlib.errors import InputError
from tests.coupling.fields import Field, other_values
from tests.coupling.machines import POSITIVE, digits
from tests.coupling.test_chip import FIELDS as OF_A_CHIP
from tests.coupling.test_chip import setting_of
from tests.coupling.test_training import FIELDS as OF_A_TRAINING
from tests.members import every
from workloads import load_network

DRAWS = 6
"""Enough to tell a direction; a study takes as many as a doubt asks for."""
OF_A_STUDY = 20
IMAGES = 4
# Reads in which every setting is felt, none drowned by another: what is coarse elsewhere is fine.
FINE = {"read.input_bits": 8, "read.adc_bits": 12, "read.output_bits": 12, "weights.bits": 8}
CHIPS: dict[str, tuple[str, dict[str, Any]]] = {
    "fine reads": ("cim40", {**FINE, "physics.read_noise": 0.01}),
    "slices": (
        "cim40",
        {
            **FINE,
            "weights.mapping": "bit_slices",
            "weights.cell_bits": 2,
            # replicas average noise: without any, a larger number of them decides nothing
            "physics.read_noise": 0.01,
        },
    ),
    "two columns a weight": (
        "wu2023",
        {
            **FINE,
            "physics.model": "dual_column",
            "physics.current_range_ua": 50.0,
            "physics.cell_noise_us": 0.02,
            "physics.adc_noise_levels": 0.1,
        },
    ),
}

# Below some ohm a segment the fall of the voltage is less than a step of the converter.
FAR: dict[str, list[Any]] = {"physics.line_ohm": [1000.0, 100.0]}


def judged(fields: dict[str, Field]) -> list[str]:
    """Settings of which a direction of the accuracy is declared."""
    return [
        path
        for path, field in fields.items()
        if field.effects is not None and field.effects.accuracy in ("up", "down")
    ]


def far_from(field: Field, now: Any) -> list[Any]:
    """Other values, the farthest first."""
    others = [value for value in other_values(field.info, now) if value]
    return sorted(others, key=lambda value: abs(np.log(value / now)) if now else -value)[::-1]


@cache
def output_error(name: str, draws: int, path: str = "", value: Any = None) -> float:
    """Root mean square over draws of what outputs are off exact ones. Raises InputError."""
    chip_name, settings = CHIPS[name]
    chip = archsim.load_architecture(chip_name, {**settings, **({path: value} if path else {})})
    off = []
    for seed in range(draws):
        data = np.random.default_rng(seed).random((IMAGES, 6))
        result = archsim.simulate(POSITIVE, chip, images=IMAGES, data=data, seed=seed)
        off.append(np.asarray(result.outputs) - np.asarray(result.reference_outputs))
    return float(np.sqrt(np.mean(np.square(off))))


@pytest.mark.parametrize("draws", [DRAWS, pytest.param(OF_A_STUDY, marks=pytest.mark.study)])
@every("path", judged(OF_A_CHIP))
def test_a_setting_of_a_chip_moves_outputs_as_it_declares(path, draws):
    field = OF_A_CHIP[path]
    better = field.effects.accuracy == "up"
    compared = 0
    for name, (chip_name, settings) in CHIPS.items():
        now = setting_of(archsim.load_architecture(chip_name, settings), path)
        for value in FAR.get(path) or far_from(field, now)[:2]:
            try:
                more, less = (
                    output_error(name, draws, path, v) for v in sorted((now, value))[::-1]
                )
            except InputError:
                continue
            if more != less:
                compared += 1
                assert (more < less) == better, f"{name}: {now} to {value}: {less} to {more}"
    assert compared, "no chip on which it acts"


EXACT = {
    "input_bits": 0,
    "input_noise": 0.0,
    "output_bits": 0,
    "output_noise": 0.0,
    "noise_management": "off",
    "bound_management": "off",
}
QUIET = {**EXACT, "input_bits": 7, "output_bits": 9}


def settings_of(read: dict[str, Any], seed: int) -> TrainingSettings:
    """A training on exact weights whose arrays are read so."""
    more = {"epochs": 1, "batch": 4, "learning_rate": 0.05, "device": "exact"}
    return read_settings({"rule": "sgd", "seed": seed, "read": read, **more})


@cache
def trained_weights(read: tuple[tuple[str, Any], ...], seed: int) -> np.ndarray:
    """All weights after some images."""
    done = train(load_network("digits_cnn"), digits(), settings_of(dict(read), seed))
    return np.concatenate([values.ravel() for _, values in sorted(done.weights.items())])


def weight_error(read: dict[str, Any], draws: int) -> float:
    """Root mean square over draws of what trained weights are off those of exact reads."""
    words = tuple(sorted(read.items()))
    exact = tuple(sorted(EXACT.items()))
    off = [trained_weights(words, seed) - trained_weights(exact, seed) for seed in range(draws)]
    return float(np.sqrt(np.mean(np.square(off))))


@pytest.mark.parametrize("draws", [DRAWS, pytest.param(OF_A_STUDY, marks=pytest.mark.study)])
@every("path", judged(OF_A_TRAINING))
def test_a_setting_of_the_reads_of_a_training_moves_weights_as_it_declares(path, draws):
    name = path.removeprefix("read.")
    low, high = {"input_noise": (0.0, 0.2), "output_noise": (0.0, 0.2)}.get(name, (3, QUIET[name]))
    more = weight_error({**QUIET, name: high}, draws)
    less = weight_error({**QUIET, name: low}, draws)
    better = OF_A_TRAINING[path].effects.accuracy == "up"
    assert (more < less) == better and more != less


ONE_BIT = [
    ("cim40", {"weights.mapping": "bit_slices", "weights.bits": 1}, "weights.bits"),
    ("cim40", {"read.input_bits": 1}, "read.input_bits"),
]


@pytest.mark.parametrize("chip_name, settings, path", ONE_BIT)
def test_words_of_one_bit_are_priced_and_compute_nothing(chip_name, settings, path):
    # a sign and no digit: such words once computed as if they had not been cut at all
    chip = archsim.load_architecture(chip_name, settings)
    assert archsim.simulate(POSITIVE, chip, timing=False).area_mm2 > 0
    with pytest.raises(InputError, match=path):
        archsim.simulate(POSITIVE, chip, data="random")


def test_no_training_takes_weights_of_one_bit_for_whole_ones():
    chip = archsim.load_architecture(*ONE_BIT[0][:2])
    with pytest.raises(InputError, match="weights.bits"):
        archsim.train("digits_cnn", chip, digits(), "sgd", epochs=1)
