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
