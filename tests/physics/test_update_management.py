"""Where does the surplus of a probability above 1 go under update management, with one slot and more?

Gokmen 2017 names the split alone: m = sqrt(d_max/x_max), C_x = m C, C_d = C/m. A line pulses with
probability min(1, C |v|), so that a slot can give one coincidence and no more. aihwkit bounds the
input side first; here that is what length management does.
"""

import numpy as np
import pytest

from archsim.devices.presets import load_device
from archsim.kernels.trains import plan_train
from archsim.kernels.update_reference import plan_reference
from archsim.schemes.shared.expected_pulses import expected_pulses

RATE = 0.01
STEP = 0.001
F = np.float32
# C^2 = 0.01 / (1 x 0.001) = 10, so the largest pair of lines asks for 10 x 0.4 x 0.9 = 3.6 pulses.
INPUTS = np.array([0.4, 0.1], F)
ERRORS = np.array([0.9, 0.09], F)
WANTED = [[3.6, 0.9], [0.36, 0.09]]  # 10 d x


def probabilities(manage_length: bool, longest: int = 1) -> tuple[int, np.ndarray, np.ndarray]:
    """Slots, and what columns and rows ask for before the cap at 1."""
    arguments = (RATE, STEP, longest, INPUTS.max(), ERRORS.max(), True, manage_length)
    slots, input_factor, error_factor = plan_train(*arguments)
    assert (slots, input_factor, error_factor) == plan_reference(*arguments)
    return slots, input_factor * INPUTS, error_factor * ERRORS


def test_of_the_paper_both_sides_ask_for_the_root_and_both_lose_what_is_above_one():
    slots, columns, rows = probabilities(manage_length=False)
    # m = sqrt(0.9 / 0.4) = 1.5, C = 3.162: C_x = 4.743, C_d = 2.108; sqrt(3.6) = 1.897
    assert slots == 1
    np.testing.assert_allclose(columns, [1.8974, 0.47434], rtol=1e-4)
    np.testing.assert_allclose(rows, [1.8974, 0.18974], rtol=1e-4)
    given = np.outer(rows.clip(max=1), columns.clip(max=1))
    # the pairs of each largest line lose too: 0.474 of 0.9 and 0.190 of 0.36 pulses are left
    np.testing.assert_allclose(given, [[1, 0.47434], [0.18974, 0.09]], rtol=1e-4)


def test_of_aihwkit_inputs_are_never_cut_and_the_error_side_takes_the_whole_cap():
    slots, columns, rows = probabilities(manage_length=True)
    # the input's largest is 1, C_x = 1 / 0.4 = 2.5; C_d = 10 / 2.5 = 4, and 4 x 0.9 = 3.6 is cut
    assert slots == 1
    np.testing.assert_allclose(columns, [1, 0.25], rtol=1e-6)
    np.testing.assert_allclose(rows, [3.6, 0.36], rtol=1e-6)
    given = np.outer(rows.clip(max=1), columns.clip(max=1))
    # the row of the large error keeps the shape of the inputs, the other row all that it asked for
    np.testing.assert_allclose(given, [[1, 0.25], [0.36, 0.09]], rtol=1e-6)
    np.testing.assert_allclose(
        expected_pulses(INPUTS, ERRORS, RATE, STEP, longest=1), given, rtol=1e-6
    )


@pytest.mark.parametrize("manage_length", [False, True])
def test_what_is_lost_is_lost_and_not_kept_for_later(manage_length):
    # 2,000 equal updates ask for 3.6 pulses each of the largest device and 0.09 of the smallest
    exact = {"step_spread": 0.0, "asymmetry_spread": 0.0, "pulse_noise": 0.0}
    devices = load_device("idealized", exact | {"pulse_step": STEP}).build(2, 2, seed=1)
    writes = np.zeros((2, 2), np.int32)
    updates = 2000
    devices.update(
        np.tile(INPUTS, (updates, 1)),
        np.tile(ERRORS, (updates, 1)),
        devices.trains(rate=RATE, longest=1, manage_length=manage_length),
        seed=3,
        writes=writes,
    )
    _, columns, rows = probabilities(manage_length)
    given = np.outer(rows.clip(max=1), columns.clip(max=1))
    spread = np.sqrt(given * (1 - given) / updates)
    assert writes[0, 0] == updates  # one in every slot, never two
    assert (np.abs(writes / updates - given) <= 4 * spread + 1e-9).all()


def test_slots_enough_for_the_largest_pair_cut_nothing():
    for manage_length in (False, True):
        slots, columns, rows = probabilities(manage_length, longest=4)
        assert slots == 4 and columns.max() <= 1 and rows.max() <= 1
        np.testing.assert_allclose(slots * np.outer(rows, columns), WANTED, rtol=1e-5)
