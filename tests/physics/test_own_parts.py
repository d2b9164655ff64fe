"""Do arrays, and extremes of numbers, that kernels make in place have what numba's and Python's have?"""

import itertools

import numpy as np
import pytest

from archsim.kernels.compiled import kernel

F = np.float32


@kernel
def made(count):
    flat, deep = np.empty(count, np.int32), np.empty((count, np.int32(2)), F)
    flat[:], deep[:] = 1, F(2.0)
    return flat, deep, np.zeros((2, count), np.uint64), np.zeros(count, np.bool_)


@kernel
def made_as_ever(count):
    return np.zeros(count), np.zeros(shape=count, dtype=np.int64)


@kernel
def extremes(first, second, third):
    two = min(first, second), max(first, second)
    return two, min(first, second, third), max(first, second, third)


@kernel
def mixed(whole, real):
    return min(whole, real), max(np.int32(whole), 3), max((whole, 4))


@pytest.mark.parametrize("count", [0, 1, 7])
def test_arrays_have_the_shape_and_type_that_is_asked_for(count):
    flat, deep, zeros, flags = made(count)
    wanted = [np.ones(count, np.int32), np.full((count, 2), F(2.0))]
    wanted += [np.zeros((2, count), np.uint64), np.zeros(count, np.bool_)]
    for got, plain in zip((flat, deep, zeros, flags), wanted):
        assert (got.dtype, got.shape) == (plain.dtype, plain.shape)
        assert got.flags.c_contiguous
        np.testing.assert_array_equal(got, plain)


def test_zeros_are_written_where_memory_held_other_numbers():
    for _ in range(20):
        np.full((2, 4096), np.uint64(2**64 - 1))  # given back, and likely to be taken again
        assert not made(4096)[2].any()


def test_calls_of_another_form_are_those_of_numba():
    plain, named = made_as_ever(3)
    assert plain.dtype == np.float64 and named.dtype == np.int64
    assert not plain.any() and not named.any()


def test_a_size_below_zero_is_refused():
    with pytest.raises(ValueError):
        made(-1)


@pytest.mark.parametrize("values", list(itertools.product([1.0, 2.0, -0.0, 0.0, np.nan], repeat=3)))
def test_extremes_are_those_of_python_to_the_sign_and_the_nan(values):
    first, second, third = values
    wanted = min(first, second), max(first, second), min(values), max(values)
    (low, high), lowest, highest = extremes(*values)
    np.testing.assert_array_equal(
        np.array([low, high, lowest, highest]).view(np.int64), np.array(wanted).view(np.int64)
    )


def test_whole_and_real_numbers_are_compared_as_the_wider_of_them():
    assert mixed(2, 2.5) == (2.0, 3, 4)
    assert mixed(9, 2.5) == (2.5, 9, 9)
