"""Are devices without a spread, whose rows share their planes, those that keep a row each?"""

import numpy as np
import pytest

import archsim.devices.device
from archsim.devices import LAWS, load_law
from archsim.devices.drawing import rows_alike
from archsim.devices.presets import load_device, load_presets
from archsim.training.loop import train
from archsim.training.machine import Machine
from archsim.training.settings import read_settings
from workloads import load_network
from workloads.datasets import load_dataset

SHAPE = (12, 19)
STEPS = {"upper_bound": 0.3, "lower_bound": -0.2}  # near enough to be met


def quiet(law, **changes):
    """A device of the law whose planes have no spread."""
    names = [p.name for p in load_law(law).parameters if p.name.endswith("_spread")]
    names = [name for name in names if name != "reset_spread"]
    values = dict.fromkeys(names, 0.0) | changes
    known = {parameter.name for parameter in load_law(law).parameters}
    return load_law(law)(**{name: value for name, value in values.items() if name in known})


def worked(array):
    """The array after all that changes one: pulses on few and on many columns, programming, refresh
    and age. Returns what it holds, and the pulses of each device.
    """
    generator = np.random.default_rng(4)
    rows, columns = SHAPE
    writes = np.zeros(SHAPE, np.int32)
    array.set_weights(generator.uniform(-0.3, 0.3, SHAPE))
    if array.device.paired:
        array.state[...] = np.clip(
            array.state + generator.uniform(0, 0.3, array.state.shape), 0, array.planes[:, :, 3]
        )
        array.show()
    for step in range(4):
        key = {"seed": 5, "step": step, "writes": writes}
        if "verify_window" in array.device.values:
            array.program(generator.uniform(-1, 1, SHAPE), generator.random(SHAPE) < 0.5, **key)
        inputs = generator.uniform(-1, 1, (6, columns))
        inputs[:3, 2:] = 0.0
        trains = array.trains(rate=0.3)
        array.update(inputs, generator.uniform(-1, 1, (6, rows)), trains, **key)
        array.pulse(generator.integers(-2, 3, SHAPE), **key)
        array.refresh(**key)
        array.age(batches=4, seconds=1.0, reads=100, seed=5, step=step)
    return array.weights.tobytes(), array.state.tobytes(), writes.tobytes()


@pytest.mark.parametrize("law", LAWS)
def test_every_law_works_alike_on_shared_and_on_own_rows(law):
    own = {"lifetime": 40.0, "diffusion": 0.001, "read_disturb": 1e-4, "retention_time": 50.0}
    device = quiet(law, **STEPS, **own)
    array = device.build(*SHAPE, seed=3)
    # Every row of it is one that a scheme may write.
    assert len(array.planes) == (SHAPE[0] if device.planes_written else 1)
    apart = device.build(*SHAPE, seed=3)
    apart.planes = np.ascontiguousarray(apart.every_plane())
    assert apart.planes.shape == (SHAPE[0], *array.planes.shape[1:])
    start = array.weights.tobytes()
    done = worked(array)
    assert done == worked(apart)
    assert done[0] != start


@pytest.mark.parametrize("name", sorted(load_presets()))
def test_presets_keep_a_row_for_each_row_that_differs(name, monkeypatch):
    array = load_device(name).build(30, 7, seed=1)
    monkeypatch.setattr(archsim.devices.device, "rows_alike", lambda planes: False)
    planes = load_device(name).build(30, 7, seed=1).planes
    np.testing.assert_array_equal(np.broadcast_to(array.planes, planes.shape), planes)
    if len(array.planes) > 1 and not array.device.planes_written:
        assert (planes != planes[0]).any()


def test_one_row_in_the_middle_is_enough():
    planes = np.ones((5, 1, 4, 3), np.float32)
    assert rows_alike(planes)
    planes[2, 0, 1, 1] = 2.0
    assert not rows_alike(planes)


STUCK = {"rule": "rpu", "device": "perfect", "devices_per_weight": {"conv1": 3}}
TRAININGS = {
    "pulses": {"rule": "rpu", "device": "perfect"},
    # No device of the copies of the first layer is stuck, but some of the second layer are.
    "one layer": {**STUCK, "device_settings": {"corrupt_probability": 0.0008}},
    # Of the three copies only the second one has a device that is stuck.
    "one copy": {**STUCK, "device_settings": {"corrupt_probability": 0.005}},
    "switches": {"rule": "cbram_sc", "device": "cbram"},
    "programmed": {"rule": "mixed_precision", "device": "bulk_rram", "batch": 4},
    "fast array": {"rule": "tiki_taka", "device": "perfect"},
    "shifted": {"rule": "zero_shift", "device": "soft_bounds_reference"},
}


@pytest.mark.parametrize("case", TRAININGS)
def test_a_training_is_the_same_with_and_without_shared_rows(case, monkeypatch):
    network, data = load_network("digits_cnn"), load_dataset("digits")
    settings = read_settings({"epochs": 1, "images_per_epoch": 40, "seed": 3} | TRAININGS[case])
    weights, digests = [], []
    rows = []
    for shared in (True, False):
        if not shared:
            monkeypatch.setattr(archsim.devices.device, "rows_alike", lambda planes: False)
        result = train(network, data, settings)
        weights.append(b"".join(matrix.tobytes() for matrix in result.weights.values()))
        arrays = Machine(network, settings).arrays
        digests.append(arrays.drawn_digest())
        rows.append([len(device.planes) for device in arrays.devices])
    assert weights[0] == weights[1]
    # A checkpoint of either goes on in the other.
    assert digests[0] == digests[1]
    own = {"one layer": [1, 1, 1, 10], "one copy": [16, 16, 16, 10], "shifted": [16, 10]}
    assert rows[0] == own.get(case, [1, 1])
    assert 1 not in rows[1]


def test_copies_of_one_layer_keep_as_many_rows_as_each_other():
    settings = read_settings({"epochs": 1, "seed": 3} | TRAININGS["one copy"])
    devices = Machine(load_network("digits_cnn"), settings).arrays.devices[:3]
    assert [rows_alike(device.planes) for device in devices] == [True, False, True]
