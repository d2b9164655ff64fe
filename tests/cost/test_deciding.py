"""Which figures decide a number, and how much of it rests on assumptions?"""

import math

import pytest

import archsim
from archsim.cost.deciding import AREA, PriceOf, decided
from archsim.cost.drawn_figures import figures_moved_to
from archsim.cost.why import why
from hwlib import find_part, load_figures
from hwlib.errors import InputError
from tests.near import near


@pytest.fixture(scope="module")
def run():
    return archsim.simulate("lenet1", "cim40")


def priced_with(run, name, end):
    """The energy of the run with one figure at an end, by every part's own law."""
    figure = load_figures()[name]
    with figures_moved_to({name: getattr(figure, end)}):
        units = {
            row["component"]: find_part(row["part"])(**row["parameters"])
            for row in run.inventory
            if row["boundary"] != "system"
        }
        dynamic = [
            row["count"] * units[row["component"]].energy_at(row["action"], 40.0).value
            for row in run.ledger
            if row["component"] in units
        ]
        counts = {row["component"]: row["count"] for row in run.inventory}
        static = [
            counts[name] * run.latency_s * part.leakage_at(40.0).value
            for name, part in units.items()
        ]
    return math.fsum([*dynamic, *static])


def test_a_move_is_the_number_priced_again(run):
    for row in why(run, "energy_j").figures:
        name = row.figure["name"]
        for end, share in (("low", row.at_low), ("high", row.at_high)):
            moved = priced_with(run, name, end) / run.energy_j - 1
            assert share == pytest.approx(moved, rel=1e-6, abs=1e-12), (name, end)


def test_the_figures_come_with_the_one_that_moves_most_first(run):
    decisive = why(run, "energy_j").figures
    moves = [max(abs(row.at_low), abs(row.at_high)) for row in decisive]
    assert len(decisive) == 5 and moves == sorted(moves, reverse=True)
    gains = [row.gain for row in decisive]
    assert gains == sorted(gains, reverse=True) and gains[-1] > 0


def test_a_gain_is_what_the_squares_leave(run):
    told = why(run, "energy_j")
    first = told.figures[0]
    alone = max(abs(first.at_low), abs(first.at_high))
    assert first.gain == near(told.moved_by_all - math.sqrt(told.moved_by_all**2 - alone**2))
    assert 0 < told.moved_by_assumed <= told.moved_by_all


def test_a_figure_counts_as_often_as_the_number_holds_it(run):
    estimate = run.estimate()
    name = next(cost.component.name for cost in estimate.components if cost.component.count > 1)
    once, twice = (decided({PriceOf(name, AREA): count}, estimate) for count in (1.0, 2.0))
    assert twice.value == near(2 * once.value)
    assert [move.at_low for move in twice.moves] == near([2 * move.at_low for move in once.moves])


def test_every_result_says_what_rests_on_assumptions(run):
    shares = run.document["assumed_share"]
    assert shares["energy"] == near(why(run, "energy_j").moved_by_assumed)
    assert shares["area"] == near(why(run, "area_mm2").moved_by_assumed)
    assert all(0 < share < 10 for share in shares.values())
    stated = archsim.simulate("lenet1", "isaac32", timing=False).document["assumed_share"]
    assert stated["area"] < shares["area"]


@pytest.mark.parametrize(
    "path",
    [
        "area_mm2",
        "power_uw",
        "energy_per_image_j",
        "boundaries.macro.energy_j",
        "by_component.adc.area_mm2",
        "by_component.buffer.static_power_uw",
        "by_layer.conv1.forward.energy_j",
        "by_phase.forward.energy_j",
    ],
)
def test_any_priced_number_has_its_figures(run, path):
    assert why(run, path).figures


def test_the_sums_are_the_numbers_of_the_result(run):
    from archsim.cost.paths import named_tree, resolve
    from archsim.cost.why import times_of

    tree = named_tree(run.document)
    for path in ("area_mm2", "energy_j", "power_uw", "by_component.adc.energy_j"):
        keys = resolve(tree, path)
        value = tree
        for key in keys:
            value = value[key]
        assert decided(times_of(run.document, run.estimate(), keys), run.estimate()).value == (
            near(value)
        )


def test_what_is_counted_is_decided_by_no_figure(run):
    with pytest.raises(InputError, match="no sum of prices"):
        why(run, "cycles")
    with pytest.raises(InputError, match="more than a sum of unit prices"):
        why(run, "boundaries.die.area_mm2")


def test_press_figures_are_stated():
    figures = load_figures()
    assert figures["riscv.energy"].kind == "stated"
    assert {figure.kind for figure in figures.values() if figure.source.endswith("_press")} == {
        "stated"
    }
