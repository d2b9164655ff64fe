"""Do trains without randomness bring every product, in the mean over updates, into the devices?"""

import numpy as np
import pytest

from archsim.devices import load_law
from archsim.kernels.update_reference import spread_reference

F = np.float32
UPDATES = 2000


def coincidences(p, q, slots, updates=UPDATES):
    """Of a row of probability p and a column of probability q in so many updates, (updates,)."""
    counts = []
    for image in range(updates):
        row = spread_reference(np.array([p], F), 1.0, slots, True, (image, 0))
        column = spread_reference(np.array([q], F), 1.0, slots, False, (image, 0))
        counts.append(int((row & column).sum()))
    return np.array(counts)


def test_seven_tenths_of_two_tenths_of_ten_slots_is_one_point_four():
    # 7 pulses at the start, 2 evenly spread from a phase b of 0 to 9: floor((14 + b)/10) meet, one
    # for six phases and two for four of them
    counts = coincidences(0.7, 0.2, 10)
    assert set(counts) == {1, 2}
    assert counts.mean() == pytest.approx(1.4, abs=0.01)


def test_a_product_below_half_a_pulse_is_not_lost():
    # 0.3 x 0.2 x 4 = 0.24 pulses an update; rounded to the nearest, never one
    assert coincidences(0.3, 0.2, 4).mean() == pytest.approx(0.24, abs=0.01)


def test_pulses_at_the_start_of_both_sides_would_be_the_smaller_number():
    rows = spread_reference(np.array([0.7], F), 1.0, 10, True, (0, 0))
    columns = spread_reference(np.array([0.2], F), 1.0, 10, True, (0, 0))
    assert (rows & columns).sum() == 2  # min(7, 2), where 1.4 is meant


@pytest.mark.parametrize("longest", [10, 31])
def test_managed_trains_give_the_rate_times_the_product(longest):
    """On devices: rate 10 steps, x = 0.7 and 0.1, d = 0.2 and -0.05. The largest product asks for 1.4
    pulses, so trains have two slots, in each of which both lines have sqrt(0.7).
    """
    x, d = np.array([[0.7, 0.1]], F), np.array([[0.2, -0.05]], F)
    array = load_law("constant_step")(
        pulse_step=0.001,
        step_spread=0.0,
        asymmetry_spread=0.0,
        pulse_noise=0.0,
        upper_bound=100.0,
        lower_bound=-100.0,
        upper_spread=0.0,
        lower_spread=0.0,
    ).build(2, 2, seed=1)
    array.set_weights(np.zeros((2, 2), F))
    trains = array.trains(rate=0.01, longest=longest, deterministic=True)
    for image in range(UPDATES):
        array.update(x, d, trains, step=image)
    pulses = array.weights / (0.001 * UPDATES)
    np.testing.assert_allclose(pulses, 10 * np.outer(d[0], x[0]), atol=0.02)


def test_lines_of_one_value_do_not_round_together():
    # 64 rows of half a pulse: about half of them pulse in any one update
    rows = [spread_reference(np.full(64, 0.05, F), 1.0, 10, True, (n, 0)).sum() for n in range(100)]
    assert min(rows) >= 30 and max(rows) <= 34


def test_vectors_of_one_image_walk_too():
    firsts = {
        int(spread_reference(np.array([0.05], F), 1.0, 10, True, (3, vector)).sum())
        for vector in range(10)
    }
    assert firsts == {0, 1}
