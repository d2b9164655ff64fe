"""Machine code of the operators' training kernels, and the choice among them by a number.

Operators hold plain functions, so that whoever asks for a shape loads no compiler. Here the plain
functions become kernels: the functions that they call are compiled with them, and elementary
functions are those of `archsim.kernels.special`. The choice among kernels is a chain of two-way
branches, made from what the vocabulary holds: no list of operators is kept by hand.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from archsim.kernels import special
from archsim.kernels.compiled import template
from archsim.kernels.content import names_of
from archsim.operators import elementary
from archsim.operators.base import Kernel
from archsim.operators.vocabulary import (
    array_kernels,
    digital_kernels,
    layer_kernels,
    recurrent_kernels,
)

_ROOM = "archsim.operators."


@functools.cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` of an operator's file as a kernel, with all it calls."""
    names: dict[str, Any] = {"np": np}  # what the file has by this name loads NumPy when asked
    for name in sorted(set(names_of(function.__code__))):
        value = function.__globals__.get(name)
        if not isinstance(value, FunctionType) or not value.__module__.startswith(_ROOM):
            continue
        own = value.__module__ == elementary.__name__
        names[name] = getattr(special, value.__name__) if own else compiled(value)
    return template(function, **names)


def each_value(inputs, outputs, window, kept):
    """`value`, whatever it is bound to, of every element."""
    for k in range(inputs.shape[0]):
        outputs[k] = value(inputs[k])  # noqa: F821


def each_error(inputs, outputs, kept, errors, input_errors, window):
    """`back`, whatever it is bound to, of every element."""
    for k in range(outputs.shape[0]):
        input_errors[k] += back(errors[k], inputs[k], outputs[k])  # noqa: F821


def forward_of(kernel: Kernel) -> Callable[..., Any]:
    """The compiled forward function (inputs, outputs, window, kept) of a layer's kernel."""
    function = compiled(kernel.forward)
    return template(each_value, value=function) if kernel.elementwise else function


def backward_of(kernel: Kernel) -> Callable[..., Any]:
    """The compiled backward function (inputs, outputs, kept, errors, input_errors, window)."""
    function = compiled(kernel.backward)
    return template(each_error, back=function) if kernel.elementwise else function


def choose_forward(number, inputs, outputs, window, kept):
    if number == NUMBER:  # noqa: F821
        own(inputs, outputs, window, kept)  # noqa: F821
    else:
        others(number, inputs, outputs, window, kept)  # noqa: F821


def choose_backward(number, inputs, outputs, kept, errors, input_errors, window):
    if number == NUMBER:  # noqa: F821
        own(inputs, outputs, kept, errors, input_errors, window)  # noqa: F821
    else:
        others(number, inputs, outputs, kept, errors, input_errors, window)  # noqa: F821


def choose_layer(number, data, window):
    if number == NUMBER:  # noqa: F821
        own(data, window)  # noqa: F821
    else:
        others(number, data, window)  # noqa: F821


def choose_step(number, data):
    if number == NUMBER:  # noqa: F821
        own(data)  # noqa: F821
    else:
        others(number, data)  # noqa: F821


def choose_lines(number, source, window, target):
    if number == NUMBER:  # noqa: F821
        own(source, window, target)  # noqa: F821
    else:
        others(number, source, window, target)  # noqa: F821


def no_forward(number, inputs, outputs, window, kept):
    """No kernel has this number: `program` writes none."""


def no_backward(number, inputs, outputs, kept, errors, input_errors, window):
    """No kernel has this number: `program` writes none."""


def no_layer(number, data, window):
    """No kernel has this number: `program` writes none."""


def no_step(number, data):
    """No kernel has this number: `program` writes none."""


def no_lines(number, source, window, target):
    """No kernel has this number: `program` writes none."""


def _chain(
    choice: Callable[..., Any],
    last: Callable[..., Any],
    functions: Sequence[Callable[..., Any]],
    numbers: Sequence[int] | None = None,
) -> Callable[..., Any]:
    """One kernel that calls the function of the number that it is given; they are numbered in their
    order where no `numbers` are named.
    """
    chain = template(last)
    for number, function in reversed([*zip(numbers or range(len(functions)), functions)]):
        chain = template(choice, NUMBER=np.int64(number), own=function, others=chain)
    return chain


@functools.cache
def layers_forward(numbers: tuple[int, ...]) -> Callable[..., Any]:
    """(number, `Forth`, window): the forward half of the layer kernels that a network has."""
    own = [compiled(LAYER_KERNELS[number].forward) for number in numbers]
    return _chain(choose_layer, no_layer, own, numbers)


@functools.cache
def layers_backward(numbers: tuple[int, ...]) -> Callable[..., Any]:
    """(number, `Back`, window): the backward half of the layer kernels that a network has."""
    own = [compiled(LAYER_KERNELS[number].backward) for number in numbers]
    return _chain(choose_layer, no_layer, own, numbers)


DIGITAL_KERNELS = digital_kernels()
ARRAY_KERNELS = array_kernels()
LAYER_KERNELS = layer_kernels()
RECURRENT_KERNELS = recurrent_kernels()
run_forward = _chain(choose_forward, no_forward, [forward_of(item) for item in DIGITAL_KERNELS])
run_backward = _chain(choose_backward, no_backward, [backward_of(item) for item in DIGITAL_KERNELS])
gather = _chain(choose_lines, no_lines, [compiled(item.gather) for item in ARRAY_KERNELS])
scatter = _chain(choose_lines, no_lines, [compiled(item.scatter) for item in ARRAY_KERNELS])
step_forward = _chain(choose_step, no_step, [compiled(item.forward) for item in RECURRENT_KERNELS])
step_backward = _chain(
    choose_step, no_step, [compiled(item.backward) for item in RECURRENT_KERNELS]
)
