"""The random numbers: the twin's bits, moments, independence of neighbours and of the thread count."""

import math
import threading

import numpy as np

from archsim.kernels import random, random_reference
from archsim.kernels.compiled import kernel

U = np.uint64


@kernel
def fill(seed, first, normals, uniforms):
    key = random.stream_key(seed, U(5), U(7), random.UPDATE)
    for row in range(normals.shape[0]):
        own_key = random.row_key(key, first + U(row))
        for column in range(normals.shape[1]):
            normals[row, column] = random.normal(own_key, U(column))
            uniforms[row, column] = random.uniform(own_key, U(column))


def draw(rows=400, columns=500, seed=3):
    normals = np.empty((rows, columns), np.float32)
    uniforms = np.empty((rows, columns), np.float32)
    fill(random.as_word(seed), U(0), normals, uniforms)
    return normals, uniforms


def test_kernel_and_twin_have_the_same_bits():
    for seed in (0, 3, -1, 2**70 + 5):
        normals, uniforms = draw(20, 300, seed)
        key = random_reference.stream_key_reference(seed, 5, 7, random.UPDATE)
        rows = random_reference.row_key_reference(key, np.arange(20)[:, None])
        np.testing.assert_array_equal(
            normals, random_reference.normal_reference(rows, np.arange(300))
        )
        np.testing.assert_array_equal(
            uniforms, random_reference.uniform_reference(rows, np.arange(300))
        )


def test_moments_and_tails_of_the_normal():
    values = draw(1000, 1000)[0].astype(np.float64).ravel()
    count = values.size
    assert abs(values.mean()) < 4 / math.sqrt(count)
    assert abs(values.var() - 1) < 4 * math.sqrt(2 / count)
    assert abs((values**3).mean()) < 4 * math.sqrt(15 / count)
    assert abs((values**4).mean() - 3 + 0.031) < 4 * math.sqrt(96 / count)
    for limit in (0.5, 1, 2, 3, 4):
        inside = math.erf(limit / math.sqrt(2))
        share = (np.abs(values) < limit).mean()
        assert abs(share - inside) < 4 * math.sqrt(inside * (1 - inside) / count) + 6e-4, limit


def test_uniform_is_flat():
    counts = np.histogram(draw(1000, 1000)[1], 64, (0, 1))[0]
    expected = 1e6 / 64
    assert ((counts - expected) ** 2 / expected).sum() < 63 + 5 * math.sqrt(2 * 63)


def test_neighbours_rows_steps_tiles_and_streams_are_uncorrelated():
    normals = draw()[0].astype(np.float64)
    limit = 4.5 / math.sqrt(normals.size)
    assert abs((normals[:, 1:] * normals[:, :-1]).mean()) < limit
    assert abs((normals[1:] * normals[:-1]).mean()) < limit
    assert abs((normals[:, 1:] ** 2 * normals[:, :-1] ** 2).mean() - 1) < 3 * limit
    columns = np.arange(normals.size)
    base = random_reference.stream_key_reference(3, 5, 7, 1)
    for other in (
        (4, 5, 7, 1),
        (3, 6, 7, 1),
        (3, 5, 8, 1),
        (3, 5, 7, 2),
        (5, 3, 7, 1),
        (3, 7, 5, 1),
    ):
        key = random_reference.stream_key_reference(*other)
        product = random_reference.normal_reference(base, columns).astype(
            float
        ) * random_reference.normal_reference(key, columns)
        assert abs(product.mean()) < limit, other


def test_two_threads_give_the_bits_of_one():
    whole, _ = draw(200, 100)
    parts = np.empty_like(whole)
    halves = [
        threading.Thread(
            target=fill,
            args=(U(3), U(first), parts[first : first + 100], np.empty((100, 100), np.float32)),
        )
        for first in (0, 100)
    ]
    for half in halves:
        half.start()
    for half in halves:
        half.join()
    np.testing.assert_array_equal(whole, parts)


def test_words_of_keys_are_numbers_modulo_two_to_the_64():
    for number in (0, 1, 255, 256, 2**63, 2**64 - 1, 2**64, 2**70 + 3, -1, -(2**64), True):
        for given in (number, *([np.int64(number)] if -(2**63) <= number < 2**63 else [])):
            word = random.as_word(given)
            assert type(word) is np.uint64 and int(word) == int(number) % 2**64
