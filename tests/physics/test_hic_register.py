"""When does the accumulator of `hic` give a carry, and what does it keep?

Seven bits hold -64 to 63 and a carry is 64 units, so the remainder keeps its sign:
n = trunc(q / 64), q <- q - 64 n (Nandakumar 2020, the accumulator that HIC makes short).
"""

import math

import numpy as np
import pytest

from archsim.kernels.accumulator import EXACT_CELLS, CellRead, accumulate
from archsim.kernels.records import DeviceRead
from archsim.schemes import load_scheme
from archsim.schemes.digital.algorithms.hic_rule import units_of_a_carry

F = np.float32
BITS = 7
KEY = np.uint64(1)


def add(register, units, cells=EXACT_CELLS):
    """Whole units into a register of one weight; returns its carry and the bits that flipped."""
    carries = np.zeros((1, 1), np.int32)
    flipped = np.zeros((1, 1, BITS), np.int32)
    gradient = np.full((1, 1), units, F)
    flips, _ = accumulate(register, gradient, 1.0, BITS, carries, flipped, KEY, cells)
    assert flips == flipped.sum()
    return int(carries[0, 0]), flips


@pytest.mark.parametrize(
    "held, units, carry, kept",
    [
        (60, 3, 0, 63),  # the largest that it holds
        (60, 4, 1, 0),  # a whole carry, and nothing of it is left
        (60, 10, 1, 6),
        (-60, -3, 0, -63),
        (-60, -10, -1, -6),  # the remainder of a fall is negative
        (10, 200, 3, 18),  # 210 = 3 x 64 + 18
        (6, -12, 0, -6),  # through zero: no carry
    ],
)
def test_a_carry_is_a_whole_one_and_the_remainder_keeps_its_sign(held, units, carry, kept):
    register = np.full((1, 1), held, np.int32)
    given, flips = add(register, units)
    assert (given, register[0, 0]) == (carry, kept)
    assert flips == bin((held ^ kept) & 0x7F).count("1")  # of seven bits in two's complement


def test_after_a_carry_noise_alone_gives_none():
    register = np.full((1, 1), 63, np.int32)
    assert add(register, 1)[0] == 1
    # 100 steps to and fro of up to 30 units: less than a carry either way
    walk = np.random.default_rng(0).integers(-30, 31, 100)
    carries = [add(register, step)[0] for pair in zip(walk, -walk) for step in pair]
    assert carries == [0] * 200


def test_a_walk_writes_by_the_square_of_its_step_and_not_by_the_step():
    # steps of +-4 units: a carry takes (64 / 4)^2 = 256 of them on average, and costs the walk from
    # zero to either end: the mean of a symmetric walk's exit time is exact
    register = np.zeros((1, 1), np.int32)
    steps = 60_000
    signs = np.random.default_rng(1).choice((-4, 4), steps)
    written = sum(abs(add(register, step)[0]) for step in signs)
    expected = steps / 256
    # exit times of such a walk have a variance of 2/3 of their squared mean
    assert abs(written - expected) < 4 * np.sqrt(2 / 3 * expected)


def test_units_follow_the_bits():
    assert [units_of_a_carry(load_scheme("hic", {"bits": bits})) for bits in (2, 7, 16)] == [
        2,
        64,
        32768,
    ]


def test_a_converter_with_levels_above_two_cells_sees_no_bit():
    # an on cell is 1, levels are 2.5: 1 rounds to 0, so 21 (0010101) is seen as 0 and -2 is 1111110:
    # six bits are written, the lowest stays as it is, on
    register = np.full((1, 1), 21, np.int32)
    blind = CellRead(F(1.0), DeviceRead(F(2.5), F(10.0), F(0.0)), KEY)
    assert add(register, -2, blind) == (0, 6)
    assert register[0, 0] == -1
    # levels of 1.9 round it up to one level, which is more than half of what an on cell gives
    fine = CellRead(F(1.0), DeviceRead(F(1.9), F(9.5), F(0.0)), KEY)
    register[0, 0] = 21
    add(register, -2, fine)
    assert register[0, 0] == 19


def test_cells_are_misread_as_often_as_noise_passes_half_a_cell():
    # noise of a cell's half: one sigma to the threshold, from on and from off alike
    shape = (200, 100)
    register = np.full(shape, 42, np.int32)
    noisy = CellRead(F(0.6), DeviceRead(F(0.0), F(0.0), F(0.3)), KEY)
    flipped = np.zeros((*shape, BITS), np.int32)
    carries = np.zeros(shape, np.int32)
    # what is added is next to nothing: its sign alone asks for the read
    added = accumulate(register, np.full(shape, 1e-12, F), 1.0, BITS, carries, flipped, KEY, noisy)
    share = math.erfc(1 / math.sqrt(2)) / 2
    bits = BITS * register.size
    assert abs(added.misread - share * bits) < 5 * math.sqrt(share * (1 - share) * bits)
