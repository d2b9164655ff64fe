"""When does the accumulator of `hic` give a carry, and what does it keep?

Seven bits hold -64 to 63 and a carry is 64 units, so the remainder keeps its sign:
n = trunc(q / 64), q <- q - 64 n (Nandakumar 2020, the accumulator that HIC makes short).
"""

import numpy as np
import pytest

from archsim.schemes import load_scheme
from archsim.schemes.digital.hic_rule import accumulate, units_of_a_carry

F = np.float32
BITS = 7
KEY = np.uint64(1)


def add(register, units):
    """Whole units into a register of one weight; returns its carry and the bits that flipped."""
    carries = np.zeros((1, 1), np.int32)
    cells = np.zeros((1, 1, BITS), np.int32)
    flips = accumulate(register, np.full((1, 1), units, F), 1.0, BITS, carries, cells, KEY)
    assert flips == cells.sum()
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
    register, steps = np.zeros((1, 1), np.int32), 60_000
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
