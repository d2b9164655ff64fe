"""Is a verdict what arithmetic says it is? Ledgers by hand, on parts whose energy is one figure.

The energy of a stream multiplier and that of a stream divider each spread evenly in the logarithm from
half of their figure to twice: with u and v even in [-1, 1], n multiplications cost less than m
divisions where u < v + s, s = log2(m g / n f); that is so with probability 1 - (2 - s)^2 / 8.
"""

import math

import numpy as np
import pytest

from archsim.comparison.chances import decider, ranks_of, share_below
from archsim.comparison.verdicts import standing_of
from hwlib import figure
from tests.conformance.hand_verdicts import DIVIDE, MULTIPLY, document, row, standing
from tests.near import near

F, G = figure("sc_mul_ugemm_unipolar.energy"), figure("sc_div_iscb_unipolar.energy")


def energy(result, boundary="chip"):
    (verdict,) = [
        item
        for item in result.verdicts
        if (item.quantity, item.boundary) == ("energy_per_image_j", boundary)
    ]
    return verdict


def test_the_figures_are_as_the_arithmetic_takes_them():
    for item in (F, G):
        assert item.value / item.low == near(2, rel=1e-3)
        assert item.high / item.value == near(2, rel=1e-3)


@pytest.mark.parametrize("s", [0.25, 1.0, 1.5])
def test_two_figures_decide_as_often_as_the_triangle_says(s):
    one = document({MULTIPLY: 1000})
    other = document({DIVIDE: 1000 * 2**s * F.value / G.value})
    share = 1 - (2 - s) ** 2 / 8
    verdict = energy(standing(one, other))
    assert (verdict.a, verdict.b) == ("one", "other")
    assert verdict.share_of_draws == pytest.approx(
        share, abs=4 * math.sqrt(share * (1 - share) / 4000)
    )
    assert verdict.verdict == ("decided" if share >= 0.95 else "undecided")
    assert verdict.decided_by in (F.name, G.name)
    assert verdict.explained == pytest.approx(0.5, abs=0.05)  # both move the ratio alike


def test_a_figure_that_both_share_decides_nothing():
    one, other = document({MULTIPLY: 1000}), document({MULTIPLY: 1001})
    verdict = energy(standing(one, other))
    assert (verdict.a, verdict.share_of_draws, verdict.decided_by) == ("one", 1.0, "")
    assert verdict.difference == near(F.value, rel=0.1)  # one action, at the median


def test_beside_a_shared_figure_the_other_decides():
    # 1000 f + 10 g against 1000 f + 20 g: less in every draw, though low of one is below high of other
    one = document({MULTIPLY: 1000, DIVIDE: 10})
    other = document({MULTIPLY: 1000, DIVIDE: 20})
    assert energy(standing(one, other)).share_of_draws == 1.0
    # 1000 f + 10 g against 900 f + 10 h: the share by numbers of its own
    one = document({MULTIPLY: 1000, DIVIDE: 800})
    other = document({MULTIPLY: 900, DIVIDE: 1300})
    # f < 5 g, where log2 f/g = 2.08 + u - v: u - v < 0.244 with s = 0.244
    s = math.log2(500 * G.value / (100 * F.value))
    share = 1 - (2 - s) ** 2 / 8
    assert energy(standing(one, other)).share_of_draws == pytest.approx(share, abs=0.035)


def test_the_wider_figure_is_the_one_that_decides():
    wide = figure("pulse_width_driver.energy_per_step")
    assert wide.high / wide.low > 30 * (G.high / G.low)
    steps = document({("pulse_width_driver", "convert"): 1})
    divide = document({DIVIDE: 1024 * wide.value / G.value})
    verdict = energy(standing(steps, divide))
    assert verdict.decided_by == wide.name and verdict.explained > 0.6


def test_the_order_turns_with_the_boundary():
    # one: half the work on the chip, and more than the rest of it off the chip
    one = document({MULTIPLY: 1000}, off_chip={("dram_lpddr4", "read"): 1000})
    result = standing(one, document({MULTIPLY: 2000}))
    chip = energy(result)
    system = energy(result, "system")
    assert (chip.a, system.a) == ("one", "other")
    assert chip.share_of_draws == system.share_of_draws == 1.0
    best = {(item.quantity, item.boundary): item for item in result.best}
    assert best["energy_per_image_j", "chip"].label == "one"
    assert best["energy_per_image_j", "system"].label == "other"


def test_equal_chips_are_equal_and_share_the_win():
    third = document({MULTIPLY: 2000})
    rows = [row("one"), row("two"), row("three")]
    result = standing_of(rows, [document({MULTIPLY: 1000})] * 2 + [third], 50)
    words = {
        (v.a, v.b): (v.verdict, v.share_of_draws)
        for v in result.verdicts
        if v.boundary == "chip" and v.quantity[0] == "e"
    }
    assert words["one", "two"] == ("equal", 0.5) and words["one", "three"] == ("decided", 1.0)
    (best,) = [b for b in result.best if (b.quantity, b.boundary) == ("energy_per_image_j", "chip")]
    assert (best.label, best.equals, best.runner_up, best.share_of_draws) == (
        "one",
        ["two"],
        "three",
        1.0,
    )


def test_time_rests_on_no_figure():
    result = standing(document({MULTIPLY: 1}, seconds=2e-6), document({MULTIPLY: 1}, seconds=1e-6))
    (time,) = [item for item in result.verdicts if item.quantity == "latency_per_image_s"]
    assert (time.a, time.share_of_draws, time.basis) == ("other", 1.0, "cycles")


def test_a_ratio_that_no_figure_moves_has_no_decider():
    shares = np.random.default_rng(1).random((200, 5))
    names = list("abcde")
    ranks = ranks_of(shares)
    constant = np.full(200, 3.0)
    assert decider(constant, 2 * constant, names, ranks) is None
    moved = constant * np.exp(shares[:, 3])
    assert decider(moved, constant, names, ranks) == ("d", near(1.0))
    assert share_below(moved, constant) == 0.0
