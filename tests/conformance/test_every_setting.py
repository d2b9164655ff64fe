"""Does every setting act? Off its default, one at a time, each moves what comes out, is refused, or
is named among the unused ones.
"""

import numpy as np
import pytest

import archsim
from archsim.basics.fields import changed_fields
from archsim.chip.unused import CONDITIONS
from hwlib.effects import effects_in
from hwlib.errors import InputError
from tests.conformance.tried_settings import FIELDS, others, outcome
from workloads.network import Layer, Network

LIMITS = {
    path
    for path, field in FIELDS.items()
    if (effects := effects_in(field.metadata)) is not None and effects.limit
}
POSITIVE = Network(
    "positive",
    (
        Layer("input", "input", (), (), (6,)),
        Layer("conv1", "linear", ("input",), ((6,),), (5,), bias=True),
        Layer("relu", "relu", ("conv1",), ((5,),), (5,)),
        Layer("fc", "linear", ("relu",), ((5,),), (4,), bias=True),
    ),
)
RUNS = {
    "real data on two columns": (
        "wu2023",
        {
            "physics.model": "dual_column",
            "physics.current_range_ua": 50.0,
            "physics.cell_noise_us": 0.1,
        },
        {"data": np.random.default_rng(1).random((1, 6)), "seed": 1},
    ),
    "counted inference": ("cim40", {}, {"timing": False}),
    "counted training in the array": (
        "rpu_512",
        {},
        {"timing": False, "phase": "training", "scheme": "rpu", "batch": 2},
    ),
    "timed inference": ("cim40", {}, {"images": 2}),
}
STUDIED = {
    "real data": ("cim40", {}, {"data": "random", "seed": 1}),
    "timed training in the array, generators shared": (
        "rpu_512",
        {"bitstream.sharing": "chip"},
        {"phase": "training", "scheme": "rpu", "batch": 2},
    ),
    "timed training with writes": ("cim40", {}, {"phase": "training", "scheme": "sgd", "batch": 2}),
    "timed training by Tiki-Taka": (
        "cim40",
        {},
        {"phase": "training", "scheme": "tiki_taka", "batch": 2},
    ),
    "timed training of few writes": (
        "wu2023",
        {"read.transposed": True},
        {"phase": "training", "scheme": "mixed_precision", "batch": 2},
    ),
    "pipelined slices": (
        "cim40",
        {
            "weights.mapping": "bit_slices",
            "execution.mode": "pipelined",
            "read.accumulate": "digital",
        },
        {"images": 3},
    ),
    "loaded in passes": (
        "cim40",
        {"tile.count": 1, "tile.rows": 64, "tile.columns": 32, "execution.reload": True},
        {"images": 2},
    ),
    "cores": (
        "cores40",
        {
            "tile.rows": 16,
            "tile.columns": 8,
            "core.tiles": 4,
            "core.output_buffer_kib": 0.0625,
            "buffer.capacity_kib": 0.0625,
            "core.buffer_bits": 16,
            "core.port_bits": 16,
            "network.flit_bits": 16,
            "package.chips": 2,
            "package.link_bits": 4,
            "execution.mode": "pipelined",
        },
        {"images": 2},
    ),
    "cores of two kinds": (
        "cores40",
        {
            "tile.rows": 64,
            "tile.columns": 32,
            "core.tiles": 2,  # six cores, whose order matters
            "core.kinds.coarse": {},
            "core.kinds.fine.tile.rows": 16,
            "core.kinds.fine.read.adc_bits": 5,
            "placement.kind.conv1": "coarse",
        },
        {"data": "random", "seed": 1},
    ),
    "a published chip": ("isaac32", {}, {}),
}


def silent(name, settings, kind):
    """Fields that change nothing, that are not refused and not named; and those that are named and
    change something.
    """
    chip = archsim.load_architecture(name, settings)
    network = POSITIVE if chip.physics.model == "dual_column" else "digits_cnn"
    before = outcome(network, chip, kind)[:2]
    quiet = []
    wrongly = []
    for path in FIELDS:
        spoken = path in LIMITS or None
        for value in others(path, chip):
            try:
                changed = archsim.load_architecture(chip, {path: value})
                *after, unused = outcome(network, changed, kind)
            except InputError:
                continue
            moved = list(before) != after
            if path in unused and moved:
                wrongly.append((path, value))
            spoken = (
                bool(spoken) or moved or path in unused or path not in set(changed_fields(changed))
            )
        if spoken is False:  # None: every value was refused
            quiet.append(path)
    return quiet, wrongly


@pytest.mark.parametrize(
    "name", [*RUNS, *(pytest.param(name, marks=pytest.mark.study) for name in STUDIED)]
)
def test_no_setting_of_a_chip_is_passed_over_in_silence(name):
    assert silent(*(RUNS | STUDIED)[name]) == ([], [])


def test_every_condition_is_one_of_a_field():
    assert set(CONDITIONS) <= set(FIELDS)
