"""Training kernels of attention: products of activations, shares of a softmax, the causal mask."""

from __future__ import annotations

from archsim.operators.elementary import exponential
from archsim.operators.kernels import LayerKernel
from archsim.operators.numbers import np


def multiply_matrices(data, window):
    """`window`: matrices of either operand, m, k, n: (m, k) by (k, n), one behind the other."""
    inner = window[2]
    m, n = window[1], window[3]
    for s in range(window[0]):
        left = data.first[s * m * inner : (s + 1) * m * inner].reshape(m, inner)
        right = data.second[s * inner * n : (s + 1) * inner * n].reshape(inner, n)
        outputs = data.outputs[s * m * n : (s + 1) * m * n].reshape(m, n)
        outputs[:, :] = np.float32(0.0)
        for i in range(m):
            for k in range(inner):
                value = left[i, k]
                for j in range(n):
                    outputs[i, j] += value * right[k, j]


def multiply_matrices_back(data, window):
    inner = window[2]
    m, n = window[1], window[3]
    for s in range(window[0]):
        left = data.first[s * m * inner : (s + 1) * m * inner].reshape(m, inner)
        right = data.second[s * inner * n : (s + 1) * inner * n].reshape(inner, n)
        errors = data.errors[s * m * n : (s + 1) * m * n].reshape(m, n)
        of_left = data.first_errors[s * m * inner : (s + 1) * m * inner].reshape(m, inner)
        of_right = data.second_errors[s * inner * n : (s + 1) * inner * n].reshape(inner, n)
        for i in range(m):
            for k in range(inner):
                total = np.float32(0.0)
                value = left[i, k]
                for j in range(n):
                    total += errors[i, j] * right[k, j]
                    of_right[k, j] += value * errors[i, j]
                of_left[i, k] += total


def share_out(data, window):
    """Softmax; `window`: runs before the axis, values along it, and behind it."""
    size = window[1]
    inner = window[2]
    for o in range(window[0]):
        for i in range(inner):
            start = o * size * inner + i
            top = data.first[start]
            for k in range(size):
                top = max(top, data.first[start + k * inner])
            total = np.float32(0.0)
            for k in range(size):
                here = start + k * inner
                data.outputs[here] = exponential(data.first[here] - top)
                total += data.outputs[here]
            for k in range(size):
                data.outputs[start + k * inner] /= total


def share_out_back(data, window):
    """y (error - sum of y error)."""
    size = window[1]
    inner = window[2]
    for o in range(window[0]):
        for i in range(inner):
            start = o * size * inner + i
            total = np.float32(0.0)
            for k in range(size):
                here = start + k * inner
                total += data.outputs[here] * data.errors[here]
            for k in range(size):
                here = start + k * inner
                data.first_errors[here] += data.outputs[here] * (data.errors[here] - total)


def mask_later(data, window):
    """`window`: matrices, queries, keys."""
    queries, keys = window[1], window[2]
    for s in range(window[0]):
        for q in range(queries):
            start = (s * queries + q) * keys
            for k in range(keys):
                later = k > q + keys - queries
                data.outputs[start + k] = data.first[start + k] + (
                    data.words[0] if later else np.float32(0.0)
                )


def mask_later_back(data, window):
    for k in range(data.errors.shape[0]):
        data.first_errors[k] += data.errors[k]


MATRICES = LayerKernel("product of activations", multiply_matrices, multiply_matrices_back)
SHARES = LayerKernel("shares of a softmax", share_out, share_out_back)
MASK = LayerKernel("causal mask", mask_later, mask_later_back)
