"""What do the generators of a chip do to the pulses? Their sequences, levels and sharing, by hand."""

import numpy as np
import pytest

from archsim.devices.array import draws, new_tally
from archsim.kernels.comparators import generate_block, generate_trains
from archsim.kernels.generators import (
    CLOCK,
    COLUMNS,
    LANES,
    ROWS,
    SCALE,
    SHARINGS,
    drive_of,
    generator_state,
    make_generators,
)
from archsim.kernels.generators_reference import generated_reference, numbers_reference
from archsim.kernels.records import Cells
from archsim.kernels.sequences import TAPS, register_states, sobol_points
from archsim.kernels.stream_reference import unpack
from archsim.kernels.update_reference import update_reference
from tests.members import every
from tests.physics.pulsed_devices import LAWS, SETTINGS, devices, trains_of, vectors

F = np.float32
U = np.uint64


def generators(source, bits=8, sharing="line", lanes=5, seed=3, tile=0):
    return make_generators(source, bits, generator_state(source, bits, sharing, lanes, seed, tile))


def trains(made, values, slots, clock=0, side=COLUMNS, others=0):
    """Bits (slots, lines) of values in 0 to 1."""
    values = np.asarray(values, F)
    words = np.zeros(len(values), U)
    drive = drive_of(made, side, len(values), len(values) + others, slots)
    generate_trains(values, 1.0, slots, clock, drive, words)
    return unpack(words[None], slots).T


@every("source, sharing", [("lfsr", "line"), ("sobol", "line"), ("lfsr", "chip")])
def test_a_train_of_no_slots_has_no_pulse(source, sharing):
    # what lay in memory before is none
    made = generators(source, sharing=sharing)
    words = np.full(5, 7, U)
    generate_trains(np.zeros(5, F), 0.0, 0, 0, drive_of(made, COLUMNS, 5, 9, 10), words)
    assert words.tolist() == [0] * 5


@every("bits", TAPS)
def test_a_register_visits_every_state_but_zero_once_a_period(bits):
    states = register_states(bits).astype(int)
    assert sorted(states) == list(range(1, 2**bits))
    # and begins anew: the state after the last is the first
    feedback = 0
    for tap in TAPS[bits]:
        feedback ^= states[-1] >> (bits - tap)
    assert states[-1] >> 1 | (feedback & 1) << (bits - 1) == states[0] == 1


def test_the_register_of_three_bits_by_hand():
    # taps 3 and 2: the lowest two bits; 001 -> 100 -> 010 -> 101 -> 110 -> 111 -> 011 -> 001
    assert register_states(3).tolist() == [1, 4, 2, 5, 6, 7, 3]


def test_sobol_points_of_the_hardware_by_hand():
    # the lowest zero of the counter 0, 1, 2, 3 .. is bit 0, 1, 0, 2 ..: 4, 2, 4, 1 are exclusive-ored
    assert sobol_points(3, 0).tolist() == [0, 4, 6, 2, 3, 7, 5, 1]


@pytest.mark.parametrize("bits", [4, 8, 12])
def test_two_sobol_dimensions_fill_every_box_of_their_plane_once(bits):
    half = bits // 2
    pairs = zip(sobol_points(bits, 0) >> half, sobol_points(bits, 1) >> half)
    assert len(set(pairs)) == 2**bits


@pytest.mark.parametrize("source", ["lfsr", "sobol"])
@pytest.mark.parametrize("bits", [3, 6])
def test_over_a_period_a_probability_is_its_level(source, bits):
    """A register has 2^n - 1 numbers and a level of each; a Sobol sequence 2^n, and a register of n
    bits holds no level of all."""
    values = np.linspace(0, 1, 41)
    made = generators(source, bits)
    period = 2**bits - (source == "lfsr")
    shares = np.concatenate([trains(made, values, 1, clock) for clock in range(period)]).mean(0)
    expected = np.minimum(np.rint(values.astype(F).astype(float) * period), 2**bits - 1) / period
    np.testing.assert_allclose(shares, expected, atol=1e-12)


@pytest.mark.parametrize("source", ["lfsr", "sobol"])
def test_one_generator_for_both_sides_gives_the_smaller_probability(source):
    made = generators(source, 6, "tile")
    p = 0.25
    q = 0.75
    period = 64 - (source == "lfsr")
    met = np.mean(
        [
            (trains(made, [p], 1, clock, ROWS) & trains(made, [q], 1, clock)).item()
            for clock in range(period)
        ]
    )
    assert met == np.rint(p * period) / period  # not p q = 0.1875


def test_one_number_a_side_gives_the_product_but_one_train_for_all_equal_lines():
    made = generators("sobol", 6, "side")
    rows = np.concatenate([trains(made, [0.5] * 3, 1, clock, ROWS) for clock in range(64)])
    columns = np.concatenate([trains(made, [0.25] * 2, 1, clock) for clock in range(64)])
    assert (rows == rows[:, :1]).all() and (columns == columns[:, :1]).all()
    assert (rows[:, 0] & columns[:, 0]).mean() == 0.125


def test_lines_of_their_own_differ_in_phase_alone():
    made = generators("lfsr", 8)
    numbers = numbers_reference(40, 255, 0, ROWS, 40, made)
    first = numbers[:, 0].tolist()
    for line in numbers.T.tolist():
        turn = first.index(line[0])
        assert line == first[turn:] + first[:turn]
    assert len(set(numbers[0].tolist())) > 30


def test_the_chips_block_serves_lines_in_turn():
    made = generators("lfsr", 8, "chip", lanes=5)
    rows = numbers_reference(3, 2, 0, ROWS, 7, made)
    columns = numbers_reference(4, 2, 0, COLUMNS, 7, made)
    served = np.concatenate([rows, columns], axis=1).reshape(-1)  # slot by slot, rows first
    assert made.state[LANES] == 5
    # lane k gives the 1st, 6th and 11th bit that is served, a clock apart
    states = (register_states(8) - 1).tolist()
    for lane in range(5):
        mine = served[lane::5].tolist()
        start = states.index(mine[0])
        assert mine == [states[(start + clock) % 255] for clock in range(len(mine))]


@every("sharing", SHARINGS)
@every("bits", [3, 8, 16])
@every("source", ["lfsr", "sobol"])
def test_trains_of_any_length_are_those_of_the_numbers(source, bits, sharing):
    """Over one piece and over the turn of a period, for many lines with pulses and for few."""
    made = generators(source, bits, sharing)
    values = np.random.default_rng(bits).random(45).astype(F)
    period = int(made.state[SCALE])
    for slots, clock in ((1, 0), (9, period - 4), (32, 5), (64, 3 * period + 2)):
        for driven in (45, 2):
            values[driven:] = 0
            expected = generated_reference(values, 1.0, slots, clock, COLUMNS, 52, made)
            got = trains(made, values, slots, clock, others=7)
            np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("sharing", SHARINGS)
@pytest.mark.parametrize("source", ["lfsr", "sobol"])
def test_vectors_side_by_side_have_the_trains_of_each(source, sharing):
    made = generators(source, 12, sharing)
    rng = np.random.default_rng(2)
    errors = (rng.random((9, 6)) * (rng.random((9, 6)) < 0.6)).astype(F)
    errors[4] = 0
    slots = np.array([2, 0, 64, 31, 33, 1])
    clocks = np.array([0, 4093, 4094, 90000, 17, 4095])
    factors = np.linspace(0.3, 1.4, 6)
    drawn = np.full((9, 6), 7, U)
    generate_block(errors, factors, slots, clocks, drive_of(made, ROWS, 9, 14, 64), drawn)
    for v in range(6):
        alone = generated_reference(
            errors[:, v], factors[v], int(slots[v]), int(clocks[v]), ROWS, 14, made
        )
        np.testing.assert_array_equal(unpack(drawn[None, :, v], 64).T[: slots[v]], alone)
        assert (drawn[:, v] >> U(slots[v]) == 0).all() or slots[v] == 64


@every("sharing", SHARINGS)
@every("source, bits", [("lfsr", 8), ("lfsr", 11), ("sobol", 5)])
def test_kernel_and_twin_have_the_same_bits(source, bits, sharing):
    law = "constant_step"
    weights, state, planes = devices(law, 23, 90, False)
    other = state.copy()
    inputs, errors = vectors(4, 23, 90)
    settings = SETTINGS | {"longest": 10, "manage_length": True, "manage_update": True}
    made = [generators(source, bits, sharing, tile=7) for _ in range(2)]
    tally = new_tally(np.zeros(weights.shape, np.int32))
    kernels, twin = LAWS[law]
    cells = Cells(weights, state, planes, (F(0.3),), F(0))
    keys = draws(5, 6, 7, 8)
    kernels.update(cells, inputs, errors, trains_of(settings, made[0]), keys, tally)
    cells = Cells(other[:, 0], other, planes, (F(0.3),), F(0))
    expected, _ = update_reference(cells, twin, inputs, errors, trains_of(settings, made[1]), keys)
    counts = tally.counts
    np.testing.assert_array_equal(state, other)
    np.testing.assert_array_equal(counts, expected)
    assert counts[4] > 0
    clocks = counts[1]
    if sharing == "chip":  # the clocks of each vector are rounded up
        assert made[0].state[CLOCK] >= clocks * 113 / 5
    else:
        assert made[0].state[CLOCK] == clocks
    assert made[0].state[CLOCK] == made[1].state[CLOCK]
