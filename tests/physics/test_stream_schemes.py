"""What devices do to streams: spread and drivers bend probabilities, predistortion straightens
them; momentum on streams is momentum.
"""

import warnings

import numpy as np
import pytest

from archsim.schemes import load_scheme
from archsim.schemes.layer_state import LayerState
from archsim.schemes.streams.algorithms.cbram_sc_rule import CbramRule, device_transfer
from archsim.schemes.streams.algorithms.stream_rule import vector_scales
from tests.near import near

F = np.float32


def transfer(devices=400, **settings):
    scheme = load_scheme(
        "cbram_sc", {"device_spread": 0.0, "pulse_spread": 0.0, "driver_bits": 12, **settings}
    )
    levels = np.arange(2**scheme.resolution + 1) / 2**scheme.resolution
    return levels, device_transfer(scheme, devices, 1)


def test_predistortion_straightens_the_curve_as_far_as_the_driver_resolves():
    levels, fine = transfer(1)
    _, coarse = transfer(1, driver_bits=5)
    _, without = transfer(1, predistortion=False)
    worst = [np.abs(curve[0, 1:-1] - levels[1:-1]).max() for curve in (fine, coarse, without)]
    # error of h is half a step of ln h; dp/dln h is at most 0.368
    span = np.log(np.log(512)) - np.log(-np.log1p(-1 / 256))
    assert worst[0] <= 0.368 * span / 4095 / 2 * 1.05
    assert 0.5 < worst[1] / (0.368 * span / 31 / 2) <= 1.05
    assert worst[2] > 0.2


def test_without_predistortion_the_voltage_runs_straight_over_the_same_range():
    levels, curve = transfer(1, predistortion=False)
    # the driver's range: ln h of the first level, 1/256, and of the last, 1 - 1/512
    low, high = np.log(-np.log(255 / 256)), np.log(np.log(512))
    wanted = np.minimum(levels, 1 - 1 / 512)[1:]
    straight = 1 - np.exp(-np.exp(low + (high - low) * wanted))
    step = (high - low) / 4095
    assert np.abs(curve[0, 1:] - straight).max() <= 0.368 * step / 2 * 1.05
    assert curve[0, 0] == 0.0


def test_spread_of_tau_is_a_bias_of_the_device_and_averages_over_pulses():
    levels, curves = transfer(device_spread=0.5)
    middle = curves[:, 128]
    z = np.log(-np.log1p(-middle) / np.log(2))  # p' = 1 - (1 - p)^exp(sigma z)
    assert z.std() == near(0.5, rel=0.1) and abs(z.mean()) < 0.08
    _, pulses = transfer(2, pulse_spread=0.5)
    normal = np.random.default_rng(0).standard_normal(200_000)
    for level in (16, 128, 240):
        drawn = 1 - (1 - levels[level]) ** np.exp(0.5 * normal)
        assert pulses[0, level] == pytest.approx(drawn.mean(), abs=0.003)
        assert pulses[0, level] == pulses[1, level]


def layer(rows=6, columns=5):
    return LayerState(
        0, "fc", np.zeros((rows, columns), F), None, np.zeros((rows, columns), np.int32), 1, True, 3
    )


def test_scales_are_shifts_that_hold_every_value_and_small_vectors_keep_their_mean():
    generator = np.random.default_rng(0)
    x = generator.uniform(0, 3, (4, 6)).astype(F)
    d = (generator.standard_normal((3, 6)) * np.logspace(0, -5, 6)).astype(F)
    d[:, 2] = 0
    of_inputs, of_errors, steps, unit = vector_scales(x, d)
    some = steps > 0
    assert np.all(np.abs(x) <= of_inputs, where=some) and np.all(np.abs(d) <= of_errors)
    assert (
        steps[2] == 0
        and np.all(np.log2(of_inputs) % 1 == 0)
        and np.all(np.log2(of_errors) % 1 == 0)
    )
    some = steps > 0
    assert (
        np.allclose((of_inputs * of_errors)[some], steps[some] * unit)
        and steps.max() == 256
        and steps[some].min() == 1
    )


def test_momentum_on_streams_follows_momentum_and_shifts_its_counters_with_the_scale():
    scheme = load_scheme(
        "cbram_sc",
        {
            "optimiser": "momentum",
            "stream_source": "sobol",
            "length": 32,
            "resolution": 12,
            "first_bits": 8,
        },
    )
    rule = CbramRule(scheme, [layer()], 0.5, 1, 1)
    state = layer()
    gradient = np.random.default_rng(1).uniform(-0.4, 0.4, (6, 5)).astype(F)
    velocity = np.zeros((6, 5))
    moved = np.zeros((6, 5))
    expected = np.zeros((6, 5))
    for batch in range(60):
        scale = 1.0 if batch < 30 else 4.0  # the scale of the streams has to grow by two bits
        rule.gradients[0][...] = gradient * F(scale)
        velocity = scheme.beta1 * velocity + gradient * scale
        moved += rule.change(state, batch)
        expected += 0.5 * velocity
    assert np.abs(moved - expected).max() < 0.05 * np.abs(expected).max()
    assert rule.exponents[0]["exponent"] == 1


def test_the_scale_of_gradients_grows_at_once_and_shrinks_after_as_many_batches_as_are_held():
    scheme = load_scheme("cbram_sc", {"optimiser": "momentum", "hold": 3})
    rule = CbramRule(scheme, [layer()], 0.5, 1, 1)
    seen = []
    for size in (1.0, 0.2, 0.2, 0.2, 0.2, 1.0, 3.0, 1.0, 1.0, 1.0):
        rule.gradients[0][...] = F(size)
        rule.change(layer(), len(seen))
        seen.append(rule.exponents[0]["exponent"])
    # 2^0 holds 1.0; three batches below it halve the scale; 1.0 and 3.0 double it as they come
    assert seen == [0, 0, 0, -1, -1, 0, 2, 2, 2, 1]


def test_ones_of_the_converters_are_counted_as_switching_cycles():
    rule = CbramRule(load_scheme("cbram_sc", {"length": 64}), [layer()], 0.1, 1, 1)
    x, d = F([[0.5]] * 5), F([[1.0]] * 6)
    for step in range(20):
        rule.image(rule.layers[0], x, d, step)
    rule.batch(rule.layers[0], 19)
    assert rule.switched.sum() == rule.done[0].actions["stream_source", "switch"]
    assert (
        rule.endurance()["maximum"] >= 20 * 60
        and rule.done[0].actions["stream_source", "pulse"] == 20 * 64 * 11
    )


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("essop", {}),
        ("essop", {"encoding": "bipolar"}),
        ("dsc", {}),
        ("cbram_sc", {}),
        ("cbram_sc", {"optimiser": "momentum"}),
        ("cbram_sc", {"optimiser": "adam"}),
    ],
)
def test_vanishing_and_broken_values_draw_no_streams(name, values):
    scheme = load_scheme(name, values)
    shape = (6, 1) if scheme.output_errors == 1 else (2, 6, 1)
    rule = scheme.rule([layer()], 0.5, 1, 1)
    before = rule.layers[0].weights.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an overflow of a scale would be one
        for step, (x, d) in enumerate(
            [(1.0, 1e-42), (1e-42, 1.0), (1.0, np.nan), (np.nan, 1.0), (1e-38, 1e-38)]
        ):
            rule.image(rule.layers[0], np.full((5, 1), x, F), np.full(shape, d, F), step)
            rule.batch(rule.layers[0], step)
        assert np.array_equal(rule.layers[0].weights, before)
        for step, (x, d) in enumerate([(1.0, np.inf), (np.inf, 1.0), (1e18, 1e18)], 5):
            rule.image(rule.layers[0], np.full((5, 1), x, F), np.full(shape, d, F), step)
            rule.batch(rule.layers[0], step)
