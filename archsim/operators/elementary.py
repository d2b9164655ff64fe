"""Elementary functions as training kernels call them: here in NumPy, in machine code those of
`archsim.kernels.special`, which `compiled` puts in their place by name.
"""

from __future__ import annotations

from archsim.operators.numbers import np


def exponential(x: np.float32) -> np.float32:
    """e^x for float32 x, which is clipped to -87 … 88."""
    return np.float32(np.exp(min(max(x, np.float32(-87.0)), np.float32(88.0))))


def logarithm(x: np.float32) -> np.float32:
    """Natural logarithm; x below the smallest normal number counts as that number."""
    return np.float32(np.log(max(x, np.finfo(np.float32).tiny)))


def copy_run(source: np.ndarray, start: int, target: np.ndarray, first: int, count: int) -> None:
    """target[first …] = source[start …], `count` values of contiguous float32."""
    target[first : first + count] = source[start : start + count]
