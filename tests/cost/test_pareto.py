"""Fronts, knees, sensitivities and bands against what can be worked out by hand or by brute force."""

import numpy as np
import pytest

from archsim.cost import draws as drawing
from archsim.cost.drawn_figures import draw_value, figures_at, figures_moved_to
from archsim.cost.draws import Shares, draw_shares, figures_of, price_draws, sample_prices
from archsim.exploration import load_space
from archsim.exploration.analysis.pareto import crowding, front_layers, knee, pareto_front, promote
from archsim.exploration.analysis.sensitivity import (
    explained,
    interaction,
    main_effects,
    sensitivities,
)
from archsim.exploration.analysis.uncertainty import count_design, front_shares
from archsim.exploration.store.table import PointTable
from archsim.exploration.sweep import explore
from archsim.exploration.work.rungs import RUNGS
from hwlib import PARTS
from hwlib.figures import figure, load_figures
from hwlib.pricing import price
from tests.explore_points import LADDER, SPACE
from tests.near import near

RUNG = load_space(SPACE).rungs[0]


def dominated(costs, index):
    return any(np.all(other <= costs[index]) and np.any(other < costs[index]) for other in costs)


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_the_front_is_what_nothing_dominates(width):
    generator = np.random.Generator(np.random.Philox(width))
    for levels in (3, 1000):  # few levels: many ties
        costs = generator.integers(0, levels, (200, width)).astype(float)
        assert pareto_front(costs).tolist() == [not dominated(costs, i) for i in range(len(costs))]


def test_layers_peel_the_fronts():
    costs = np.array([[1, 5], [2, 2], [5, 1], [3, 3], [4, 4], [2, 2.0]])
    assert front_layers(costs, 6).tolist() == [1, 1, 1, 2, 3, 1]
    assert front_layers(costs, 2).tolist() == [1, 1, 1, 0, 0, 1]
    assert pareto_front(np.empty((0, 2))).tolist() == []


def test_promotion_takes_the_front_first_and_its_ends_before_the_crowd():
    costs = np.array([[0, 10], [1, 9.9], [1.1, 9.8], [5, 5], [10, 0], [9, 9.0]])
    assert set(promote(costs, 3)) == {0, 4, 3}
    assert set(promote(costs, 5)) == {0, 1, 2, 3, 4}
    assert crowding(costs[:5])[[0, 4]].tolist() == [np.inf, np.inf]


def test_the_knee_is_where_the_front_bends():
    assert knee(np.array([[0, 10], [1, 2], [2, 1.5], [10, 0.0]])) in (1, 2)
    assert knee(np.array([[0, 10], [4.9, 5], [1, 1], [10, 0.0]])) == 2
    assert knee(np.array([[0, 1.0], [1, 0]])) is None


def table_of(function, axes, points=None):
    space = load_space(SPACE | {"axes": axes})
    table = PointTable(space, RUNG, ("area_mm2",))
    generator = np.random.Generator(np.random.Philox(1))
    for number in range(points or space.size):
        if points:
            point = tuple(axis.at(generator.random()) for axis in space.axes)
        else:
            left, point = number, ()
            for axis in reversed(space.axes):
                left, code = divmod(left, len(axis.values))
                point = (axis.values[code], *point)
        table.enter(number, point)
        table.fill([number], [([function(*point)], {})])
    return table


AXES = {"tile.rows": [1, 2, 3, 4], "tile.columns": [1, 2], "read.adc_bits": [3, 4, 5]}


def test_indices_of_a_known_function():
    # y = a + 10 b with independent a in 1..4 and b in 1..2: variances 1.25 and 25
    first, pairs, logarithmic = sensitivities(
        table_of(lambda a, b, c: a + 10 * b, AXES), "area_mm2", True
    )
    assert not logarithmic
    assert [index.share for index in first] == near([1.25 / 26.25, 25 / 26.25, 0.0])
    assert pairs[0].share == pytest.approx(0.0, abs=1e-12)
    assert all(index.low <= index.share <= index.high for index in (*first, *pairs))


def test_an_interaction_is_found_where_no_axis_alone_says_anything():
    table = table_of(lambda a, b, c: (a - 2.5) * (b - 1.5) + 100, AXES)
    first, pairs, _ = sensitivities(table, "area_mm2", True)
    assert max(index.share for index in first) == pytest.approx(0.0, abs=1e-12)
    assert set(pairs[0].axes) == {"tile.rows", "tile.columns"} and pairs[0].share == near(1.0)
    means = {
        (row["first"], row["second"]): row["mean"] for row in interaction(table, "area_mm2", 0, 1)
    }
    assert means["4", "2"] == near(100.75) and len(means) == 8


def test_products_are_taken_in_the_logarithm():
    table = table_of(lambda a, b, c: 100.0**a * 10.0**b, AXES)
    first, _, logarithmic = sensitivities(table, "area_mm2", True)
    assert logarithmic
    assert first[0].share == near(1.25 * 4 / (1.25 * 4 + 0.25))
    effect = main_effects(table, "area_mm2", 1)
    assert effect[1]["mean"] / effect[0]["mean"] == near(10) and effect[0]["points"] == 12


def test_noise_explains_nothing_on_drawn_points():
    generator = np.random.Generator(np.random.Philox(5))
    groups = generator.integers(0, 8, 60)
    values = generator.normal(size=60)
    shares = [
        explained(generator.integers(0, 8, 60), generator.normal(size=60), False)
        for _ in range(300)
    ]
    assert abs(np.mean(shares)) < 0.02  # uncorrected it would be 7/59 = 0.12
    assert explained(groups, values, True) > explained(groups, values, False)


def test_draws_stay_in_range_and_have_the_value_as_median():
    shares = np.linspace(0, 1, 1001)
    drawn = np.array([draw_value(2.0, 5.0, 50.0, share) for share in shares])
    assert drawn.min() == 2.0 and drawn.max() == near(50.0) and np.median(drawn) == near(5.0)
    assert draw_value(0.0, 0.0, 1.0, 0.3) == 0.0 and draw_value(-1.0, 0.0, 1.0, 0.25) == -0.5


def test_figures_are_themselves_again_after_a_draw():
    before = dict(load_figures())
    known = price("adc_sar", {"bits": 7}, 28.0)
    shares = draw_shares(1).shares[0]
    with pytest.raises(ZeroDivisionError), figures_at(shares):
        assert figure("adc_sar.area_7") != before["adc_sar.area_7"]
        raise ZeroDivisionError
    assert load_figures() == before
    price.__globals__["_price"].cache_clear()
    assert price("adc_sar", {"bits": 7}, 28.0) == known


def test_every_part_has_a_price_at_every_draw():
    for shares in draw_shares(40, seed=3).shares:
        with figures_at(shares):
            for name, kind in PARTS.items():
                part = kind()
                values = [
                    part.area().value,
                    part.leakage().value,
                    *(part.energy(action).value for action in kind.actions),
                ]
                assert all(isinstance(value, float) and value >= 0 for value in values), name


def test_drawn_prices_surround_the_printed_ones_and_share_their_figures():
    sweep = explore(LADDER)
    table = sweep.top
    keys = [table.key(i) for i in range(len(table))]
    runs = sweep.runs(keys)
    designs = [
        count_design(table.space.design(table.point(i)), runs[key]) for i, key in enumerate(keys)
    ]
    draws = sample_prices(designs, 60, seed=1)
    assert np.array_equal(draws["area_mm2"], sample_prices(designs, 60, seed=1)["area_mm2"])
    for name in ("area_mm2", "energy_per_image_j", "power_uw", "static_power_uw"):
        low, high = np.percentile(draws[name], (2, 98), axis=0)
        values = table.metric(name)
        assert np.all((low < values) & (values < high)), name
        # every figure at its low, or at its high, bounds every draw
        if f"{name}_low" in table.metrics:
            upper = table.metric(f"{name}_high")
            lower = table.metric(f"{name}_low")
            assert np.all(draws[name] >= lower * 0.999) and np.all(draws[name] <= upper * 1.001)
    # two chips of one node rest on the same figures: their draws go together
    same_node = [i for i in range(len(table)) if table.point(i)[2] == table.point(0)[2]]
    if len(same_node) > 1:
        assert (
            np.corrcoef(draws["area_mm2"][:, same_node[0]], draws["area_mm2"][:, same_node[1]])[
                0, 1
            ]
            > 0.8
        )


def test_printed_figures_drawn_exactly_give_the_price():
    design = load_space(SPACE).design((128, 8, 40))
    counted = count_design(design, None)

    names = draw_shares(1).names
    middle = price_draws([counted], Shares(names, np.full((1, len(names)), 0.5)))
    wanted = ("area_mm2", "energy_j", "energy_per_image_j", "static_power_uw")
    numbers, _ = RUNGS["price"](design, wanted, {})
    assert [float(middle[name][0, 0]) for name in wanted] == near(numbers, rel=1e-12)


def test_what_was_drawn_before_is_drawn_anew_where_a_figure_or_the_draws_are_others():
    counted = count_design(load_space(SPACE).design((128, 8, 40)), None)
    three = draw_shares(3)
    others = draw_shares(3, seed=1)

    def areas(drawn):
        return price_draws([counted], drawn)["area_mm2"].tobytes()

    first = areas(three)
    kept = dict(drawing._KEPT)
    assert areas(three) == first and areas(others) != first
    name = next(name for name in figures_of(counted) if name.startswith("adc_sar.area"))
    with figures_moved_to({name: 2 * figure(name).value}):
        assert areas(three) != first
    assert areas(three) == first
    drawing._KEPT.clear()  # and what is kept is what is worked out
    assert areas(three) == first and kept


def test_a_design_that_wins_in_some_draws_is_undecided():
    costs = np.stack(
        [np.array([[1.0, 2.0], [2.0, 1.0], [1.5, 1.5 + shift]]) for shift in np.linspace(-1, 3, 41)]
    )
    shares = front_shares(costs)
    assert shares[0] > 0.8 and 0.1 < shares[2] < 0.9


def test_the_document_of_a_sweep_says_how_sure_its_front_is():
    document = explore(LADDER).to_dict()
    assert {row["point"] for row in document["uncertainty"] if row["on_front"]} == set(
        document["front"]
    )
    for row in document["uncertainty"]:
        assert row["verdict"] == (
            "front"
            if row["front_share"] >= 0.95
            else "off"
            if row["front_share"] <= 0.05
            else "undecided"
        )
        low, middle, high = row["bands"]["area_mm2"]
        assert low < middle < high
    assert [rung["points"] for rung in document["rungs"]] == [36, 8]
    assert {entry["objective"] for entry in document["analysis"]} == set(SPACE["objectives"])
    assert document["figures"] and {"value", "unit", "source", "kind"} <= set(
        document["figures"][0]
    )
