"""Exponential, logarithm and power in float32 arithmetic that LLVM vectorises (its library calls
would not).

Range reduction and polynomials of the Cephes library (S. Moshier, expf and logf); relative error
below 3e-7, tested against NumPy.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.lanes import add_shifted as add_shifted
from archsim.kernels.lanes import copy_run as copy_run
from archsim.kernels.random import uniform as uniform

F = np.float32
_E = (
    F(1.9875691500e-4),
    F(1.3981999507e-3),
    F(8.3334519073e-3),
    F(4.1665795894e-2),
    F(1.6666665459e-1),
    F(5.0000001201e-1),
)
_L = (
    F(7.0376836292e-2),
    F(-1.1514610310e-1),
    F(1.1676998740e-1),
    F(-1.2420140846e-1),
    F(1.4249322787e-1),
    F(-1.6668057665e-1),
    F(2.0000714765e-1),
    F(-2.4999993993e-1),
    F(3.3333331174e-1),
)
_LOG2_E = F(1.44269504088896341)
_LN2_HIGH = F(0.693359375)
_LN2_LOW = F(-2.12194440e-4)
_LOWEST = F(-87.0)
_HIGHEST = F(88.0)
_TINY = F(1.1754944e-38)
_ONE = F(1.0)
_HALF = F(0.5)


@kernel
def exponential(x):
    """e^x for float32 x, which is clipped to -87 … 88."""
    x = min(max(x, _LOWEST), _HIGHEST)
    whole = np.rint(x * _LOG2_E)
    r = (x - whole * _LN2_HIGH) - whole * _LN2_LOW
    p = ((((_E[0] * r + _E[1]) * r + _E[2]) * r + _E[3]) * r + _E[4]) * r + _E[5]
    return ((p * r) * r + r + _ONE) * np.int32(
        (np.int32(whole) + np.int32(127)) << np.int32(23)
    ).view(np.float32)


@kernel
def logarithm(x):
    """Natural logarithm of float32 x; x below the smallest normal number counts as that number."""
    bits = np.float32(max(x, _TINY)).view(np.int32)
    exponent = np.int32(np.int32(bits - np.int32(0x3F3504F3)) >> np.int32(23))
    f = np.int32(bits - np.int32(exponent << np.int32(23))).view(np.float32) - _ONE
    p = (
        (
            (
                (((((_L[0] * f + _L[1]) * f + _L[2]) * f + _L[3]) * f + _L[4]) * f + _L[5]) * f
                + _L[6]
            )
            * f
            + _L[7]
        )
        * f
        + _L[8]
    ) * f
    whole = np.float32(exponent)
    return (((p * f) * f + whole * _LN2_LOW) - _HALF * (f * f) + f) + whole * _LN2_HIGH


@kernel
def power(base, exponent):
    """base^exponent for base >= 0, exponent >= 0."""
    return exponential(exponent * logarithm(base))
