"""Ways to bring a low-rank change into an array: each has the right mean, and counts what it does."""

import numpy as np
import pytest

from archsim.devices.presets import load_device
from archsim.schemes import load_scheme
from archsim.schemes.layer_state import ActionCounts, LayerState
from archsim.schemes.low_rank.algorithms.sbpca_apply import (
    LowRank,
    apply_change,
    apply_outer_products,
    rebuilt_change,
)
from archsim.schemes.low_rank.algorithms.sbpca_reference import change
from archsim.studies.batches import train as train_in_batches
from archsim.training.data import prepare
from archsim.training.loop import train
from archsim.training.settings import read_settings
from hwlib.errors import InputError
from tests.near import near
from workloads.datasets import load_dataset
from workloads.network import Layer, Network

F = np.float32
FACTOR = 0.3
STEP = 0.001
GENERATOR = np.random.default_rng(6)
X = np.linalg.qr(GENERATOR.normal(size=(8, 2)))[0].astype(F)
D = np.linalg.qr(GENERATOR.normal(size=(5, 2)))[0].astype(F)
S = np.array([0.06, -0.02], F)
WANTED = change(X, D, S, FACTOR)
EXACT = {
    "input_bits": 0,
    "output_bits": 0,
    "output_bound": 0.0,
    "output_noise": 0.0,
    "noise_management": "off",
    "bound_management": "off",
}


def applied(step, device="perfect", **settings):
    """The weight change of one application to fresh devices, what was done, and the writes."""
    scheme = load_scheme("sbpca", {"rank": 2, **settings})
    array = load_device(device).build(5, 8, seed=1, tile=2) if device else None
    layer = LayerState(
        0,
        "layer",
        array.weights if array else np.zeros((5, 8), F),
        array,
        np.zeros((5, 8), np.int32),
        1,
        False,
        2,
    )
    done = ActionCounts()
    if scheme.update_mode == "rank_seq":
        apply_outer_products(layer, scheme, LowRank(X, D, S, FACTOR), done, 1, step)
    else:
        apply_change(layer, scheme, rebuilt_change(X, D, S, FACTOR), 2, done, 1, step)
    return layer.weights.copy(), done, layer.writes


@pytest.mark.parametrize(
    "settings",
    [{}, {"update_management": False, "length_management": False}, {"update_mode": "rank_sum"}],
)
def test_the_mean_change_is_the_estimate(settings):
    draws = np.array([applied(step, **settings)[0] for step in range(500)])
    error = draws.std(axis=0) / len(draws) ** 0.5
    assert np.all(np.abs(draws.mean(axis=0) - WANTED) < 5 * error + 1e-7)
    assert error.mean() > 0


def test_single_shots_are_right_to_the_resolution_of_their_codes():
    draws = np.array(
        [applied(step, encoding="amplitude", train_length=31)[0] for step in range(500)]
    )
    error = draws.std(axis=0) / len(draws) ** 0.5
    code = (
        sum(abs(s) * np.abs(d).max() * np.abs(x).max() for s, d, x in zip(S, D.T, X.T))
        * FACTOR
        / 31
    )
    assert np.all(np.abs(draws.mean(axis=0) - WANTED) < 5 * error + code)
    coarse = np.array(
        [applied(step, encoding="amplitude", train_length=2)[0] for step in range(100)]
    ).mean(axis=0)
    assert np.abs(coarse - WANTED).max() > 2 * np.abs(draws.mean(axis=0) - WANTED).max()


def test_exact_weights_take_the_estimate_itself():
    for mode in ("rank_seq", "rank_sum"):
        np.testing.assert_allclose(applied(0, "", update_mode=mode)[0], WANTED, atol=1e-8)


def test_only_large_elements_are_written():
    weights, done, writes = applied(0, "", update_mode="element", threshold=0.4)
    large = np.abs(WANTED) >= 0.4 * np.abs(WANTED).max()
    assert (
        0 < large.sum() < large.size
        and np.array_equal(weights != 0, large)
        and np.array_equal(writes > 0, large)
    )
    np.testing.assert_allclose(weights[large], WANTED[large], atol=1e-8)
    assert done.sums["devices_written"] == large.sum()


def test_rounding_to_the_nearest_pulse_loses_small_changes():
    weights, done, writes = applied(0, update_mode="rank_sum", rounding="nearest")
    np.testing.assert_allclose(
        weights, np.floor(np.abs(WANTED) / STEP + 0.5) * STEP * np.sign(WANTED), atol=1e-6
    )
    assert done.actions["array", "write"] == writes.sum() == np.rint(np.abs(weights) / STEP).sum()


@pytest.mark.parametrize("encoding", ["pulse_trains", "amplitude"])
def test_counted_pulses_are_those_that_reached_the_devices(encoding):
    weights, done, writes = applied(3, encoding=encoding)
    assert done.actions["array", "update"] == writes.sum() > 0
    assert done.actions["word_line_driver", "drive"] == done.sums["input_side"] > 0
    assert (("dac", "convert") in done.actions) == (encoding == "amplitude")
    if encoding == "amplitude":
        assert done.actions["dac", "convert"] == 2 * (5 + 8)
        driven = sum(int((np.abs(x) > np.abs(x).max() / 62).sum()) for x in X.T)
        # once in each of the two phases of its sign
        assert done.actions["word_line_driver", "drive"] == 2 * driven


def test_lrt_keeps_a_gradient_that_moves_too_few_weights():
    scheme = load_scheme("lrt", {"rank": 2, "least_changed": 0.5})
    array = load_device("perfect").build(5, 8, seed=1, tile=2)
    layer = LayerState(0, "layer", array.weights, array, np.zeros((5, 8), np.int32), 1, False, 2)
    small = rebuilt_change(X, D, S, 0.02)
    assert np.mean(np.abs(small) >= STEP / 2) < 0.5
    assert (
        not apply_change(layer, scheme, small, 2, ActionCounts(), 1, 0) and not layer.writes.any()
    )
    assert apply_change(layer, scheme, 50 * small, 2, ActionCounts(), 1, 0) and layer.writes.any()


PERCEPTRON = Network(
    "perceptron",
    (
        Layer("input", "input", (), (), (64,)),
        Layer("w1", "linear", ("input",), ((64,),), (12,)),
        Layer("relu", "relu", ("w1",), ((12,),), (12,)),
        Layer("w2", "linear", ("relu",), ((12,),), (10,)),
        Layer("softmax", "softmax", ("w2",), ((10,),), (10,)),
    ),
)


@pytest.mark.parametrize(
    "values", [{"rule": "float"}, {"rule": "sbpca", "device": "none"}, {"rule": "sbpca"}]
)
def test_a_batch_at_a_time_is_the_training_loop(values):
    data = load_dataset("digits").first(train=90)
    # the last batch has 26
    settings = read_settings(
        {"epochs": 2, "batch": 32, "learning_rate": 0.1, "read": EXACT, **values}
    )
    loop = train(PERCEPTRON, data, settings)
    perceptron, history = train_in_batches(PERCEPTRON, prepare(PERCEPTRON, data), settings)
    # a rounded probability may cost a pulse
    pulses = 0 if settings.device == "none" or settings.rule == "float" else 3 * STEP
    for layer, weights in zip(loop.weights.values(), perceptron.weights):
        np.testing.assert_allclose(weights, layer, atol=2e-5 + pulses)
    for line, other in zip(history, loop.history):
        assert line["train_loss"] == near(other["train_loss"], rel=1e-3 if pulses else 1e-4)


def test_a_batch_at_a_time_refuses_what_it_cannot_do():
    with pytest.raises(InputError, match="exact reads"):
        train_in_batches(
            PERCEPTRON,
            prepare(PERCEPTRON, load_dataset("digits").first(train=8)),
            read_settings({"rule": "sbpca"}),
        )
