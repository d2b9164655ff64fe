"""Outer products in floating point: the digital gradient and its NumPy twin."""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.number_formats import store_quantity

ZERO = np.float32(0.0)


@kernel
def add_products(weights, inputs, errors, rate):
    """W += rate d x^T in floating point, the digital update: vector after vector, skipping zero
    errors.
    """
    rows, columns = weights.shape
    x = np.empty(columns, np.float32)
    for v in range(inputs.shape[1]):
        loaded = False
        for i in range(rows):
            # Skipped, not added as zero: most are behind a rectifier, and -0 + 0 changes bits.
            if errors[i, v] != ZERO:
                if not loaded:
                    for j in range(columns):
                        x[j] = inputs[j, v]
                    loaded = True
                factor = rate * errors[i, v]
                line = weights[i]
                for j in range(columns):
                    line[j] += factor * x[j]


@kernel
def sum_products(sums, inputs, errors, scale, form, keys, image):
    """`add_products` of an image to sums (M, N) that go back to the buffer as words (see
    `number_formats.store_quantity`), in one call.
    """
    sums = borrowed(sums)
    add_products(sums, inputs, errors, np.float32(1.0))
    store_quantity(sums.reshape(-1), scale, form, keys, image, 0)


def add_products_reference(
    weights: np.ndarray, inputs: np.ndarray, errors: np.ndarray, rate: float
) -> None:
    """NumPy twin of `add_products`: W += rate d x^T for the columns of inputs (N, V) and errors (M,
    V), in place, the same bits.
    """
    for v in range(inputs.shape[1]):
        factors = np.float32(rate) * errors[:, v]
        some = errors[:, v] != 0
        weights[some] += factors[some, None] * inputs[:, v]
