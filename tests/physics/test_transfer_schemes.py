"""Tiki-Taka in all its versions and zero-shifting: the compiled pass against its NumPy twin, and
what the methods are for.
"""

import numpy as np
import pytest

from archsim.devices.presets import load_device
from archsim.devices.symmetry import symmetry_points
from archsim.schemes import load_scheme
from archsim.schemes.layer_state import LayerState
from archsim.schemes.pulsed.algorithms.tiki_taka_reference import twin_change
from archsim.schemes.pulsed.algorithms.tiki_taka_rule import TikiTakaRule
from archsim.schemes.pulsed.algorithms.zero_shift_rule import ZeroShiftRule
from archsim.schemes.shared.state_read import LineRead
from archsim.schemes.shared.words import Arithmetic
from archsim.training.loop import train
from archsim.training.settings import read_settings
from hwlib.errors import InputError
from tests.near import near
from workloads import load_network
from workloads.datasets import load_dataset

ROWS, COLUMNS = 5, 7
F = np.float32


def layer_of(vectors=1, device="rasch2024_20_states", shape=(ROWS, COLUMNS), **changes):
    """A layer of fresh devices at zero."""
    devices = load_device(device, changes).build(*shape, seed=3, tile=2)
    return LayerState(
        0, "fc", devices.weights, devices, np.zeros(shape, np.int32), vectors, True, 2
    )


def data(images, vectors, seed=0):
    generator = np.random.default_rng(seed)
    errors = generator.normal(0, 0.1, (images, ROWS, vectors)) * (
        generator.uniform(size=(images, 1, vectors)) < 0.7
    )
    return generator.uniform(-1, 1, (images, COLUMNS, vectors)).astype(F), (
        errors + 0.05 * (errors != 0)
    ).astype(F)


@pytest.mark.parametrize("version", ["v1", "v2", "chopped", "agad"])
@pytest.mark.parametrize("vectors", [1, 7])
@pytest.mark.parametrize("words", ["fp32", "int8"])
def test_compiled_pass_has_the_bits_of_its_twin(version, vectors, words):
    scheme = load_scheme(
        "tiki_taka",
        {
            "version": version,
            "period": 3,
            "flip_probability": 0.5,
            "reference_error": 0.1,
            "transfer_every": 3,
            "transfer_rate": 0.3,
            "divide_by_fast_rate": vectors > 1,
        },
    )
    rate = 40.0 if scheme.divide_by_fast_rate and version != "v1" else 2.0
    inputs, errors = data(240 // vectors, vectors)
    layer = layer_of(vectors)
    twin = layer_of(vectors)
    layer.arithmetic = twin.arithmetic = Arithmetic(words, "stochastic")
    start = layer.weights.copy()
    rule = TikiTakaRule(scheme, [layer], rate, 1, 9)
    for step, (x, d) in enumerate(zip(inputs, errors)):
        rule.image(layer, x, d, step)
    change = twin_change(scheme, twin, inputs, errors, rate, 9, 0)
    assert np.abs(change).max() > 0.1
    # The running means are float64 sums in another order.
    np.testing.assert_allclose(layer.weights - start, change, atol=1e-6)


def drift(version, error):
    """Mean change of the weights under inputs and errors that mean nothing, where the reference
    array is off by `error`.
    """
    scheme = load_scheme(
        "tiki_taka",
        {
            "version": version,
            "read_noise": 0.0,
            "flip_probability": 0.5,
            "divide_by_fast_rate": False,
        },
    )
    layer = layer_of(upper_spread=0.0, lower_spread=0.0, asymmetry_spread=0.0)
    rule = TikiTakaRule(scheme, [layer], 0.5, 1, 4)
    rule.states[0].memory.reference[...] += F(error)
    generator = np.random.default_rng(1)
    for step in range(1500):
        rule.image(
            layer,
            generator.choice([-1, 1], (COLUMNS, 1)).astype(F),
            generator.normal(0, 0.1, (ROWS, 1)).astype(F),
            step,
        )
    return float(layer.weights.mean())


def test_choppers_average_out_the_error_of_the_reference():
    assert drift("v2", 0.2) < -0.3
    assert abs(drift("chopped", 0.2)) < 0.5 * abs(drift("v2", 0.2))


def test_the_learning_rate_of_a_divided_gain_is_that_of_gradient_descent():
    """A constant gradient g moves the weights by rate g a vector once the fast array has followed
    it, whatever the size of the errors.
    """
    moved = {}
    for size in (0.02, 0.2):
        scheme = load_scheme("tiki_taka", {"version": "v2", "read_noise": 0.0, "gamma": 1.0})
        layer = layer_of(
            pulse_step=0.002,
            upper_spread=0.0,
            lower_spread=0.0,
            asymmetry_spread=0.0,
            step_spread=0.0,
            pulse_noise=0.0,
        )
        rule = TikiTakaRule(scheme, [layer], 5e-6, 1, 4)
        for step in range(1500):
            rule.image(layer, np.ones((COLUMNS, 1), F), np.full((ROWS, 1), size, F), step)
        moved[size] = float(layer.weights.mean())
    assert moved[0.2] == near(10 * moved[0.02], rel=0.25)  # H loses what is past one


def test_v1_trains_devices_on_which_pulsed_descent_does_not():
    """Gokmen & Haensch 2020: devices of a few hundred states whose symmetry points lie anywhere."""
    devices = {
        "device": "rasch2024_20_states",
        "device_settings": {"pulse_step": 0.01},
        "learning_rate": 0.05,
        "epochs": 4,
    }
    errors = {}
    for rule, settings in (("rpu", {}), ("tiki_taka", {"scheme_settings": {"version": "v1"}})):
        history = train(
            load_network("digits_cnn"),
            load_dataset("digits"),
            read_settings({"rule": rule, **devices, **settings}),
        ).history
        errors[rule] = np.mean([row["test_error_percent"] for row in history[2:]])
    assert errors["tiki_taka"] < 0.6 * errors["rpu"] and errors["rpu"] > 20


def test_transfers_of_a_layer_are_whole_numbers():
    scheme = load_scheme("tiki_taka", {"transfer_every": 5})
    assert [scheme.transfers(vectors) for vectors in (1, 2, 5, 36, 576)] == [
        (1, 5),
        (1, 2),
        (1, 1),
        (7, 1),
        (115, 1),
    ]


def test_transfers_counted_in_images_are_one_line_of_every_layer():
    scheme = load_scheme("tiki_taka", {"transfer_every": 8, "transfer_unit": "image"})
    assert [scheme.transfers(vectors) for vectors in (1, 64, 576)] == [(1, 8)] * 3


def test_zero_shift_brings_weight_zero_to_the_symmetry_point():
    left = {}
    for pulses in (0, 200, 4000):
        layer = layer_of(device="soft_bounds_asymmetric", shape=(20, 30), pulse_step=0.01)
        ZeroShiftRule(load_scheme("zero_shift", {"pulses": pulses}), [layer], 0.1, 1, 5)
        assert not layer.weights.any() and not layer.writes.any()  # the setup counts its pulses
        left[pulses] = float(np.sqrt((symmetry_points(layer.devices) ** 2).mean()))
    assert left[0] > 0.3 and left[200] < 0.6 * left[0] and left[4000] < 0.1


def test_programming_error_stays_in_the_reference():
    layer = layer_of(device="soft_bounds_asymmetric", shape=(20, 30), pulse_step=0.01)
    ZeroShiftRule(
        load_scheme("zero_shift", {"pulses": 4000, "read_noise": 0.3, "program_error": 0.4}),
        [layer],
        0.1,
        1,
        5,
    )
    assert np.sqrt((symmetry_points(layer.devices) ** 2).mean()) == near(0.5, rel=0.1)


@pytest.mark.parametrize("step, noise, off", [(0.5, 0.0, 0.5 / 12**0.5), (0.0, 0.2, 0.2)])
def test_the_reference_of_zero_shifting_is_read_through_the_converter(step, noise, off):
    # a converter of so coarse steps errs evenly in +- half a step
    def points(line_read):
        layer = layer_of(device="soft_bounds_asymmetric", shape=(20, 30), pulse_step=0.01)
        layer.line_read = line_read
        ZeroShiftRule(load_scheme("zero_shift", {"pulses": 400}), [layer], 0.1, 1, 5)
        return layer.devices.planes[:, 0, 6].copy()

    exact, read = points(None), points(LineRead(step, 4.0, noise))
    assert np.sqrt(((read - exact) ** 2).mean()) == near(off, rel=0.1)
    if step:
        np.testing.assert_allclose(read / step, np.rint(read / step), atol=1e-5)


@pytest.mark.parametrize("step, noise, off", [(0.5, 0.0, 0.5 / 12**0.5), (0.0, 0.2, 0.2)])
def test_the_reference_of_a_fast_array_is_read_through_the_converter(step, noise, off):
    def reference(line_read):
        layer = layer_of(shape=(20, 30))
        layer.line_read = line_read
        scheme = load_scheme("tiki_taka", {"reference_reads": 1})
        return TikiTakaRule(scheme, [layer], 0.1, 1, 5).states[0].memory.reference

    exact, read = reference(None), reference(LineRead(step, 4.0, noise))
    assert np.sqrt(((read - exact) ** 2).mean()) == near(off, rel=0.1)


def test_devices_without_a_reference_or_symmetry_point_are_refused():
    with pytest.raises(InputError, match="against a reference"):
        ZeroShiftRule(load_scheme("zero_shift"), [layer_of()], 0.1, 1, 5)
    bare = layer_of()
    bare.devices = None
    with pytest.raises(InputError, match="needs devices"):
        TikiTakaRule(load_scheme("tiki_taka"), [bare], 0.1, 1, 5)
