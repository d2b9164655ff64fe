"""Machine code of the operators' training kernels, and the choice among them by a number.

Operators hold plain functions, so that whoever asks for a shape loads no compiler. Here the plain
functions become kernels: the functions that they call are compiled with them, and elementary
functions are those of `archsim.kernels.special`. They stand behind doors (`kernels.doors`) by number,
made from what the vocabulary holds: no list of operators is kept by hand, and only those of a network
are compiled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numpy as np
from numba.core import types

from archsim.kernels import special
from archsim.kernels.compiled import template
from archsim.kernels.content import names_of
from archsim.kernels.doors import Block, Door, Vector, Whole
from archsim.operators import elementary
from archsim.operators.base import Kernel
from archsim.operators.kernels import Back, Forth, StepBack, StepForth
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
        # By name: `special` has the machine code of every function of that file.
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
    # The loop stands here, so that an operator's file says one number alone.
    return template(each_value, value=function) if kernel.elementwise else function


def backward_of(kernel: Kernel) -> Callable[..., Any]:
    """The compiled backward function (inputs, outputs, kept, errors, input_errors, window)."""
    function = compiled(kernel.backward)
    return template(each_error, back=function) if kernel.elementwise else function


DIGITAL_KERNELS = digital_kernels()
ARRAY_KERNELS = array_kernels()
LAYER_KERNELS = layer_kernels()
RECURRENT_KERNELS = recurrent_kernels()
_FORTH = types.NamedTuple((Vector,) * 5 + (types.float32, types.boolean, types.uint64), Forth)
_BACK = types.NamedTuple((Vector,) * 9 + (types.float32, types.int64), Back)
_STEP_FORTH = types.NamedUniTuple(Vector, len(StepForth._fields), StepForth)
_STEP_BACK = types.NamedUniTuple(Vector, len(StepBack._fields), StepBack)


def _each(make: Callable[[Any], Callable[..., Any]], kernels: Sequence[Any]) -> list[Any]:
    return [functools.partial(make, kernel) for kernel in kernels]


# One door a half of a cycle; a kernel's number is its place in the lists above.
FORWARD = Door("forward", _each(forward_of, DIGITAL_KERNELS), [Vector, Vector, Whole, Vector])
BACKWARD = Door("backward", _each(backward_of, DIGITAL_KERNELS), [*[Vector] * 5, Whole])
GATHER = Door(
    "gather", _each(lambda item: compiled(item.gather), ARRAY_KERNELS), [Vector, Whole, Block]
)
SCATTER = Door(
    "scatter", _each(lambda item: compiled(item.scatter), ARRAY_KERNELS), [Block, Whole, Vector]
)
LAYER_FORWARD = Door(
    "layer_forward", _each(lambda item: compiled(item.forward), LAYER_KERNELS), [_FORTH, Whole]
)
LAYER_BACKWARD = Door(
    "layer_backward", _each(lambda item: compiled(item.backward), LAYER_KERNELS), [_BACK, Whole]
)
STEP_FORWARD = Door(
    "step_forward", _each(lambda item: compiled(item.forward), RECURRENT_KERNELS), [_STEP_FORTH]
)
STEP_BACKWARD = Door(
    "step_backward", _each(lambda item: compiled(item.backward), RECURRENT_KERNELS), [_STEP_BACK]
)
