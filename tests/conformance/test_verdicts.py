"""Is a verdict what arithmetic says it is? Ledgers by hand, on parts whose energy is one figure.

The energy of a stream multiplier and that of a stream divider each spread evenly in the logarithm from
half of their figure to twice: with u and v even in [-1, 1], n multiplications cost less than m
divisions where u < v + s, s = log2(m g / n f); that is so with probability 1 - (2 - s)^2 / 8.
"""

import math

import numpy as np
import pytest

from archsim.comparison.chances import (
    decider,
    ranks_of,
    share_below,
    share_by_seeds,
    share_by_test_set,
    student_share,
)
from archsim.comparison.verdicts import standing_of
from archsim.report.comparison.verdict_lines import verdict_lines
from hwlib import figure

MULTIPLY, DIVIDE = ("stream_multiplier", "bit"), ("stream_divider", "bit")
F, G = figure("sc_mul_ugemm_unipolar.energy"), figure("sc_div_iscb_unipolar.energy")
SETTLED = [5.0, 2.0, 2.0, 2.0]


def document(
    actions, off_chip=(), seconds=1e-6, tiles=1, images=10_000, errors=SETTLED, device="rram"
):
    """A result with one component for each (part, action) -> count; nothing leaks as nothing was
    timed.
    """
    counted = [("chip", *item) for item in dict(actions).items()]
    counted += [("system", *item) for item in dict(off_chip).items()]
    return {
        "inventory": [
            {"component": f"c{n}", "part": key[0], "parameters": {}, "count": 1, "boundary": where}
            for n, (where, key, _) in enumerate(counted)
        ],
        "ledger": [
            {"component": f"c{n}", "action": key[1], "count": count}
            for n, (_, key, count) in enumerate(counted)
        ],
        "node_nm": 40.0,
        "clock_mhz": 100.0,
        "cycles": None,
        "images": 1,
        "tiles": tiles,
        "device": None if device == "exact" else device,
        "latency_per_image_s": seconds,
        "accuracy_percent": 100 - errors[-1],
        "epochs": [{"test_error_percent": error} for error in errors],
        "training": {"test_set": {"images": images, "classes": 10, "largest_class_percent": 10.0}},
    }


def row(label, accuracies=(98.0,), device="rram", errors=SETTLED):
    seeds = [
        {"seed": n, "accuracy_percent": value, "test_error_percent": list(errors)}
        for n, value in enumerate(accuracies)
    ]
    return {"label": label, "device": device, "seeds": seeds, "flags": []}


def standing(one, other, rows=None, samples=4000):
    return standing_of(rows or [row("one"), row("other")], [one, other], samples)


def energy(result, boundary="chip"):
    (verdict,) = [
        item
        for item in result.verdicts
        if (item.quantity, item.boundary) == ("energy_per_image_j", boundary)
    ]
    return verdict


def test_the_figures_are_as_the_arithmetic_takes_them():
    for item in (F, G):
        assert item.value / item.low == pytest.approx(2, rel=1e-3)
        assert item.high / item.value == pytest.approx(2, rel=1e-3)


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
    assert verdict.difference == pytest.approx(F.value, rel=0.1)  # one action, at the median


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
    chip, system = energy(result), energy(result, "system")
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


@pytest.mark.parametrize(
    ("value", "freedom", "share"),
    # Student's table: 0.95 and 0.975 quantiles
    [
        (6.3138, 1, 0.95),
        (2.9200, 2, 0.95),
        (2.3534, 3, 0.95),
        (2.5706, 5, 0.975),
        (2.2281, 10, 0.975),
    ],
)
def test_students_t_is_that_of_the_table(value, freedom, share):
    assert student_share(value, freedom) == pytest.approx(share, abs=2e-5)
    assert student_share(-value, freedom) == pytest.approx(1 - share, abs=2e-5)


def test_seeds_are_paired():
    # each seed is worth 2 % to both; the difference is 0.4, 0.5 and 0.6 %: t = 0.5 / (0.1 / sqrt 3)
    rows = [row("one", (96.4, 94.5, 98.6)), row("other", (96.0, 94.0, 98.0))]
    work = document({MULTIPLY: 1})
    result = standing(work, work, rows)
    (verdict,) = [item for item in result.verdicts if item.quantity == "accuracy_percent"]
    assert (verdict.a, verdict.basis) == ("one", "seeds")
    assert verdict.difference == pytest.approx(0.5)
    assert verdict.share_of_draws == pytest.approx(student_share(0.5 / (0.1 / math.sqrt(3)), 2))


def test_seeds_that_agree_to_the_image_are_not_certain():
    # two seeds, both better by one image of 100: t = 1 / (1 / sqrt 2), one degree of freedom
    assert share_by_seeds([1.0, 1.0], 100) == pytest.approx(student_share(math.sqrt(2), 1))


def test_a_single_seed_is_as_sure_as_its_test_set():
    # 90 and 80 % of 100 images: 10 / sqrt(9 + 16) = 2 standard errors
    assert share_by_test_set(90.0, 80.0, 100) == pytest.approx(0.97725, abs=1e-5)
    assert share_by_test_set(100.0, 99.0, 100) < 0.8


def test_a_ratio_that_no_figure_moves_has_no_decider():
    shares = np.random.default_rng(1).random((200, 5))
    names, ranks = list("abcde"), ranks_of(shares)
    constant = np.full(200, 3.0)
    assert decider(constant, 2 * constant, names, ranks) is None
    moved = constant * np.exp(shares[:, 3])
    assert decider(moved, constant, names, ranks) == ("d", pytest.approx(1.0))
    assert share_below(moved, constant) == 0.0


@pytest.mark.parametrize(
    ("errors", "device", "tiles", "word"),
    [
        ([91.3] * 4, "rram", 1, "at chance"),
        ([9.0, 8.0], "rram", 1, "not settled: 2 epochs"),
        ([30.0, 20.0, 10.0, 5.0], "rram", 1, "not settled: the test error still falls"),
        (SETTLED, "exact", 1, "reference"),
    ],
)
def test_what_is_held_back_enters_no_verdict(errors, device, tiles, word):
    rows = [row("one"), row("two"), row("odd", (100 - errors[-1],), device, errors)]
    odd = document({MULTIPLY: 1}, tiles=tiles, errors=errors, device=device)
    documents = [document({MULTIPLY: 10}), document({MULTIPLY: 20}), odd]
    result = standing_of(rows, documents, 20)
    assert word in result.guards["odd"][0]
    assert {(item.a, item.b) for item in result.verdicts} <= {("one", "two"), ("two", "one")}
    assert "odd" not in {item.label for item in result.best}
    early = {name for item in result.provisional for name in (item.a, item.b)}
    assert ("odd" in early) == ("settled" in word)
    assert ("odd" in {band.label for band in result.bands}) == (device != "exact")


@pytest.mark.parametrize("epochs", [1, 2])
def test_a_guard_that_epochs_lift_says_so_and_lets_the_order_stand_as_provisional(epochs):
    early = [9.0, 8.0][:epochs]
    rows = [row("one", errors=early), row("two", (97.0,), errors=early)]
    documents = [document({MULTIPLY: work}, errors=early) for work in (10, 20)]
    result = standing_of(rows, documents, 20)
    for reasons in result.guards.values():
        assert "at least 3 are needed; as many or more lift this" in reasons[0]
    assert not result.best and {item.label for item in result.provisional_best} == {"one"}
    lines = verdict_lines(result.to_dict())
    assert any(line.startswith("provisional, least energy: one") for line in lines)
    assert any("no verdict on one, two: not settled" in line for line in lines)


def test_verdicts_and_what_is_provisional_are_shown_side_by_side():
    rows = [row("one"), row("two", (97.0,)), row("early", (99.0,), errors=[1.0])]
    documents = [document({MULTIPLY: work}) for work in (10, 20)]
    documents.append(document({MULTIPLY: 1}, errors=[1.0]))
    lines = verdict_lines(standing_of(rows, documents, 20).to_dict())
    assert any(line.startswith("least energy: one") for line in lines)
    assert any(line.startswith("provisional, least energy: early") for line in lines)


def test_exact_weights_off_the_arrays_are_a_machine_of_their_own():
    rows = [row("digital", device="exact"), row("one")]
    documents = [document({MULTIPLY: 1}, tiles=0, device="exact"), document({MULTIPLY: 2})]
    assert not standing_of(rows, documents, 20).guards
