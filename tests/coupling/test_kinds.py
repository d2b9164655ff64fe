"""Does every field of a kind of cores move what the chip's own field of that name declares to move?"""

from __future__ import annotations

from typing import Any

import archsim
from archsim.chip.config import Architecture
from archsim.chip.core_kinds import KindSettings
from hwlib.effects import Effects, effects_in
from tests.coupling.fields import fields_of
from tests.members import every

OF_THE_CHIP = {field.path: field.effects for field in fields_of(Architecture)}
OF_A_KIND = {field.path: field for field in fields_of(KindSettings)}
# what all cores have their own of; `cell` is a table of parameters of a part
APART = ("count", "cell")
BASE = {
    "tile.rows": 48,
    "tile.columns": 32,
    "core.tiles": 4,
    "read.accumulate": "digital",
    "physics.current_range_ua": 50.0,
    "core.kinds.coarse": {},
    "core.kinds.fine": {},
    "placement.kind.conv1": "fine",
    "placement.kind.fc": "coarse",
}
VALUES: dict[str, Any] = {
    "count": 7,
    "tile.rows": 16,
    "tile.columns": 16,
    "read.bits_per_slot": 2,
    "read.slot_cycles": 3,
    "read.rows_active": 5,
    "read.columns_per_adc": 8,
    "read.adc_bits": 5,
    "read.conversion_cycles": 9,
    "weights.replicas": 2,
    "write.pulse_cycles": 40,
    "update.pulse_cycles": 4,
    "cell": {"read_voltage_v": 0.3},
}
# what only devices of a training, or another model of reads, take from a kind
ELSEWHERE = ("weights.device", "physics.conductance_us")
TRAINED = {"write.pulse_cycles": "sgd", "update.pulse_cycles": "rpu"}


def outcome(path: str, changes: dict[str, Any]) -> dict[str, object]:
    """What a run on cores of two kinds gives, by quantity."""
    chip = archsim.load_architecture("cores40", BASE | changes)
    how: dict[str, Any] = {"data": "random", "seed": 1}
    if path in TRAINED:
        how = {"phase": "training", "scheme": TRAINED[path], "batch": 2}
    result = archsim.simulate("digits_cnn", chip, **how)
    outputs = result.outputs
    return {
        "area": result.area_mm2,
        "energy": result.energy_j,
        "time": result.cycles,
        "accuracy": None if outputs is None else outputs.tobytes(),
    }


@every("path", [path for path in OF_A_KIND if path not in APART])
def test_a_field_of_a_kind_declares_what_the_field_of_the_chip_declares(path):
    assert OF_A_KIND[path].effects == OF_THE_CHIP[path]


@every("path", [path for path in OF_A_KIND if path not in ELSEWHERE])
def test_a_field_of_a_kind_moves_what_it_declares(path):
    effects = effects_in(OF_A_KIND[path].info.metadata)
    assert isinstance(effects, Effects)
    before = outcome(path, {})
    after = outcome(path, {f"core.kinds.fine.{path}": VALUES[path]})
    moved = {quantity for quantity in before if before[quantity] != after[quantity]}
    assert moved and moved <= set(effects.moved)
