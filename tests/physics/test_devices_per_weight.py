"""Are the devices that a training has for a weight those that are placed and priced, and do they
help?
"""

import numpy as np
import pytest

import archsim
from archsim.training.loop import train as train_core
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings, read_settings
from tests.near import near
from workloads import load_network
from workloads.datasets import load_dataset
from workloads.network import Layer, Network

SMALL = {"tile.rows": 32, "tile.columns": 64, "read.columns_per_adc": 8}


@pytest.mark.parametrize("copies", [4, {"fc": 3}])
def test_copies_of_a_weight_start_equal_each_within_its_own_bounds(copies):
    settings = read_settings({"devices_per_weight": copies, "seed": 5, "initial_scale": 8.0})
    machines = {
        "one": Machine(load_network("digits_cnn"), TrainingSettings(seed=5, initial_scale=8.0)),
        "many": Machine(load_network("digits_cnn"), settings),
    }
    first = {index: matrix for index, copy, matrix in machines["one"].arrays.matrices()}
    wanted = {
        index: matrix for index, copy, matrix in machines["many"].arrays.matrices() if copy == 0
    }
    seen = 0
    for (index, copy, matrix), device in zip(
        machines["many"].arrays.matrices(), machines["many"].arrays.devices
    ):
        low, high = device.planes[:, 0, 2], device.planes[:, 0, 3]
        free = (
            (low < matrix)
            & (matrix < high)
            & (wanted[index] < machines["many"].arrays.devices[0].planes.max())
        )
        base = machines["one"].arrays.devices[index]
        inside = (
            free & (base.planes[:, 0, 2] < first[index]) & (first[index] < base.planes[:, 0, 3])
        )
        np.testing.assert_array_equal(matrix[inside], first[index][inside])
        assert ((matrix == low) | (matrix == high) | free).all() and inside.mean() > 0.1
        seen += copy > 0
        if copy > 0:
            assert (matrix != first[index]).any()  # where its own bound is in the way
    assert seen == (6 if copies == 4 else 2)


def priced(**settings):
    chip = archsim.load_architecture("rpu", SMALL | settings)
    result = archsim.simulate("digits_cnn", chip, scheme="rpu", phase="training")
    counts = {}
    for row in result.ledger:
        key = f"{row['component']}.{row['action']}"
        counts[row["layer"], key] = counts.get((row["layer"], key), 0) + row["count"]
    return result, counts


def test_every_device_of_a_weight_is_placed_read_pulsed_and_paid():
    one, before = priced()
    four, all_layers = priced(**{"training.devices_per_weight": 4})
    some, by_layer = priced(**{"training.devices_per_weight.conv1": 13})
    assert one.area_mm2 < four.area_mm2 and one.tiles < four.tiles and one.energy_j < four.energy_j
    assert one.area_mm2 < some.area_mm2 and one.tiles < some.tiles and one.energy_j < some.energy_j
    for layer, copies in (("conv1", 13), ("fc", 1)):
        assert all_layers[layer, "array.update"] == near(4 * before[layer, "array.update"])
        assert by_layer[layer, "array.update"] == near(copies * before[layer, "array.update"])
        assert by_layer[layer, "adc.convert"] >= before[layer, "adc.convert"]
        for action in ("array.read", "bit_line_driver.drive", "bitstream_generator.bit"):
            assert (by_layer[layer, action] > before[layer, action]) == (copies > 1)
    # cells of digits_cnn on this chip: 16 x (9 + 1) and 10 x (144 + 1), each with a reference
    # column's worth elsewhere
    cells = {row["layer"]: row["rows"] * row["columns"] for row in some.placement}
    assert cells == {"conv1": 10 * 16 * 13, "fc": 145 * 10}


@pytest.mark.parametrize(
    "physics",
    [
        {"physics.read_noise": 0.2, "physics.output_bound": 50.0},
        {
            "physics.model": "dual_column",
            "physics.cell_noise_us": 0.5,
            "physics.adc_noise_levels": 0.5,
        },
    ],
)
def test_real_data_are_read_by_every_device_of_a_weight(physics):
    # one tile for all: on more tiles each would have a range of its own
    layers = (
        Layer("input", "input", (), (), (40,)),
        Layer("w", "linear", ("input",), ((40,),), (60,), bias=True),
    )
    network = Network("one layer", layers)
    errors = {}
    for replicas in (1, 9):
        settings = {
            "weights.layer_replicas.w": replicas,
            "read.adc_bits": 12,
            "tile.columns": 2048,
            **physics,
        }
        chip = archsim.load_architecture("cim40", settings)
        result = archsim.simulate(network, chip, data="random", images=16, seed=3)
        errors[replicas] = float(np.std(result.outputs - result.reference_outputs))
    assert errors[9] == near(errors[1] / 3, rel=0.15)


@pytest.mark.study
def test_more_devices_a_weight_train_no_worse():
    """Gokmen 2017, Fig. 7: more devices a weight average out what they do differently."""
    network = load_network("digits_cnn")
    data = load_dataset("digits")
    errors = {}
    for copies in (1, 4, 13):
        runs = [
            train_core(
                network,
                data,
                read_settings(
                    {"devices_per_weight": copies, "seed": seed, "epochs": 5, "learning_rate": 0.01}
                ),
            )
            for seed in range(1, 6)
        ]
        errors[copies] = np.array(
            [np.mean([row["test_error_percent"] for row in run.history[-2:]]) for run in runs]
        )
    for copies in (4, 13):
        spread = np.hypot(errors[copies].std(ddof=1), errors[1].std(ddof=1)) / 5**0.5
        assert errors[copies].mean() <= errors[1].mean() + 2 * spread
