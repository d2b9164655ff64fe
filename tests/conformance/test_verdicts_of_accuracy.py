"""Is an accuracy called better only as surely as its seeds or its test set allow?"""

import math

import pytest

from archsim.comparison.chances import share_by_seeds, share_by_test_set, student_share
from archsim.comparison.verdicts import standing_of
from archsim.report.comparison.verdict_lines import verdict_lines
from tests.conformance.hand_verdicts import MULTIPLY, SETTLED, document, row, standing
from tests.near import near


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
    assert verdict.difference == near(0.5)
    assert verdict.share_of_draws == near(student_share(0.5 / (0.1 / math.sqrt(3)), 2))


def test_seeds_that_agree_to_the_image_are_not_certain():
    # two seeds, both better by one image of 100: t = 1 / (1 / sqrt 2), one degree of freedom
    assert share_by_seeds([1.0, 1.0], 100) == near(student_share(math.sqrt(2), 1))


def test_a_single_seed_is_as_sure_as_its_test_set():
    # 90 and 80 % of 100 images: 10 / sqrt(9 + 16) = 2 standard errors
    assert share_by_test_set(90.0, 80.0, 100) == pytest.approx(0.97725, abs=1e-5)
    assert share_by_test_set(100.0, 99.0, 100) < 0.8


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
