"""Are the band of a kind of cores and the current of a held line what a person works out?"""

import math

from archsim.validation.chips.choices import content_supply
from archsim.validation.chips.facts import read_facts
from archsim.validation.chips.priced import price_cores
from archsim.validation.chips.rule import describe
from archsim.validation.chips.scatter import REACH, band_of, scatter_of
from hwlib import fits, price
from hwlib.figures import figure
from hwlib.fits.currents import read_currents
from tests.near import near


def test_a_tail_counts_less_than_the_middle():
    even, far = scatter_of([-1.0, 0.0, 1.0]), scatter_of([-1.0, 0.0, 1.0, 30.0])
    assert even.middle == near(0.0)
    # of three numbers 5 / (4 + 1/s2) x 2/3 = s2: s2 = 10/3 / 4 - 1/4 = 7/12
    assert even.deviation == near(math.sqrt(7 / 12), rel=1e-6)
    assert far.middle < 30 / 4 / 2  # half of the mean


def test_a_band_leans_on_the_whole_as_one_group_more():
    seen = {"charge": [-1.0, 0.0, 1.0], "current": [-1.0, 0.0, 1.0]}
    low, high = band_of("charge", seen)
    # both kinds are alike, so is their mean square; a further core adds a quarter of it
    assert high == -low == near(REACH * math.sqrt(7 / 12 * (1 + 1 / 4)), rel=1e-6)
    wide, narrow = [-3.0, 0.0, 3.0], [-0.1, 0.0, 0.1]
    bands = {kind: band_of(kind, {"a": wide, "b": narrow}) for kind in "ab"}
    assert bands["b"][1] < bands["a"][1]
    # the narrow kind still takes a share of the wide one
    assert bands["b"][1] > REACH * scatter_of(narrow).deviation * math.sqrt(5 / 4)


def test_a_kind_of_which_nothing_was_seen_takes_the_whole():
    low, high = band_of("other", {"a": [-1.0, 0.0, 1.0]})
    assert high == near(REACH * math.sqrt(7 / 12 * 2), rel=1e-6) and low == -high


def test_the_current_of_a_held_line_is_the_mean_of_published_ones():
    # pJ / (V x ns); both macros of one series count as one
    logarithms = [
        math.log(0.2612 / (0.45 * 10)),
        math.log(1.147 / (0.725 * 4.6)),
        (math.log(0.3419 / (0.9 * 6.7)) + math.log(0.3073 / (0.75 * 6.25))) / 2,
        math.log(1.28 / 40),
        math.log(0.7 / (0.72 * 10)),
    ]
    mean = math.exp(sum(logarithms) / 5) * 1e-3
    assert figure("column_line_fit.current").value == near(mean, rel=1e-5)
    energy = price("line_load", {"slot_ns": 20, "line_supply_v": 0.9}).energy["sample"].value
    assert energy == near(mean * 0.9 * 20e-9, rel=1e-5)
    with fits.without(["kim2019"]):
        rest = math.exp((sum(logarithms) - logarithms[3]) / 4) * 1e-3
        assert figure("column_line_fit.current").value == near(rest, rel=1e-5)


def test_lines_under_comparators_alone_are_held():
    held = {
        name
        for name, facts in read_facts().items()
        for point in facts.points
        if describe(facts, point)["components"].get("front_end", {}).get("part") == "line_load"
    }
    # 6T and 17T cells under comparators; not those that share charges, and no converter of more bits
    assert held == {"guo2019", "guo2021", "kim2019", "okumura2019"}


def test_a_resistive_cell_draws_the_mean_of_published_ones():
    # what grows with the rows: (5,850 - 2,016) pJ over 448 rows of 1,024 columns, 0.9 V and 30 ns
    (grown,) = (row for row in read_currents("cell_currents") if row.group == "li2025")
    assert grown.energy_pj == near((5850 - 2016) / 448 / 1024, rel=1e-3)
    assert grown.current_ua == near(0.3096, rel=1e-3) and not grown.bound
    current = figure("cell_current_fit.resistive").value
    # between the two that are no bounds or below them: all others are bounds
    assert 0.1e-6 < current < 0.78e-6
    facts = read_facts()["correll2022"]
    point = facts.points[0]
    energy = price_cores([(facts, point)], draws=2)[0].energy_by_part["array"]
    # 256 rows of 32 columns, at 65 nm's own supply, all of 143 ns
    cells = 256 * 32
    supply = content_supply(facts, point)
    assert energy == near(cells * current * supply * point.invocation_ns * 1e3, rel=2e-3)


def test_a_chip_is_predicted_without_its_own_current():
    whole = figure("cell_current_fit.resistive").value
    with fits.without(["li2025"]):
        assert figure("cell_current_fit.resistive").value != whole
    assert figure("cell_current_fit.resistive").value == whole
    # cells whose lines float are no such
    parameters = describe(read_facts()["neurram"], read_facts()["neurram"].points[0])
    assert "conductance_us" not in parameters["components"]["array"]["parameters"]
