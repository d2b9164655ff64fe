"""Does the compiler of kernels leave out steps only where they would find nothing?"""

import numba
import numpy as np
import pytest
from numba.core.registry import cpu_target
from numba.core.runtime import _nrt_python, rtsys

from archsim.kernels.compiled import kernel


@pytest.fixture(autouse=True)
def made_here(monkeypatch):
    """No machine code from disk: it is compiled by these tests."""
    monkeypatch.setattr("archsim.kernels.store.store_folder", lambda: None)


def fused(first, second):
    return first * second + first


def listed(count):
    return np.array([float(k * k) for k in range(count)]).sum()


def kinds(whole, real):
    """One operator with values of several types."""
    return whole + 1, real + 1, np.float32(real) + np.float32(1), whole + real


def items(real, whole, table, flags):
    """Items of arrays of several types and shapes, read and written in every way."""
    real[0], whole[0] = whole[1], real[-1]
    real[1:3] = table[-1, :2]
    whole[2] += 2
    table[0, 1] -= real[0]
    table[1] = whole[0]
    chosen = real[flags].sum() if flags.any() else 0.0
    pair = (1.5, 2)
    return chosen, pair[1] + table[0][2], whole[-1] // 2, real[np.array([0, 2])].sum()


def lived(count, many):
    """Arrays that are made, handed on, and end in different branches."""
    kept = np.zeros(count)
    for k in range(count):
        made = np.full(count, float(k))
        if many:
            kept = made
        else:
            made[0] += kept[0]
            kept[0] = made[0]
    return kept.sum()


def allocations(compiled):
    """How often a call of two arrays allocates memory."""
    values = np.arange(3.0)
    assert list(compiled(values, values)) == [0.0, 2.0, 6.0]
    _nrt_python.memsys_enable_stats()
    try:
        before = rtsys.get_allocation_stats().alloc
        compiled(values, values)
        return rtsys.get_allocation_stats().alloc - before
    finally:
        _nrt_python.memsys_disable_stats()


def test_an_array_expression_is_one_loop_as_numba_makes_it():
    rtsys.initialize(cpu_target.target_context)
    assert allocations(kernel(fused)) == allocations(numba.njit(fused))


def test_a_list_that_is_made_an_array_is_one():
    assert kernel(listed)(5) == 30.0  # 0 + 1 + 4 + 9 + 16


def test_a_remembered_operator_is_that_of_its_types():
    given = kernel(kinds)(2, 0.5)
    assert given == (3, 1.5, 1.5, 2.5)
    assert [type(value) for value in given] == [int, float, float, float]
    assert kernel(kinds)(2.0, 1) == (3.0, 2, 2.0, 3.0)


def test_items_are_those_of_numpy():
    def given():
        table = np.arange(6, dtype=np.float32).reshape(2, 3)
        return np.arange(4.0), np.arange(4, dtype=np.int64) * 3, table, np.arange(4) > 1

    compiled = kernel(items)
    for change in (lambda array: array, np.asfortranarray, lambda array: array[::-1]):
        mine, theirs = [[change(array) for array in given()] for _ in range(2)]
        assert compiled(*mine) == items(*theirs)
        for left, right in zip(mine, theirs, strict=True):
            assert np.array_equal(left, right)


@pytest.mark.parametrize("many, total", [(True, 12.0), (False, 6.0)])
def test_arrays_are_freed_where_their_names_end(many, total):
    compiled = kernel(lived)
    rtsys.initialize(cpu_target.target_context)
    assert compiled(4, many) == total
    _nrt_python.memsys_enable_stats()
    try:
        before = rtsys.get_allocation_stats()
        compiled(4, many)
        after = rtsys.get_allocation_stats()
    finally:
        _nrt_python.memsys_disable_stats()
    assert after.alloc - before.alloc == after.free - before.free == 5


def summed(values):
    total = 0.0
    for k in range(values.shape[0]):
        total += values[k]
    return total


@pytest.mark.parametrize(
    "release, own",
    [
        ("0.59.1", False),
        ("0.68.0", True),
        ("0.99.0dev1", False),
        ("0.61rc1", True),
        ("0+untagged", False),
    ],
)
def test_a_release_of_numba_that_nobody_tried_compiles_its_own_way(release, own, monkeypatch):
    monkeypatch.setattr(numba, "__version__", release)
    made = kernel(summed)
    assert (type(made).__name__ == "KernelDispatcher") == own
    assert made(np.arange(5.0)) == 10.0
