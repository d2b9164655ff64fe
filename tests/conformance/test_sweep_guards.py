"""Can a sweep be fooled? By a design that guesses, by copies of a layer, by a constraint on the edge."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import archsim
from archsim.exploration import load_space
from archsim.exploration.analysis.cannot_act import ACCURACY, TABLE, why_not
from archsim.exploration.analysis.front import front_indices, knee_index, layers
from archsim.exploration.analysis.uncertainty import constraint_shares
from archsim.exploration.space.space import Objective, Rung
from archsim.exploration.store.table import PointTable
from archsim.schemes import load_scheme
from archsim.training.setup import settings_of
from archsim.training.standing import HeldOut, at_chance
from hwlib.errors import InputError
from tests.explore_points import SPACE

METRICS = ("area_mm2", "accuracy_percent")
MOVES = json.loads(
    (Path(__file__).parents[2] / "docs" / "from_code" / "moves.json").read_text(encoding="utf-8")
)


def trained(points, constraints=()):
    """A table of a training rung: (area, accuracy, guards) of each design."""
    axes = {"tile.rows": [16 * (n + 1) for n in range(len(points))]}
    space = load_space(SPACE | {"axes": axes, "constraints": list(constraints)})
    goals = (Objective("area_mm2"), Objective("accuracy_percent", -1))
    space = replace(space, objectives=goals)
    table = PointTable(space, Rung("training"), METRICS)
    for number, (rows, _) in enumerate(zip(axes["tile.rows"], points)):
        table.enter(number, (rows,))
    table.fill(
        range(len(points)),
        [((area, accuracy), {"trained": {"guards": guards}}) for area, accuracy, guards in points],
    )
    return table


GUESS = [at_chance(8.7, HeldOut(300, 12, 9.0))]
DESIGNS = [(1.0, 8.7, GUESS), (2.0, 90.0, []), (3.0, 95.0, []), (9.0, 96.0, [])]


def test_a_design_that_guesses_is_crowned_by_nothing():
    # the smallest chip of all, and so on the front of area and accuracy if it were not for the guard
    table = trained(DESIGNS)
    assert front_indices(table) == [1, 2, 3]
    assert knee_index(table) in (1, 2, 3) and 0 not in layers(table)
    assert [row["held_back"] for row in table.rows()] == [GUESS[0], "", "", ""]
    free = trained([(area, accuracy, []) for area, accuracy, _ in DESIGNS])
    assert front_indices(free) == [0, 1, 2, 3]


@pytest.mark.parametrize("path", ["physics.read_noise", "physics.output_bound"])
def test_an_axis_of_accuracy_needs_a_rung_that_trains(path):
    # it moves what is computed, and nothing computes: both designs would be one, crowned twice
    content = SPACE | {"axes": {"tile.rows": [64, 128], path: [0.0, 0.5]}}
    content = {name: value for name, value in content.items() if name != "rungs"}
    with pytest.raises(
        InputError, match="a sweep over it finds nothing.*no rung of this sweep trains"
    ):
        load_space(content)
    assert load_space(content | {"axes": {"tile.rows": [64, 128]}}).axes


def test_where_all_are_held_back_there_is_no_front():
    early = ["not settled: 1 epoch, at least 3 are needed"]
    table = trained([(area, accuracy, early) for area, accuracy, _ in DESIGNS])
    assert front_indices(table) == [] and knee_index(table) is None
    # promotion to a longer training goes on
    assert len(table.costs(table.space.objectives)[0]) == len(DESIGNS)


@pytest.mark.parametrize(
    "entry", TABLE, ids=lambda entry: f"{entry.settings[0]} {entry.quantities[0]}"
)
def test_what_cannot_act_was_measured_to_move_nothing(entry):
    # moves.json: every field driven off its default, what came out compared
    fields = [
        field
        for field in MOVES
        for name in entry.settings
        if field == name or (name.endswith(".") and f"{field}.".startswith(name))
        if field != "core.kinds"  # an axis is a field of a kind, which stands for that of the chip
    ]
    moved = {quantity for field in fields for quantity in MOVES[field]}
    if entry.quantities == ACCURACY:
        assert fields and not moved & {"values", "training"}
        if not entry.unless_drifting:
            assert "time" not in moved
    elif "cycles" in entry.quantities:
        assert fields and "time" not in moved
    else:
        assert not fields  # settings of the training, not of the chip


def test_copies_of_a_layer_train_the_same():
    rule = load_scheme("rpu")

    def settings(changes):
        chip = archsim.load_architecture("rpu", changes)
        made, _ = settings_of(chip, rule, epochs=1, batch=1, seed=0, device=None, changes=None)
        return made

    assert settings({"placement.copies": {"k1": 4}}) == settings({})
    assert why_not("placement.copies.k1", "accuracy_percent", drifting=False)
    # on a device that drifts the chip's time acts, and copies move that
    assert not why_not("placement.copies.k1", "accuracy_percent", drifting=True)
    assert not why_not("placement.copies.k1", "area_mm2", drifting=False)
    assert not why_not("read.adc_bits", "accuracy_percent", drifting=False)


def test_a_constraint_holds_in_as_many_draws_as_it_does():
    table = trained(DESIGNS, ["area_mm2 < 2.5", "accuracy_percent > 50", "tile.rows > 16"])
    draws = {
        "area_mm2": np.array([[1.0, 2.0, 3.0, 9], [2.0, 3, 3, 9], [2.4, 4, 2, 9], [3, 5, 3, 9]])
    }
    shares = constraint_shares(table, [0, 1, 2, 3], draws)
    assert shares["area_mm2 < 2.5"].tolist() == [0.75, 0.25, 0.25, 0.0]
    assert shares["accuracy_percent > 50"].tolist() == [0, 1, 1, 1]
    assert shares["tile.rows > 16"].tolist() == [0, 1, 1, 1]
