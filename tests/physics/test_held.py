"""Does a kernel count references to the arrays it makes, and to none that its caller holds?"""

from typing import NamedTuple

import numpy as np
import pytest
from numba.core.registry import cpu_target
from numba.core.runtime import _nrt_python, rtsys

from archsim.kernels.compiled import kernel


class Pair(NamedTuple):
    first: np.ndarray
    second: np.ndarray


class Nest(NamedTuple):
    pair: Pair
    weights: np.ndarray


def of_caller(nest, chosen):
    """Fields, slices, copies of names, tuples taken apart, records put together: all the caller's."""
    pair = nest.pair
    line = pair.first[chosen]
    if chosen > 0:
        line = nest.weights[1:]
    first, second = pair
    again = Nest(Pair(second, line), first[0])
    total = 0.0
    for value in again.pair.second:
        total += value * again.weights[0]
    return total + again.pair.first[0]


def of_own(pair, count):
    """A record of an array that is made here, in a name that held one of the caller before."""
    line = pair.second
    total = 0.0
    for k in range(count):
        mine = Pair(np.full(5, float(k)), line)
        line = mine.first
        other = np.full(5, -1.0)
        total += line.sum() + other[0]
    return total, line


def copied(pair, positions):
    return pair.second[positions].sum()


def nest():
    return Nest(Pair(np.arange(6.0).reshape(2, 3), np.arange(5.0) + 2), np.arange(4.0))


def counts_in(compiled):
    """Whether the machine code of a kernel counts references; its door from Python does."""
    (made,) = compiled.overloads.values()
    body = made.library._final_module.get_function(made.fndesc.llvm_func_name)
    return "NRT_incref" in str(body) or "NRT_decref" in str(body)


@pytest.fixture
def made_here(monkeypatch, tmp_path):
    """No machine code from disk, which has no text."""
    monkeypatch.setattr("archsim.kernels.store.store_folder", lambda: None)


@pytest.fixture
def counted():
    """numba counts what it allocates and frees."""
    rtsys.initialize(cpu_target.target_context)
    _nrt_python.memsys_enable_stats()
    yield
    _nrt_python.memsys_disable_stats()


def test_what_a_caller_holds_is_not_counted(made_here):
    # again.weights[0] = first[0][0] = 0 and again.pair.first[0] = 2
    fresh = kernel(of_caller)
    assert fresh(nest(), 0) == 2.0
    assert fresh(nest(), 1) == 2.0
    assert not counts_in(fresh)


def test_an_array_made_in_a_kernel_lives_as_long_as_a_record_that_holds_it(made_here, counted):
    fresh = kernel(of_own)
    before = rtsys.get_allocation_stats()
    total, line = fresh(nest().pair, 4)
    # five values of 0, 1, 2, 3, and -1 four times
    assert (total, list(line)) == (26.0, [3.0] * 5)
    del line
    after = rtsys.get_allocation_stats()
    assert after.alloc - before.alloc == after.free - before.free >= 8


def test_a_copy_by_an_array_of_positions_is_given_back(made_here, counted):
    fresh = kernel(copied)
    before = rtsys.get_allocation_stats()
    assert fresh(nest().pair, np.array([0, 4])) == 8.0
    after = rtsys.get_allocation_stats()
    assert after.alloc - before.alloc == after.free - before.free > 0


def given(values):
    part = values[1:]
    return part


def test_an_array_that_is_given_back_is_counted_for_its_caller(made_here):
    values = np.arange(1000.0) + 1
    kept = kernel(given)(values)
    del values
    # memory of a freed array is given away again
    others = [np.zeros(1000) for _ in range(8)]
    assert kept[0] == 2.0 and len(others) == 8
