"""Do products of NumPy run on one thread, and is the library left as it was?"""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from archsim.basics.threads import _libraries, one_thread
from archsim.operators import array_forward as layer_forward
from archsim.run.simulation import simulate


def threads():
    return {
        library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
    }


@pytest.mark.parametrize("chip", ["rpu", "wu2023"])
def test_a_run_with_data_multiplies_on_one_thread(monkeypatch, chip):
    simulate("digits_cnn", chip, data="random", images=1)
    _libraries.cache_clear()  # numba may have loaded a library of its own meanwhile, which NumPy does not use
    seen = []
    results = []
    matmul, einsum = np.matmul, np.einsum

    def watched(*arguments, **more):
        seen.append(threads())
        return einsum(*arguments, **more)

    class Watched(np.ndarray):  # sees the operator @, which cannot be replaced in NumPy
        def __array_ufunc__(self, ufunc, method, *inputs, **more):
            if ufunc is matmul:
                seen.append(threads())
            return getattr(ufunc, method)(
                *(item.view(np.ndarray) if isinstance(item, Watched) else item for item in inputs),
                **more,
            )

    inputs = layer_forward.array_inputs
    monkeypatch.setattr(np, "einsum", watched)
    monkeypatch.setattr(
        "archsim.soc.data.tile_data.array_inputs",
        lambda *arguments: inputs(*arguments).view(Watched),
    )
    for number in (1, 2):
        with threadpool_limits(number, user_api="blas"):
            results.append(simulate("digits_cnn", chip, data="random", images=1))
            assert threads() == {number}
    assert len(seen) >= 8 and set().union(*seen) == {1}
    assert np.array_equal(results[0].outputs, results[1].outputs) and results[0].outputs.any()
    assert results[0].to_dict() == results[1].to_dict()


def test_callers_that_overlap_leave_the_library_as_it_was():
    seen = []
    both = threading.Barrier(3)

    def work():
        both.wait()
        for _ in range(50):
            with one_thread():
                seen.append(threads())

    before = threads()
    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert threads() == before
    assert set().union(*seen) == {1}


def test_a_caller_inside_another_leaves_the_limit_to_that():
    before = threads()
    with one_thread():
        with one_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == before
