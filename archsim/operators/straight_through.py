"""Training kernels of what rounds: forward they round, and errors pass as if they did not
(straight-through estimator: Bengio, Léonard & Courville 2013, arXiv 1308.3432), but not beyond the
ends of what can be told.
"""

from __future__ import annotations

from archsim.operators.kernels import LayerKernel
from archsim.operators.numbers import np


def half(x):
    """The nearest float16, ties to even."""
    size = abs(x)
    if size >= np.float32(65520.0):  # half a step above its largest
        return np.float32(np.copysign(np.inf, x))
    # Below its normal numbers all have one distance; a power of two changes no bit.
    if size < np.float32(2.0**-14):
        return np.float32(np.rint(x * np.float32(2.0**24)) * np.float32(2.0**-24))
    return shortened(x, 13)


def brain(x):
    """The nearest bfloat16, ties to even."""
    return shortened(x, 16)


def shortened(x, bits):
    """A float32 without its last bits, rounded to nearest, ties to even; NaN stays NaN."""
    if x != x:
        return x
    word = np.int64(np.float32(x).view(np.int32))
    odd = (word >> bits) & 1
    # Half of the last kept digit less one, and one more for an odd digit.
    word += (1 << (bits - 1)) - 1 + odd
    return np.int32((word >> bits) << bits).view(np.float32)


def pass_on(error, x, y):
    return error


def quantise(data, window):
    """`words`: scales, then zero points. `window`: how many of each there are, how many neighbours have
    the same one, and the smallest and the largest number.
    """
    count = window[0]
    for k in range(data.first.shape[0]):
        own = k // window[1] % count
        code = np.rint(data.first[k] / data.words[own]) + data.words[count + own]
        data.outputs[k] = min(max(code, np.float32(window[2])), np.float32(window[3]))


def quantise_back(data, window):
    """Nothing passes of a value that was clipped."""
    count = window[0]
    for k in range(data.first.shape[0]):
        own = k // window[1] % count
        code = np.rint(data.first[k] / data.words[own]) + data.words[count + own]
        if np.float32(window[2]) <= code <= np.float32(window[3]):
            data.first_errors[k] += data.errors[k] / data.words[own]


def dequantise(data, window):
    """`words` and `window` as of `quantise`."""
    count = window[0]
    for k in range(data.first.shape[0]):
        own = k // window[1] % count
        data.outputs[k] = (data.first[k] - data.words[count + own]) * data.words[own]


def dequantise_back(data, window):
    count = window[0]
    for k in range(data.first.shape[0]):
        data.first_errors[k] += data.errors[k] * data.words[k // window[1] % count]


QUANTISE = LayerKernel("quantise", quantise, quantise_back)
DEQUANTISE = LayerKernel("dequantise", dequantise, dequantise_back)
