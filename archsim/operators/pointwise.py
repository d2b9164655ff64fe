"""Functions of one number each, by name: settings are those of the ONNX operator, in the same
words.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Numbers = np.ndarray
_error_function = np.frompyfunc(math.erf, 1, 1)


def erf(x: Numbers) -> Numbers:
    """The error function, exact to double precision."""
    return _error_function(np.asarray(x, np.float64)).astype(np.float64)


def sigmoid(x: Numbers) -> Numbers:
    """1 / (1 + exp(-x)), without overflow for large negative x."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def softplus(x: Numbers) -> Numbers:
    """log(1 + exp(x)), without overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def gelu(x: Numbers, approximate: str = "none") -> Numbers:
    """Gaussian error linear unit (Hendrycks & Gimpel 2016), exact or by tanh."""
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def elu(x: Numbers, alpha: float = 1.0) -> Numbers:
    """x above zero, alpha (exp(x) - 1) below."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def hard_sigmoid(x: Numbers, alpha: float = 0.2, beta: float = 0.5) -> Numbers:
    """A line, clipped to 0 … 1."""
    return np.clip(alpha * x + beta, 0, 1)


FUNCTIONS: dict[str, Callable[..., Numbers]] = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x, alpha=0.01: np.where(x >= 0, x, alpha * x),
    "clip": lambda x, low=0.0, high=6.0: np.minimum(np.maximum(x, low), high),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "hard_sigmoid": hard_sigmoid,
    "thresholded_relu": lambda x, alpha=1.0: np.where(x <= alpha, 0.0, x),
    "elu": elu,
    "selu": lambda x, alpha=1.6732632, gamma=1.0507009: gamma * elu(x, alpha),
    "celu": lambda x, alpha=1.0: (
        np.maximum(x, 0) + np.minimum(0, alpha * np.expm1(np.minimum(x, 0) / alpha))
    ),
    "softplus": softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "gelu": gelu,
    "mish": lambda x: x * np.tanh(softplus(x)),
    "swish": lambda x, alpha=1.0: x * sigmoid(alpha * x),
    "erf": erf,
    "exp": np.exp,
}
"""Name of the function -> function of an array and of the layer's settings."""
