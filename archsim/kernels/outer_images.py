"""The digital gradient of a mini-batch in one call: what `outer` does of an image, of many.

A small network's step takes as long as its calls from Python, and those hold threads up that share
the layers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.outer import add_products, sum_products
from archsim.kernels.views import view_at

ONE = np.float32(1.0)


class Images(NamedTuple):
    """Vectors of several images: float32 (n,) from the first image to the last, and how many numbers
    lie from one to the next. One type for one image and many, so that machine code is made once.
    """

    values: np.ndarray
    apart: int


def images_of(stack: np.ndarray) -> Images:
    """`Images` of a stack (B, lines, V), without a copy where each image is contiguous."""
    if not stack[0].flags.c_contiguous:
        stack = np.ascontiguousarray(stack)
    size = stack[0].size
    apart = stack.strides[0] // stack.itemsize if len(stack) > 1 else size
    length = (len(stack) - 1) * apart + size
    return Images(np.lib.stride_tricks.as_strided(stack, (length,), (stack.itemsize,)), apart)


@kernel
def add_images(sums, inputs, errors, count, vectors):
    """sums (M, N) += d x^T of the vectors of `count` images, one after the other.

    Args:
        sums: float32, contiguous.
        inputs, errors: `Images` as plain tuples, of (N, V) and (M, V).
        count: of images.
        vectors: V.
    """
    sums = borrowed(sums)
    rows, columns = sums.shape
    x, of_inputs = inputs
    d, of_errors = errors
    for b in range(count):
        own = view_at(x, b * of_inputs, (columns, vectors))
        add_products(sums, own, view_at(d, b * of_errors, (rows, vectors)), ONE)


@kernel
def sum_images(sums, inputs, errors, count, vectors, words):
    """`add_images` to sums that go back to the buffer as words after each image.

    Args:
        sums, inputs, errors, count, vectors: as `add_images`.
        words: scale, form and keys as `outer.sum_products` takes them, and the number of the first
            image in the run.
    """
    sums = borrowed(sums)
    rows, columns = sums.shape
    x, of_inputs = inputs
    d, of_errors = errors
    scale, form, keys, first = words
    for b in range(count):
        own = view_at(x, b * of_inputs, (columns, vectors))
        theirs = view_at(d, b * of_errors, (rows, vectors))
        sum_products(sums, own, theirs, scale, form, keys, first + b)
