"""What does a die hold beside the parts of its chip?"""

import math

import pytest

import archsim
from archsim.cost.die import core_area, die_shares, reference_power
from archsim.cost.explain import explain
from archsim.cost.spread import Spread
from archsim.validation.workloads import one_matrix
from hwlib.figures import figure
from tests.near import near

FLAT = Spread(1.0, 1.0, 1.0)


def test_a_core_is_its_parts_over_what_white_space_leaves():
    # 71.5 % of a published core are none of its parts, 0.71 to 93.4 %
    core = core_area(Spread(0.285, 0.285, 0.285))
    assert core.value == near(1.0)
    assert (core.low, core.high) == near((0.285 / 0.9929, 0.285 / 0.066))


def test_shares_by_hand():
    shares = {
        share.name: share.area_mm2.value for share in die_shares(FLAT, FLAT, ["write_driver"])
    }
    white = 1 / 0.285 - 1
    assert shares["parts"] == 1
    assert shares["white space and wiring of cores"] == near(white)
    assert shares["references"] == near(2 * 0.0099)
    assert shares["regulator"] == near(0.02)
    assert shares["charge pump"] == near(0.044)
    blocks = 1 + white + 0.0198 + 0.02 + 0.044
    assert shares["space between blocks"] == near(blocks * 0.15 / 0.85)
    # 4.23 mm2 have a side of 2.06 mm, which holds 16 pads of 80 um; the ring is 0.2 mm deep
    side = math.sqrt(blocks / 0.85)
    assert side > 16 * 0.08
    assert shares["pads and ring"] == near((side + 0.4) ** 2 - side**2)


def test_the_pads_of_a_small_chip_make_its_die():
    tiny = Spread(0.01, 0.01, 0.01)
    shares = die_shares(tiny, tiny, [])
    assert "charge pump" not in {share.name for share in shares}
    whole = sum(share.area_mm2.value for share in shares)
    # 64 pads of 80 um: 16 a side, and the ring around
    assert whole == near((16 * 0.08 + 0.4) ** 2)


def test_every_share_rests_on_a_figure_and_lies_in_its_band():
    for share in die_shares(FLAT, FLAT, ["level_shifter"]):
        area = share.area_mm2
        assert 0 < area.low <= area.value <= area.high
        assert share.figures or share.name == "parts"
        assert all(figure(name).source for name in share.figures)


@pytest.mark.parametrize("timing", [False, True])
def test_a_result_has_the_die_beside_the_chip(timing):
    result = archsim.simulate(one_matrix(64, 32), "wu2023", timing=timing)
    chip = result.boundaries["chip"]
    die = result.boundaries["die"]
    assert die["area_mm2"] == near(math.fsum(die["shares"].values()))
    assert die["shares"]["parts"] == near(chip["area_mm2"])
    assert die["area_mm2_range"][0] < die["area_mm2"] < die["area_mm2_range"][1]
    seconds = result.latency_s or 0.0
    references = reference_power().value
    assert references == near(2 * 0.04e-6)
    assert die["energy_j"] == near(chip["energy_j"] + references * seconds)
    assert (die["power_uw"] is None) is not timing


def test_the_trail_of_a_die_ends_in_its_figures():
    result = archsim.simulate(one_matrix(64, 32), "wu2023")
    whole = explain(result, "boundaries.die.area_mm2")
    assert whole.value == near(result.boundaries["die"]["area_mm2"])
    used = {node.name for node in whole.walk()}
    assert {"die.core_white_space", "die.ring_depth", "die.pads", "die.pump_area"} <= used
    for name, area in result.boundaries["die"]["shares"].items():
        assert explain(result, f"boundaries.die.shares.{name}").value == near(area)
    for metric in ("energy_j", "power_uw"):
        node = explain(result, f"boundaries.die.{metric}")
        assert node.value == near(result.boundaries["die"][metric])
