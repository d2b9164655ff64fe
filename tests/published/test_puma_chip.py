"""Is `puma32` the chip of its source: as many crossbars, a product in as many cycles, near its area?"""

import pytest

import archsim
from archsim.chip import load_architecture
from archsim.chip.plan.tile_timing import read_timing
from tests.near import near


@pytest.fixture(scope="module")
def chip():
    return load_architecture("puma32")


def test_levels_are_those_of_its_tiles(chip):
    # 138 tiles of 8 cores with 2 matrix units, 8 slices of 2 bits for a weight of 16
    assert chip.core.count == 138 and chip.core.tiles == 8 * 2 * 8
    assert chip.weights.bits // chip.weights.cell_bits == 8 == chip.tile_cluster
    # the review's table: 26.2 TOPS; at 2,304 cycles a product, two operations a weight, 31.4 at most
    weights = 138 * 8 * 2 * 128 * 128
    peak = 2 * weights / 2304e-9
    assert 26.2e12 < peak == near(31.4e12, rel=0.01)


def test_a_product_takes_the_published_stages_but_one(chip):
    # (16 + 2) x 128 cycles: sampling, conversion and a stage behind them; that last one is not modelled
    timing = read_timing(chip, 128)
    assert timing.latency == (16 + 1) * 128 and timing.interval == 16 * 128


def test_its_area_is_near_the_published_one():
    # 26.2 TOPS at 0.29 TOPS/mm2 are 90 mm2; control and instruction memories are not in ours
    result = archsim.simulate("lenet1", "puma32", timing=False)
    assert result.area_mm2 == near(26.2 / 0.29, rel=0.15)
    assert result.by_component["array"]["count"] == 138 * 128
