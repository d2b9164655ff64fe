"""Does writing target weights count what it wrote, however the devices are written?"""

import numpy as np

from archsim.devices.presets import load_device
from archsim.schemes.layer_state import ActionCounts, LayerState
from archsim.schemes.shared.writing import write_targets

F = np.float32


def layer_of(devices, weights):
    writes = np.zeros(weights.shape, np.int32)
    return LayerState(0, "fc", weights, devices, writes, vectors=1, bias=False, tile=0)


def test_exact_weights_are_set_and_each_is_one_write():
    layer = layer_of(None, np.zeros((2, 2), F))
    done = ActionCounts()
    targets = np.array([[0.5, 0.25], [-1.0, 0.0]], F)
    selected = np.array([[True, False], [True, False]])
    for _ in range(2):
        write_targets(layer, targets, selected, done, seed=0, step=0)
    assert layer.weights.tolist() == [[0.5, 0.0], [-1.0, 0.0]]
    assert layer.writes.tolist() == [[2, 0], [2, 0]]
    # how many pulses that takes is the chip's to say
    assert done.sums == {"devices_written": 4.0} and done.actions == {}


def test_blind_pulses_come_as_near_as_their_mean_step_allows():
    exact = {"step_spread": 0.0, "asymmetry_spread": 0.0, "upper_spread": 0.0}
    settings = {**exact, "lower_spread": 0.0, "pulse_noise": 0.0, "pulse_step": 0.01}
    devices = load_device("constant_step", settings).build(1, 4)
    layer = layer_of(devices, devices.weights)
    done = ActionCounts()
    devices.set_weights(np.zeros((1, 4)))
    # 3.4 and -2.6 steps are 3 and 3 pulses, 100 are more than are given, the last is not selected
    targets = np.array([[0.034, -0.026, 0.4, 0.05]], F)
    selected = np.array([[True, True, True, False]])
    write_targets(layer, targets, selected, done, seed=0, step=0, most_pulses=10)
    np.testing.assert_allclose(layer.weights, [[0.03, -0.03, 0.1, 0.0]], atol=1e-6)
    assert layer.writes.tolist() == [[3, 3, 10, 0]]
    # each of the three is read once: how far it has to go takes a read
    assert done.sums == {"devices_written": 3.0, "write_pulses": 16.0, "verify_reads": 3.0}
    assert done.actions == {("array", "write"): 16.0}
