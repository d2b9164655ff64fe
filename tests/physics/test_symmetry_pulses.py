"""How far from its symmetry point do alternating pulses leave a device, and is that the reference
that Tiki-Taka reads against?
"""

import numpy as np
import pytest

from archsim.devices.array import draws
from archsim.devices.presets import load_device
from archsim.devices.symmetry import drive_to_symmetry, symmetry_points
from archsim.kernels.fast_array import FAST_TILE
from archsim.kernels.update_reference import pulse_reference
from archsim.schemes import load_scheme
from archsim.schemes.layer_state import LayerState
from archsim.schemes.pulsed.algorithms.tiki_taka_state import new_state
from hwlib.errors import InputError
from tests.near import near

F = np.float32
QUIET = {
    "pulse_noise": 0.0,
    "step_spread": 0.0,
    "asymmetry_spread": 0.0,
    "upper_spread": 0.0,
    "lower_spread": 0.0,
}


def array_of(name="rasch2024_20_states", shape=(6, 7), seed=3, **changes):
    return load_device(name, changes).build(*shape, seed=seed, tile=2)


@pytest.mark.parametrize(
    "step, upper, lower", [(0.1, 1.0, -0.5), (0.1, 0.6, -1.0), (0.01, 1.0, -0.5)]
)
def test_the_error_falls_with_the_pulses_as_the_law_says(step, upper, lower):
    # up: w (1 - a/b_max) + a, down: w (1 - a/|b_min|) - a; a pair keeps the share s of the distance
    # to its fixed point
    rise, fall = 1 - step / upper, 1 - step / -lower
    share = rise * fall
    end = (fall * step - step) / (1 - rise * fall)
    point = 0.0  # a_up (1 - w/b_max) = a_dn (1 - w/b_min) with equal steps: w = 0 for any bounds
    for pairs in (1, 2, 5, 20, 100):
        array = array_of(pulse_step=step, upper_bound=upper, lower_bound=lower, **QUIET)
        array.set_weights(np.full(array.weights.shape, 0.4, F))
        drive_to_symmetry(array, 2 * pairs, seed=1, tile=2)
        np.testing.assert_allclose(array.weights, end + share**pairs * (0.4 - end), atol=1e-5)
    assert np.abs(symmetry_points(array) - point).max() < 1e-5 and abs(end - point) < step


@pytest.mark.parametrize("pulses", [200, 201])
def test_one_read_is_half_a_step_off_and_the_mean_of_two_is_not(pulses):
    # a = 0.2, bounds of +-1: up 0.8 w + 0.2, down 0.8 w - 0.2. The cycle ends at w = 0.64 w - 0.04 =
    # -1/9 after a down pulse and at +1/9 after an up pulse; the symmetry point is 0.
    means = {}
    for reads in (1, 2, 3, 4):
        array = array_of(pulse_step=0.2, **QUIET)
        means[reads] = drive_to_symmetry(array, pulses, seed=1, tile=2, reads=reads)
        if reads == 1:
            np.testing.assert_array_equal(means[1], array.weights)
    last = -1 / 9 if pulses % 2 == 0 else 1 / 9
    for reads, mean in means.items():
        np.testing.assert_allclose(mean, last / reads if reads % 2 else 0.0, atol=1e-6)


def test_the_noise_of_the_pulses_stays():
    a, noise = 0.1, 0.3
    array = array_of(shape=(60, 70), **QUIET | {"pulse_noise": noise})
    drive_to_symmetry(array, 200, seed=1, tile=2)
    # the noise of the up pulse is shrunk by the down pulse, both by every pair that follows
    spread = a * noise * np.sqrt((1 + (1 - a) ** 2) / (1 - (1 - a) ** 4))
    assert array.weights.std() == near(spread, rel=4 / np.sqrt(2 * array.weights.size))


def test_pulses_have_the_bits_of_their_twin_and_follow_the_seed():
    array = array_of()
    twin = array_of()
    other = array_of()
    drive_to_symmetry(array, 30, seed=9, tile=5)
    drive_to_symmetry(other, 30, seed=10, tile=5)
    with np.errstate(over="ignore"):
        for number in range(30):
            signed = np.full(twin.weights.shape, 1 - 2 * (number % 2), int)
            pulse_reference(twin.cells, twin.device.reference(), signed, draws(9, number, 5))
    np.testing.assert_array_equal(array.weights, twin.weights)
    assert (array.weights != other.weights).all()


def layer_of(**changes):
    devices = array_of(shape=(20, 30), **changes)
    return LayerState(0, "fc", devices.weights, devices, np.zeros((20, 30), np.int32), 1, True, 2)


def test_the_reference_of_tiki_taka_is_what_the_pulses_reached():
    off = {}
    for pulses in (2, 10, 100, 400):
        settings = {"symmetry_pulses": pulses, "reference_reads": 1}
        state = new_state(load_scheme("tiki_taka", settings), layer_of(pulse_step=0.02), 4)
        again = new_state(load_scheme("tiki_taka", settings), layer_of(pulse_step=0.02), 4)
        np.testing.assert_array_equal(state.memory.reference, again.memory.reference)
        np.testing.assert_array_equal(state.memory.reference, state.fast.weights)
        fast = load_device("rasch2024_20_states", {"pulse_step": 0.02}).build(
            20, 30, seed=4, tile=2 + FAST_TILE
        )
        off[pulses] = float(np.sqrt(((state.memory.reference - symmetry_points(fast)) ** 2).mean()))
        assert not state.writes.any()  # they are the setup's
    assert off[2] > off[10] > off[100] > off[400] and off[400] < 0.3 * off[2]
    wrong = new_state(
        load_scheme(
            "tiki_taka", {"symmetry_pulses": 400, "reference_reads": 1, "reference_error": 0.3}
        ),
        layer_of(pulse_step=0.02),
        4,
    )
    assert float((wrong.memory.reference - wrong.fast.weights).std()) == near(0.3, rel=0.1)


def test_reads_of_the_reference_take_its_bias_of_half_a_step():
    """On coarse devices, whose v2 gathers it as a gradient: 10 states, 100 pulses."""
    wrong = {}
    for reads in (1, 2, 50):
        state = new_state(
            load_scheme("tiki_taka", {"reference_reads": reads}), layer_of(pulse_step=0.2), 4
        )
        fast = load_device("rasch2024_20_states", {"pulse_step": 0.2}).build(
            20, 30, seed=4, tile=2 + FAST_TILE
        )
        wrong[reads] = state.memory.reference - symmetry_points(fast)
    # half a step is 0.1; the mean of 600 devices with noise of 0.1 is known to 0.005
    assert wrong[1].mean() == pytest.approx(-0.11, abs=0.03)
    assert abs(wrong[2].mean()) < 0.02
    assert wrong[50].std() < 0.7 * wrong[2].std()


def test_more_reads_than_pulses_are_refused():
    load_scheme("tiki_taka", {"symmetry_pulses": 3, "reference_reads": 4})  # one before the first
    with pytest.raises(InputError, match="a pulse lies between"):
        load_scheme("tiki_taka", {"symmetry_pulses": 3, "reference_reads": 5})


@pytest.mark.parametrize("name", ["one_sided_soft", "cbram"])
def test_devices_that_have_no_such_point_are_refused(name):
    with pytest.raises(InputError, match="no symmetry point"):
        drive_to_symmetry(array_of(name), 2, seed=0, tile=0)
