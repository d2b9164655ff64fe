"""Exponential, logarithm and power against NumPy in double precision."""

import numpy as np

from archsim.kernels import special
from archsim.kernels.compiled import kernel


@kernel
def tabulate(x, y, exponential, logarithm, power):
    for k in range(x.shape[0]):
        exponential[k] = special.exponential(x[k])
        logarithm[k] = special.logarithm(y[k])
        power[k] = special.power(y[k], np.float32(1.7))


def test_relative_error_is_below_3e_7():
    x = np.linspace(-86, 87, 200_001, dtype=np.float32)
    y = np.concatenate([np.logspace(-30, 30, 100_001), np.linspace(1e-6, 2, 100_000)]).astype(
        np.float32
    )
    results = [np.empty(x.size, np.float32) for _ in range(3)]
    tabulate(x, y, *results)
    np.testing.assert_allclose(results[0], np.exp(x.astype(float)), rtol=3e-7)
    np.testing.assert_allclose(results[1], np.log(y.astype(float)), rtol=3e-7, atol=3e-8)
    inside = (y > 1e-15) & (y < 1e15)
    np.testing.assert_allclose(
        results[2][inside], y[inside].astype(float) ** np.float32(1.7), rtol=2e-5
    )
    near = (y > 1e-3) & (y < 2)
    np.testing.assert_allclose(
        results[2][near], y[near].astype(float) ** np.float32(1.7), rtol=3e-6
    )


def test_ends():
    x = np.array([-1000, 1000, 0, 0], np.float32)
    y = np.array([0, 0, 1, 1], np.float32)
    results = [np.empty(4, np.float32) for _ in range(3)]
    tabulate(x, y, *results)
    assert results[0][0] < 1e-37 and np.isfinite(results[0]).all() and results[0][2] == 1
    assert results[1][2] == 0 and results[2][0] < 1e-37 and results[2][2] == 1
