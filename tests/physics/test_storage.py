"""Writing by program and verify, refresh of pairs, decay and diffusion a mini-batch."""

import math

import numpy as np

from archsim.devices import load_law
from archsim.devices.presets import load_device
from tests.near import near


def test_program_and_verify_has_its_statistics():
    # a verify read that sees where a device is: noise of reads would repeat and miss some
    device = load_device("bulk_rram", {"read_noise": 0.0})
    array = device.build(100, 500)
    targets = np.full((100, 500), 0.5, np.float32)
    targets[:, ::2] = -0.5
    selected = np.ones((100, 500), bool)
    selected[50:] = False
    writes = np.zeros((100, 500), np.int32)
    devices, cycles, outside = array.program(targets, selected, seed=1, writes=writes)
    assert (array.weights[50:] == 0).all() and (writes[50:] == 0).all()
    assert devices == 2 * 25_000 and writes.sum() == cycles
    # the driven device of a pair: window of one sigma, two cycles; the other one sits at its lower
    # bound, where half of the errors are cut
    miss = 1 - math.erf(1 / math.sqrt(2))
    driven = np.where(targets > 0, array.state[:, 0], array.state[:, 1])[:50].astype(float) - 0.5
    share = (np.abs(driven) > device.verify_window).mean()
    assert abs(share - miss**2) < 4 * math.sqrt(miss**2 / 25_000) + 1e-3
    assert abs(driven.mean()) < 4 * device.program_error / 25_000**0.5
    inside = driven[np.abs(driven) <= device.verify_window]
    variance = 1 - 2 * math.exp(-0.5) / math.sqrt(2 * math.pi) / (1 - miss)
    assert inside.std() == near(device.program_error * math.sqrt(variance), rel=0.02)
    assert outside / devices == near((miss**2 + (miss / 2) ** 2) / 2, rel=0.1)


def test_refresh_keeps_the_difference_and_frees_the_range():
    device = load_device(
        "one_sided_soft", {"pulse_step": 0.001, "pulse_noise": 0.0, "upper_spread": 0.0}
    )
    array = device.build(40, 50)
    array.state[:, 0] = 0.8
    array.state[:, 1] = np.where(np.arange(50) < 25, 0.3, 0.2)
    array.show()
    before = array.weights.copy()
    counts = array.refresh()
    assert counts[5] == 40 * 25
    np.testing.assert_array_equal(array.weights[:, 25:], before[:, 25:])
    np.testing.assert_allclose(array.weights, before, atol=0.001)
    assert array.state[:, 1, :25].max() < 0.002 and array.refresh()[5] == 0
    assert load_device("gokmen2016").build(2, 2).refresh()[5] == 0


def test_decay_and_diffusion():
    array = load_law("constant_step")(lifetime=100.0, rest_weight=0.1, upper_spread=0.0).build(
        50, 1000
    )
    array.set_weights(np.full((50, 1000), 0.5))
    array.age()
    np.testing.assert_allclose(array.weights, 0.1 + 0.4 * 0.99, rtol=1e-6)
    array.age(batches=99)
    np.testing.assert_allclose(array.weights, 0.1 + 0.4 * 0.99**100, rtol=1e-6)
    array = load_law("constant_step")(diffusion=0.01, upper_spread=0.0, lower_spread=0.0).build(
        50, 1000
    )
    array.age(batches=4, step=1)
    assert array.weights.std() == near(0.02, rel=4 / (2 * 5e4) ** 0.5)
    first = array.weights.copy()
    array.age(batches=4, step=2)
    assert abs(np.corrcoef(first.ravel(), (array.weights - first).ravel())[0, 1]) < 4 / 5e4**0.5
