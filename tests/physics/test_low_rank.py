"""Streaming low-rank estimates of a gradient: kernels against the plain forms, the exact
decomposition and their own statistics.
"""

import numpy as np
import pytest

from archsim.kernels.low_rank import orthonormalise, sbe_samples, sbpca_block
from archsim.kernels.low_rank_svd import lrt_samples
from archsim.schemes import load_scheme
from archsim.schemes.layer_state import LayerState
from archsim.schemes.low_rank.algorithms.running_factors import starting_factors
from archsim.schemes.low_rank.algorithms.sbpca_reference import (
    change,
    sbe_batch,
    sbpca_batch,
    truncated,
)
from tests.near import near

F = np.float32
OUTPUTS, INPUTS = 100, 784


def classes(samples, outputs=OUTPUTS, inputs=INPUTS):
    """Class-structured samples: ten pictures and ten errors, each sample one of them at a random
    strength. (inputs, errors).
    """
    generator = np.random.default_rng(3)
    pictures = np.maximum(generator.normal(size=(10, inputs)), 0) * (
        generator.random((10, inputs)) < 0.4
    )
    answers = generator.normal(size=outputs) + 0.6 * generator.normal(size=(10, outputs))
    label = generator.integers(0, 10, samples)
    strength = generator.uniform(0.5, 1.5, (2, samples, 1))
    return (0.1 * pictures[label] * strength[0]).astype(F), (
        0.1 * answers[label] * strength[1]
    ).astype(F)


def started(rank, value, outputs=OUTPUTS, inputs=INPUTS):
    generator = np.random.default_rng(0)
    X = generator.normal(size=(inputs, rank)).astype(F)
    D = generator.normal(size=(outputs, rank)).astype(F)
    orthonormalise(X)
    orthonormalise(D)
    return X, D, np.full(rank, value, F)


def streamed(X, D, s, inputs, errors, block=32):
    for turn, start in enumerate(range(0, len(inputs), block)):
        part = slice(start, start + block)
        sbpca_block(X, D, s, inputs[part], errors[part], len(inputs[part]), turn)


def relative(estimate, gradient):
    return np.linalg.norm(estimate - gradient) / np.linalg.norm(gradient)


@pytest.mark.parametrize(
    "samples, most_angle, most_error", [(32, 5e-3, 0.21), (128, 2e-3, 0.07), (4096, 1.5e-5, 0.005)]
)
def test_sbe_finds_the_first_singular_pair_and_its_value(samples, most_angle, most_error):
    x, d = classes(samples)
    X, D, s = started(1, 0.0)
    first = X[:, 0].astype(float)
    second = D[:, 0].astype(float)
    value = 0.0
    for _ in range(3):
        sbe_samples(X, D, s, x, d, 1)
        first, second, value = sbe_batch(first, second, value, x, d)
    np.testing.assert_allclose(X[:, 0], first, rtol=0, atol=2e-5 * np.abs(first).max())
    np.testing.assert_allclose(D[:, 0], second, rtol=0, atol=2e-5 * np.abs(second).max())
    assert s[0] == near(value, rel=2e-5)
    _, values, right = np.linalg.svd(d.T.astype(float) @ x / samples, full_matrices=False)
    assert 1 - abs(right[0] @ X[:, 0]) / np.linalg.norm(X) < most_angle
    assert abs(s[0] / values[0] - 1) < most_error  # the singular value itself, not its square


def test_sbpca_is_its_plain_form_and_stays_orthonormal():
    x, d = classes(100)
    X, D, s = started(3, 1.0)
    plain = X.astype(float), D.astype(float), s.astype(float)
    for _ in range(2):
        streamed(X, D, s, x, d)  # 32, 32, 32 and the remainder of 4
        plain = sbpca_batch(*plain, x, d, 32)
    for got, wanted in zip((X, D, s), plain):
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-4 * np.abs(wanted).max())
    for vectors in (X, D):
        np.testing.assert_allclose(vectors.T @ vectors, np.eye(3), atol=1e-6)


@pytest.mark.parametrize("samples, excess", [(128, 0.25), (4096, 0.03)])
def test_sbpca_comes_near_the_best_of_its_rank(samples, excess):
    x, d = classes(samples)
    gradient = d.T.astype(float) @ x / samples
    errors = []
    for rank in (1, 3, 10):
        state = started(rank, 1.0)
        for _ in range(3):
            streamed(*state, x, d)
        errors.append(relative(change(*state, 1.0), gradient))
        assert errors[-1] < relative(truncated(gradient, rank), gradient) + excess
    assert errors[0] > errors[1] > errors[2]


def test_one_sub_batch_a_batch_does_not_converge_and_the_rule_takes_two():
    x, d = classes(32)
    state = started(3, 1.0)
    for _ in range(3):
        streamed(*state, x, d)
    gradient = d.T.astype(float) @ x / 32
    assert relative(change(*state, 1.0), gradient) > 2 * relative(truncated(gradient, 3), gradient)
    assert load_scheme("sbpca").block_of(32) == 16 and load_scheme("sbpca").block_of(4096) == 32


def test_vanished_singular_values_and_errors_do_no_harm():
    x, d = classes(32)
    X, D, s = started(2, 0.0)
    streamed(X, D, s, x, 0 * d)
    streamed(X, D, s, x, d)
    assert all(np.isfinite(values).all() for values in (X, D, s))
    X, D, s = started(1, 0.0)
    D[:] = 0
    sbe_samples(X, D, s, x, d, 1)
    assert np.isfinite(s[0]) and s[0] != 0


def lrt(x, d, rank, unbiased, key, limit=np.inf):
    X = np.zeros((x.shape[1], rank + 1), F)
    D = np.zeros((d.shape[1], rank + 1), F)
    c = np.zeros(rank + 1)
    totals = np.zeros(2, np.int64)
    lrt_samples(X, D, c, x, d, unbiased, limit, np.uint64(key), totals)
    return change(X[:, :rank], D[:, :rank], c[:rank], 1.0), totals


def test_lrt_is_unbiased_over_its_signs_and_its_truncation_is_not():
    generator = np.random.default_rng(4)
    x = generator.normal(size=(12, 9)).astype(F)
    d = generator.normal(size=(12, 6)).astype(F)
    gradient = d.T.astype(float) @ x
    draws = np.array([lrt(x, d, 3, True, 7919 * number + 1)[0] for number in range(1500)])
    error = draws.std(axis=0) / len(draws) ** 0.5
    assert np.all(np.abs(draws.mean(axis=0) - gradient) < 5 * error)
    assert relative(lrt(x, d, 3, False, 1)[0], gradient) > 5 * np.linalg.norm(
        error
    ) / np.linalg.norm(gradient)
    # fewer samples than the rank: nothing is left out
    np.testing.assert_allclose(lrt(x[:3], d[:3], 3, True, 1)[0], d[:3].T @ x[:3], atol=1e-5)


def test_lrt_leaves_out_samples_past_the_condition_limit():
    x, d = classes(200, 20, 30)
    assert lrt(x, d, 2, True, 1, limit=2.0)[1][1] > 0 == lrt(x, d, 2, True, 1)[1][1]


def layer_of(outputs, inputs, vectors, device=None):
    weights = np.zeros((outputs, inputs), F) if device is None else device.weights
    return LayerState(
        0, "layer", weights, device, np.zeros((outputs, inputs), np.int32), vectors, False, 2
    )


def trained(scheme, layer, batches, rate=1.0, seed=1, size=None):
    """Batches of (images, N, V) inputs and (images, M, V) errors of each image's own loss, as the
    loop hands them to a rule.
    """
    rule = scheme.rule([layer], rate, size or len(batches[0][0]), seed)
    step = 0
    for inputs, errors in batches:
        for x, d in zip(inputs, errors):
            rule.image(layer, x, (d / len(inputs)).astype(F), step)
            step += 1
        rule.batch(layer, step - 1)
    return rule


def test_state_is_carried_from_batch_to_batch():
    x, d = classes(64, 12, 20)
    scheme = load_scheme("sbpca", {"rank": 2, "block": 8})
    layer = layer_of(12, 20, 1)
    rule = trained(
        scheme, layer, [(x[:32, :, None], d[:32, :, None]), (x[32:, :, None], d[32:, :, None])]
    )
    state = tuple(values.astype(float) for values in starting_factors(scheme, layer, 1))
    wanted = np.zeros((12, 20))
    for part in (slice(0, 32), slice(32, 64)):
        state = sbpca_batch(*state, x[part], d[part], 8)
        wanted += change(*state, 1.0)
    np.testing.assert_allclose(layer.weights, wanted, atol=1e-4 * np.abs(wanted).max())
    # 4 sub-batches twice: QR and 1/s, both sides
    assert rule.done[0].actions["vector_unit", "divide"] == 2 * 4 * (2 * 2 + 2 * 2)


@pytest.mark.parametrize("name", ["sbpca", "sbe", "lrt"])
def test_every_output_position_of_a_convolution_is_a_sample(name):
    x, d = classes(48, 12, 20)
    settings = {"max_norm": False} if name == "lrt" else {}
    one, many = layer_of(12, 20, 12), layer_of(12, 20, 1)
    scheme = load_scheme(name, settings | ({"block": 7} if name == "sbpca" else {}))
    trained(
        scheme,
        one,
        [(x.reshape(4, 12, 20).transpose(0, 2, 1), d.reshape(4, 12, 12).transpose(0, 2, 1))],
    )
    trained(scheme, many, [(x[:, :, None], d[:, :, None])])
    assert np.abs(one.weights).max() > 0
    if name != "lrt":  # whose signs are those of (image, position)
        np.testing.assert_allclose(
            one.weights, 12 * many.weights, rtol=0, atol=1e-5 * np.abs(one.weights).max()
        )


def test_a_short_batch_is_a_mean_over_its_own_images():
    x, d = classes(10, 12, 20)
    layer = layer_of(12, 20, 1)
    trained(
        load_scheme("sbpca", {"estimator": "svd", "rank": 12}),
        layer,
        [(x[:, :, None], d[:, :, None])],
        rate=0.5,
        size=32,
    )
    np.testing.assert_allclose(layer.weights, 0.5 * d.T @ x / 10, atol=1e-6)
