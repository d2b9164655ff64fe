"""Do the rules whose weights are on arrays train on devices, through the chip's converters?"""

import numpy as np
import pytest

import archsim
from archsim.devices import LAWS, load_law
from archsim.devices.presets import load_device
from archsim.schemes import load_scheme
from archsim.schemes.layer_state import ActionCounts, LayerState
from archsim.schemes.shared.state_read import LineRead, read_state
from archsim.schemes.shared.writing import write_targets
from archsim.training.loop import train
from archsim.training.machine import Machine
from archsim.training.settings import device_of, read_settings
from archsim.training.setup import settings_of
from archsim.training.table import OUTPUT, OUTPUT_SIZE
from hwlib.errors import InputError
from tests.near import near
from workloads import load_network
from workloads.datasets import load_dataset

F = np.float32
ON_ARRAYS = ("sgd", "essop", "lns_madam", "dsc", "cbram_sc")
COARSE = {"read.input_bits": 3, "read.output_bits": 3}


def settings(name, chip="cim40", scheme=None, **changes):
    rule = load_scheme(name, scheme)
    terms = {"epochs": 1, "batch": None, "seed": 1, "device": None, "changes": changes}
    chip = archsim.load_architecture(chip)
    return settings_of(chip, rule, **terms, network=load_network("digits_cnn"))[0]


def error_of(chosen, images=600):
    data = load_dataset("digits").first(train=images)
    return train(load_network("digits_cnn"), data, chosen).history[-1]["test_error_percent"]


@pytest.mark.parametrize("name", ON_ARRAYS)
def test_coarse_converters_cost_every_rule_on_arrays_accuracy(name):
    fast = {"learning_rate": 2.0**-6} if name == "dsc" else {}
    fine, coarse = settings(name, **fast), settings(name, **fast, **COARSE)
    assert device_of(fine) == device_of(coarse) == "bulk_rram"
    # three levels a side of zero: a step of a third of the bound swallows what most outputs are
    assert error_of(coarse) > error_of(fine) + 15


def test_off_the_arrays_no_converter_acts():
    coarse = archsim.load_architecture("cim40", {"read.input_bits": 3, "read.adc_bits": 3})
    one, other = (settings("sgd", chip, {"weights_in": "memory"}) for chip in ("cim40", coarse))
    assert device_of(one) == "" and error_of(one, 64) == error_of(other, 64)


@pytest.mark.parametrize(
    "chip, device", [("cim40", "bulk_rram"), ("wu2023", "bulk_rram_2bit"), ("rpu", "gokmen2016")]
)
def test_a_rule_without_a_device_of_its_own_takes_the_chips(chip, device):
    assert device_of(settings("sgd", chip)) == device
    changed = archsim.load_architecture(chip, {"weights.device": "ecram"})
    assert device_of(settings("sgd", changed)) == "ecram"
    assert device_of(settings("hic", changed)) == "one_sided_soft"


def test_the_device_of_a_chip_moves_the_trained_weights():
    """The coupling of `weights.device`."""
    trained = [
        train(
            load_network("digits_cnn"),
            load_dataset("digits").first(train=16),
            settings("sgd", archsim.load_architecture("cim40", {"weights.device": device})),
        ).weights["fc"]
        for device in ("bulk_rram", "bulk_rram_2bit")
    ]
    assert not np.array_equal(*trained)


@pytest.mark.parametrize("changes", [{}, read_settings({"rule": "sgd"})], ids=["fields", "whole"])
def test_dual_column_tiles_are_for_inference_alone(changes):
    chip = archsim.load_architecture("cim40", {"physics.model": "dual_column"})
    call = {"epochs": 1, "images": 8, "settings": changes}
    with pytest.raises(InputError, match="a model of inference"):
        archsim.train("digits_cnn", chip, scheme="sgd", **call)
    # off the arrays nothing reads the tiles
    off = load_scheme("sgd", {"weights_in": "memory"})
    assert archsim.train("digits_cnn", chip, scheme=off, epochs=1, images=8).accuracy_percent


@pytest.mark.parametrize("name", ["exact", "none"])
def test_training_without_devices_is_a_reference(name):
    result = archsim.train(
        "digits_cnn", "cim40", scheme="sgd", epochs=1, images=16, device=name
    ).result
    assert result.document["reference"] is True and result.device is None


def test_first_weights_are_programmed_and_rules_know_what_was_intended():
    machine = Machine(load_network("digits_cnn"), read_settings({"rule": "sgd"}))
    scales = machine.arrays.scales
    for layer, scale in zip(machine.rule.layers, scales):
        columns = layer.weights.shape[1]
        # first weights up to 1/sqrt(columns); the range of 1 of a device is four of them
        assert scale == near(4 / columns**0.5)
        beside = layer.weights - layer.first_weights
        assert 0 < np.abs(beside).mean() < 2 * 0.5 / 15 * scale
        assert np.array_equal(machine.rule.copies[layer.index], layer.first_weights)


@pytest.mark.parametrize("law", LAWS)
def test_a_device_of_twice_the_weights_is_the_same_device(law):
    """Twice is exact in floating point: every bit of the pulsed weights is that of twice the device."""
    preset = load_law(law)()
    one, two = (preset.scaled(factor).build(3, 4, seed=2) for factor in (1.0, 2.0))
    for array in (one, two):
        for step in range(5):
            array.pulse(3 * (-1) ** step, seed=1, step=step)
        if "verify_window" in preset.values:
            targets = np.full((3, 4), 0.25 if array is one else 0.5, F)
            array.program(targets, np.ones((3, 4), bool), seed=1, step=9)
    np.testing.assert_allclose(two.weights, 2 * one.weights, rtol=2e-6, atol=1e-7)
    assert two.granularity == near(2 * one.granularity)
    assert np.abs(one.weights).max() > 0


def test_each_rule_states_the_range_that_it_was_given_on_held_out_data():
    """Four times the largest first weight; lns_madam what its weights can reach: 3 times the root mean
    square of uniform weights, which is a root of 3 below their largest."""
    network = load_network("mlp_100")
    scales = {
        rule: Machine(network, read_settings({"rule": rule})).arrays.scales[0] * 784**0.5
        for rule in ("sgd", "lns_madam", "dsc")
    }
    assert scales == near({"sgd": 4.0, "lns_madam": 3**0.5, "dsc": 2.0})
    wider = {"rule": "lns_madam", "scheme_settings": {"largest": 6.0}}
    assert Machine(network, read_settings(wider)).arrays.scales[0] == near(2 * 3**0.5 / 784**0.5)


@pytest.mark.parametrize("wanted, scale", [("device", 1.0), (2.0, 2 / 3), ("auto", 4 / 3)])
def test_a_layers_weights_use_the_range_of_its_devices(wanted, scale):
    chosen = read_settings({"rule": "sgd", "weight_range": wanted})
    machine = Machine(load_network("mlp_100"), chosen)
    columns = machine.rule.layers[0].weights.shape[1]
    expected = scale if wanted == "device" else scale * 3 / columns**0.5
    assert machine.arrays.scales[0] == near(expected)
    # bound and noise of the outputs are in units of the device's weight
    assert machine.forward[0, 6] == near(12 * expected)
    assert machine.forward[0, 7] == near(0.06 * expected)


def test_reads_draw_the_noise_of_every_device():
    """Of one linear read: sigma sqrt(2) (a pair) times the length of the input."""
    read = {"input_bits": 0, "output_bits": 0, "output_noise": 0.0, "bound_management": "off"}
    values = {"rule": "sgd", "read": read, "weight_range": "device", "batch": 1}
    outputs = []
    network = load_network("mlp_100")
    image = np.ones((1, 784), F)
    quiet = Machine(network, read_settings(values | {"device_settings": {"read_noise": 0.0}}))
    noisy = Machine(network, read_settings(values | {"device_settings": {"read_noise": 0.02}}))
    weights = quiet.arrays.weights.copy()
    for machine in (quiet, noisy):
        row = machine.program.operations[0]
        reads = []
        for step in range(8):
            machine.arrays.weights[:] = weights
            machine.train(image, np.zeros((1, 1), np.int64), np.array([0]), 1000 + step)
            reads.append(machine.memory[0, row[OUTPUT] : row[OUTPUT] + row[OUTPUT_SIZE]].copy())
        outputs.append(reads)
    spread = np.std([one - two for one, two in zip(*outputs)])
    assert spread == near(0.02 * 2**0.5 * 785**0.5, rel=0.2)


def test_a_state_is_read_noisy_and_converted():
    devices = load_device("constant_step").build(40, 50, seed=1)
    devices.set_weights(np.full((40, 50), 0.26))
    counts = np.zeros((40, 50), np.int32)
    layer = LayerState(0, "fc", devices.weights, devices, counts, vectors=1, bias=False, tile=0)
    assert np.array_equal(read_state(layer, 1, 1), layer.weights)
    layer.line_read = LineRead(step=0.1, bound=0.5, noise=0.06)
    seen = read_state(layer, 1, 1)
    assert np.allclose(seen / 0.1, np.rint(seen / 0.1), atol=1e-5) and seen.max() <= 0.5
    # rounding of 0.1 / sqrt(12) beside the noise
    assert np.std(seen) == near(np.hypot(0.06, 0.1 / 12**0.5), rel=0.1)
    done = ActionCounts()
    write_targets(layer, seen, np.ones(seen.shape, bool), done, seed=1, step=1)
    assert done.sums["verify_reads"] == seen.size
