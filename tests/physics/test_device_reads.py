"""Does who verifies or refreshes see more of a device than a converter does?"""

import math

import numpy as np
import pytest

from archsim.chip.load import load_architecture
from archsim.devices.presets import load_device
from archsim.kernels.device_read import EXACT
from archsim.kernels.records import DeviceRead
from archsim.schemes import load_scheme
from archsim.training.machine import Machine
from archsim.training.setup import settings_of
from tests.near import near
from workloads.load import load_network

F = np.float32


def programmed(read, cycles=1, shape=(200, 250), target=0.5, **changes):
    settings = {"read_noise": 0.0, "cycles": cycles} | changes
    array = load_device("bulk_rram", settings).build(*shape)
    array.device_read = read
    counts = array.program(np.full(shape, target, F), np.ones(shape, bool), seed=1)
    return array, counts


def test_a_verify_read_in_coarse_levels_takes_for_right_what_rounds_to_the_target():
    # levels of 0.25: 0.5 is one, so every device within 0.125 of it is seen at the target itself;
    # an error of 0.0625 is there in erf(0.125 / 0.0625 / sqrt 2) = 95.4 % of cycles, within the
    # window of 1/30 in only 40.6 %
    changes = {"program_error": 0.0625, "verify_window": 1 / 30}
    coarse, counts = programmed(DeviceRead(F(0.25), F(1), F(0)), **changes)
    driven = coarse.state[:, 0]
    inside = (np.abs(driven - 0.5) < 0.125).mean()
    assert inside == pytest.approx(math.erf(2 / math.sqrt(2)), abs=0.005)
    # the other device of each pair stands between 0 and 0.125, seen as 0, or is above
    above = 0.5 * (1 - math.erf(2 / math.sqrt(2)))
    left_outside = counts[2] / 50_000
    assert left_outside == pytest.approx((1 - inside) + above, abs=0.005)
    _, exact = programmed(EXACT, **changes)
    miss = 1 - math.erf((1 / 30) / 0.0625 / math.sqrt(2))
    assert exact[2] / 50_000 == pytest.approx(1.5 * miss, abs=0.01)


def test_a_target_between_two_levels_is_never_seen():
    # levels of 0.5 and a window of 1/30: no read of a device near 0.25 is within it
    _, counts = programmed(DeviceRead(F(0.5), F(1), F(0)), cycles=5, target=0.25, program_error=0.0)
    assert counts[1] == 5 * 50_000 + 50_000  # the driven device tries every cycle, the other one
    assert counts[2] == 50_000


def test_noise_of_the_converter_and_of_the_device_add_up():
    # a device that is exactly written, seen with 0.03 and 0.04 = 0.05 together, window 0.05: one
    # sigma
    read = DeviceRead(F(0), F(0), F(0.03))
    changes = {"read_noise": 0.04, "program_error": 0.0, "verify_window": 0.05}
    _, counts = programmed(read, **changes)
    assert counts[2] / 100_000 == pytest.approx(1 - math.erf(1 / math.sqrt(2)), abs=0.005)


def test_a_refresh_keeps_the_weight_to_a_level_of_the_converter():
    # 0.80 - 0.30, read in levels of 0.1, is 0.5; a pair is left within half a level of that
    settings = {"step_spread": 0.0, "upper_spread": 0.0, "pulse_noise": 0.0}
    array = load_device("one_sided_soft", settings).build(6, 9)
    array.device_read = DeviceRead(F(0.1), F(1), F(0))
    array.state[:, 0], array.state[:, 1] = 0.83, 0.34
    array.show()  # 0.49: devices are seen at 0.8 and 0.3
    assert array.refresh()[5] == 54
    # from zero upwards the first value that reads 0.5 is the first above 0.45
    assert (array.weights >= 0.45).all() and (array.weights < 0.45 + 0.002).all()


def test_a_pair_is_refreshed_by_what_is_read_of_it():
    array = load_device("one_sided_soft", {"upper_spread": 0.0}).build(2, 2)
    array.device_read = DeviceRead(F(0.5), F(1), F(0))
    for plus, refreshed in ((0.76, 4), (0.74, 0)):  # read 1.0 and 0.5 in levels of a half
        array.state[:, 0], array.state[:, 1] = plus, 0.3  # read 0.5, above the lower limit of 0.25
        array.show()
        assert array.refresh()[5] == refreshed


@pytest.mark.parametrize("bits", [3, 8])
def test_a_training_reads_single_devices_through_the_converter_of_its_chip(bits):
    # an output bound of 12 and noise of 0.06: 1/200 of the full scale, which is the largest device
    chip = load_architecture("cim40", {"read.adc_bits": bits})
    chosen = {"epochs": 1, "batch": 8, "seed": 1, "device": "one_sided_soft", "changes": None}
    settings, _ = settings_of(chip, load_scheme("hic"), **chosen)
    array = Machine(load_network("digits_cnn"), settings).arrays.devices[0]
    largest = array.planes[:, :, 3].max()
    assert array.device_read.bound == largest
    assert array.device_read.step == near(2 * largest / (2**bits - 2))
    assert array.device_read.noise == near(largest / 200)


def test_an_array_of_its_own_is_read_exactly():
    assert load_device("bulk_rram").build(2, 2).device_read == EXACT
