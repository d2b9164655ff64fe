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
    # The logarithm of nothing would be infinite, and so would every error behind it.
    return np.float32(np.log(max(x, np.finfo(np.float32).tiny)))


def uniform(key: np.uint64, column: np.uint64) -> np.float32:
    """The random number at a place of a stream, float32 in [0, 1): the bits of `kernels.random`."""
    from archsim.kernels.random_reference import uniform_reference  # it loads the compiler

    return np.float32(uniform_reference(np.array([key], np.uint64), np.array([column]))[0])


def copy_run(source: np.ndarray, start: int, target: np.ndarray, first: int, count: int) -> None:
    """target[first …] = source[start …], `count` values of contiguous float32."""
    target[first : first + count] = source[start : start + count]


def add_shifted(
    block: np.ndarray,
    line: int,
    lines: int,
    span: tuple[int, int, int],
    image: np.ndarray,
    target: int,
    width: int,
) -> None:
    """image[target + x] += block[line + k, first + x + padding - k] for x < width and every k < lines
    in order, where 0 <= x + padding - k < reach, for a span (first, reach, padding); contiguous float32.
    """
    first, reach, padding = span
    for k in range(lines):
        low = max(0, k - padding)
        high = min(width, reach + k - padding)
        if low < high:
            start = first + padding - k
            image[target + low : target + high] += block[line + k, start + low : start + high]
