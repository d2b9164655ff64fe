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
            matrix_times_block(held, block, outputs, BEGIN, count)
            same(outputs, np.ascontiguousarray(product_reference(held, vectors).T))


@pytest.mark.parametrize("width", [LANES - 3, LANES + 5, LANES * WIDE + 5])
def test_vectors_go_where_they_are_asked_to_and_nowhere_else(width):
    matrix, block = drawn(HIGH + 5, 5), drawn(5, width + 8)
    outputs = np.full((HIGH + 5, width + 11), 7, F)
    matrix_times_block(matrix, block, outputs, BEGIN + 4, width)
    vectors = np.ascontiguousarray(block[:, :width].T)
    expected = np.ascontiguousarray(product_reference(matrix, vectors).T)
    same(np.ascontiguousarray(outputs[:, 4 : 4 + width]), expected)
    assert (outputs[:, :4] == 7).all() and (outputs[:, 4 + width :] == 7).all()


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
    matrix_times_block(np.zeros((17, 0), F), np.zeros((0, 33), F), outputs, BEGIN, 33)
    assert (outputs == 0).all()
