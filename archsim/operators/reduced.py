"""Training kernels of reductions: one number of all along some axes.

A reduction says what it adds up, what becomes of the sum, and the slope of the result by an element. The
loops stand here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archsim.operators.kernels import LayerKernel
from archsim.operators.numbers import np
from archsim.operators.pairs import bound, element_of


def _reduce(data, window):
    """`window`: four sizes of the input, four strides of it, and four of the output, 0 along an axis
    that is added up.
    """
    for k in range(data.outputs.shape[0]):
        data.outputs[k] = np.float32(0.0)
    for k in range(data.first.shape[0]):
        data.outputs[element_of(k, window, 8)] += term(data.first[k])  # noqa: F821
    for k in range(data.outputs.shape[0]):
        data.outputs[k] = finish(data.outputs[k])  # noqa: F821


def _reduce_back(data, window):
    for k in range(data.first.shape[0]):
        there = element_of(k, window, 8)
        own = slope(data.first[k], data.outputs[there])  # noqa: F821
        data.first_errors[k] += data.errors[there] * own


def _smallest(data, window):
    """`window` as of `_reduce`. `kept`: how many elements have the value of each result."""
    for k in range(data.outputs.shape[0]):
        data.outputs[k] = np.float32(np.inf)
        data.kept[k] = np.float32(0.0)
    for k in range(data.first.shape[0]):
        there = element_of(k, window, 8)
        data.outputs[there] = min(data.outputs[there], data.first[k])
    for k in range(data.first.shape[0]):
        there = element_of(k, window, 8)
        data.kept[there] += np.float32(data.first[k] == data.outputs[there])


def _smallest_back(data, window):
    for k in range(data.first.shape[0]):
        there = element_of(k, window, 8)
        # Between equals an error is shared, as PyTorch's amin does.
        if data.first[k] == data.outputs[there]:
            data.first_errors[k] += data.errors[there] / data.kept[there]


def _product(data, window):
    """`window` as of `_reduce`. `kept`: of each result how many elements are zero, then the product of
    the others.
    """
    count = data.outputs.shape[0]
    for k in range(count):
        data.kept[k] = np.float32(0.0)
        data.kept[count + k] = np.float32(1.0)
    for k in range(data.first.shape[0]):
        there = element_of(k, window, 8)
        if data.first[k] == np.float32(0.0):
            data.kept[there] += np.float32(1.0)
        else:
            data.kept[count + there] *= data.first[k]
    for k in range(count):
        none = data.kept[k] == np.float32(0.0)
        data.outputs[k] = data.kept[count + k] if none else np.float32(0.0)


def _product_back(data, window):
    count = data.outputs.shape[0]
    for k in range(data.first.shape[0]):
        there = element_of(k, window, 8)
        zeros = data.kept[there]
        x = data.first[k]
        # The product of all elements but this one.
        if zeros == np.float32(0.0):
            data.first_errors[k] += data.errors[there] * (data.outputs[there] / x)
        elif zeros == np.float32(1.0) and x == np.float32(0.0):
            data.first_errors[k] += data.errors[there] * data.kept[count + there]


SMALLEST = LayerKernel("smallest along axes", _smallest, _smallest_back)
PRODUCT = LayerKernel("product along axes", _product, _product_back)


def as_it_is(x):
    return x


def reduction(
    name: str,
    term: Callable[..., Any],
    slope: Callable[..., Any],
    finish: Callable[..., Any] = as_it_is,
) -> LayerKernel:
    """The kernel of a reduction.

    Args:
        name: of the machine code.
        term: what an element brings to the sum.
        slope: (element, result): the slope of the result by the element.
        finish: what becomes of the sum.
    """
    names = {"term": term, "slope": slope, "finish": finish}
    return LayerKernel(name, bound(_reduce, names), bound(_reduce_back, names))
