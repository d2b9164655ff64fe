"""Are sums that stay in vector registers those of the plain loop, at every shape?"""

import numpy as np
import pytest

from archsim.kernels.panels import HIGH, LANES, WIDE
from archsim.kernels.product import (
    columns_times_vector,
    matrix_times_block,
    product_reference,
    rows_times_vector,
)
from tests.members import every

F = np.float32
BEGIN = np.int64(0)
# about each place where a product changes from one form to another
VECTORS = (1, LANES - 1, LANES, LANES + 1, LANES * WIDE, LANES * WIDE + 5, 3 * LANES * WIDE - 1)
ROWS = (1, HIGH - 1, HIGH, 2 * HIGH + 3)
SIZES = (1, 7, 8, 15, 16, 17, 33, 128, 129, 150)


def drawn(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(F)


def same(result, expected):
    assert (result.view(np.int32) == expected.view(np.int32)).all()


@every("lines", [1, 2, 5, 26])
@every("rows", ROWS)
def test_a_block_is_multiplied_to_the_bits_of_the_plain_sum(rows, lines):
    for count in VECTORS:
        matrix = drawn(rows, lines)
        vectors = drawn(count, lines)
        block = np.ascontiguousarray(vectors.T)
        for held in (matrix, np.asfortranarray(matrix), drawn(lines, rows).T):
            outputs = np.full((rows, count), np.nan, F)
            matrix_times_block(held, block, outputs, count)
            same(outputs, np.ascontiguousarray(product_reference(held, vectors).T))


def test_vectors_beyond_the_width_stay_as_they_are():
    outputs = np.full((9, 40), 7, F)
    matrix_times_block(drawn(9, 5), drawn(5, 40), outputs, 21)
    assert (outputs[:, 21:] == 7).all() and (outputs[:, :21] != 7).all()


@pytest.mark.parametrize("size", SIZES)
def test_one_vector_is_multiplied_to_the_bits_of_the_plain_sum(size):
    for lines in (1, 3, 4, 18, 29):
        matrix = drawn(size, lines + 2)
        vector = drawn(lines)
        outputs = np.full(size, np.nan, F)
        rows_times_vector(matrix, BEGIN + 2, vector, outputs)
        same(outputs, product_reference(matrix[:, 2:], vector[None])[0])
        matrix = drawn(lines, size + 2)
        outputs[:] = np.nan
        columns_times_vector(matrix, BEGIN + 2, vector, outputs)
        same(outputs, product_reference(matrix[:, 2:].T, vector[None])[0])


def test_nothing_is_added_up_to_zero():
    outputs = np.full((17, 33), np.nan, F)
    matrix_times_block(np.zeros((17, 0), F), np.zeros((0, 33), F), outputs, 33)
    assert (outputs == 0).all()
