"""Is a point of a sweep, which takes stages and parts from the points before it, to the bit what it is
alone?
"""

import gc
import random

import pytest

import archsim
from archsim.exploration import load_space
from archsim.exploration.work import rungs
from archsim.exploration.work.metrics import PRICED, TIMED, read_metric
from archsim.exploration.work.pricing import price_point
from archsim.exploration.work.timing import time_point
from archsim.exploration.work.worker import RungJob, run_batch
from archsim.schemes import load_scheme
from hwlib.errors import InputError

METRICS = (*PRICED, *TIMED, "energy_j", "operations", "by_component.adc.energy_j")
# Settings of every kind that a sweep varies; some do not fit each other, and are refused.
SETTINGS = {
    "tile.rows": [32, 64, 128],
    "tile.columns": [64, 128],
    "read.adc_bits": [5, 8],
    "read.input_bits": [4, 8],
    "read.columns_per_adc": [1, 8],
    "node_nm": [28.0, 40.0, 65.0],
    "clock_mhz": [50.0, 100.0, 200.0],
    "temperature_c": [25.0, 60.0],
    "clock.gating": ["none", "blocks", "waiting"],
    "execution.mode": ["layer_by_layer", "pipelined"],
    "interconnect.width_bits": [32, 256],
    "buffer.capacity_kib": [1.0, 64.0],
    "network.topology": ["mesh", "ring", "h_tree"],
    "network.flit_bits": [32, 128],
    "core.tiles": [2, 4],
    "package.chips": [1, 2],
    "components.buffer.count": [1.0, 2.0],
    "physics.read_voltage_v": [0.1, 0.25],
}
WORK = [
    ("cores40", "lenet1", None),
    ("cores40", "mlp_100", "sgd"),
    ("cim40", "digits_cnn", None),
    ("cim40", "lenet1", "rpu"),
    ("cim40", "mlp_100", "cbram_sc"),
    ("wu2023", "lenet1", "mixed_precision"),
]


def alone(words, settings, timing):
    """The numbers as `archsim run` gives them, or its message."""
    try:
        result = archsim.simulate(
            words["network"],
            archsim.load_architecture(words["architecture"], settings),
            scheme=load_scheme(words["scheme"]) if words["scheme"] else None,
            phase=words["phase"],
            batch=words["batch"],
            timing=timing,
        )
    except InputError as error:
        return error.message
    return [read_metric(result.document, name) for name in METRICS]


def swept(words, settings, timing):
    """The same as a point of a sweep in a process that had other points."""
    try:
        design = words | settings
        return time_point(design, METRICS)[0] if timing else price_point(design, METRICS)
    except InputError as error:
        return error.message


def neighbours(generator, points):
    """Settings, each like the one before but for one of them."""
    names = sorted(SETTINGS)
    settings = {name: generator.choice(SETTINGS[name]) for name in generator.sample(names, 3)}
    for _ in range(points):
        name = generator.choice(names)
        settings = settings | {name: generator.choice(SETTINGS[name])}
        if len(settings) > 5:
            del settings[generator.choice(sorted(settings))]
        yield settings


@pytest.mark.parametrize("timing", [False, True], ids=["priced", "timed"])
def test_it_is_to_the_bit_what_it_is_alone(timing):
    refused = 0
    for number, (architecture, network, scheme) in enumerate(WORK):
        words = {
            "architecture": architecture,
            "network": network,
            "scheme": scheme,
            "phase": "training" if scheme else "inference",
            "batch": 2,
            "images": None,
            "device": None,
        }
        for settings in neighbours(random.Random(number), 4 if timing else 10):
            numbers = swept(words, settings, timing)
            assert numbers == alone(words, settings, timing), (words, settings)
            refused += isinstance(numbers, str)
    assert refused < number * 2


def test_garbage_is_looked_for_behind_a_batch_and_where_it_trains(monkeypatch):
    looked = []

    def seen(design, *more):
        looked.append(gc.isenabled())
        raise InputError("seen")

    monkeypatch.setattr(rungs, "resolve", seen)
    axes = {"clock_mhz": [100.0]}
    words = {
        "schema": 1,
        "name": "one",
        "network": "lenet1",
        "objectives": {"area_mm2": "minimise"},
    }
    space = load_space(words | {"axes": axes})
    for evaluate in (seen, rungs.training_rung):
        run_batch(RungJob(space, evaluate, ()), 0, [("0", (100.0,))])
        looked.append(gc.isenabled())
    assert looked == [False, True, True, True]
