"""Training kernels of functions of two numbers, over operands that are broadcast to each other: two
activations, or one and a constant, which is words of the layer that never change.

A join says what it makes of two numbers and which errors it passes to each. The loops stand here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from archsim.operators.arguments import in_their_order, is_trained, words_shape
from archsim.operators.kernels import OWN, LayerKernel, LayerWords, TrainingRow
from archsim.operators.strides import joined_numbers

if TYPE_CHECKING:
    from workloads.network import Layer

WORD_FIRST = 12  # number of a window that tells that the trained words are the first operand
CONSTANT_FIRST = 8  # number of a window that tells that the constant is the first operand
CONSTANT = -2  # what stands for the number of an input where the operand is a constant
UNKNOWN = float("nan")  # a constant until its values are put in: one that is forgotten shows


def element_of(k, window, first):
    """Which element of an operand meets output `k`: by four sizes of the output, and four strides of
    the operand from number `first` of the window on.
    """
    rest = k // window[3]
    across = rest // window[2]
    inner = (k % window[3]) * window[first + 3] + (rest % window[2]) * window[first + 2]
    return inner + (across % window[1]) * window[first + 1] + across // window[1] * window[first]


def _pair(data, window):
    for k in range(data.outputs.shape[0]):
        one = data.first[element_of(k, window, 4)]
        data.outputs[k] = value(one, data.second[element_of(k, window, 8)])  # noqa: F821


def _pair_back(data, window):
    for k in range(data.errors.shape[0]):
        here = element_of(k, window, 4)
        there = element_of(k, window, 8)
        one = data.first[here]
        other = data.second[there]
        y = data.outputs[k]
        # an operand that was broadcast gathers the errors of all outputs that it met
        data.first_errors[here] += first_back(data.errors[k], one, other, y)  # noqa: F821
        data.second_errors[there] += second_back(data.errors[k], one, other, y)  # noqa: F821


def _fixed(data, window):
    for k in range(data.outputs.shape[0]):
        x = data.first[element_of(k, window, 4)]
        if window[8] > 0:
            data.outputs[k] = value(data.words[k], x)  # noqa: F821
        else:
            data.outputs[k] = value(x, data.words[k])  # noqa: F821


def _fixed_back(data, window):
    for k in range(data.errors.shape[0]):
        here = element_of(k, window, 4)
        x = data.first[here]
        y = data.outputs[k]
        if window[8] > 0:
            data.first_errors[here] += second_back(data.errors[k], data.words[k], x, y)  # noqa: F821
        else:
            data.first_errors[here] += first_back(data.errors[k], x, data.words[k], y)  # noqa: F821


def _own(data, window):
    for k in range(data.outputs.shape[0]):
        x = data.first[element_of(k, window, 4)]
        word = data.words[element_of(k, window, 8)]
        if window[WORD_FIRST] > 0:
            data.outputs[k] = value(word, x)  # noqa: F821
        else:
            data.outputs[k] = value(x, word)  # noqa: F821


def _own_back(data, window):
    for k in range(data.errors.shape[0]):
        here = element_of(k, window, 4)
        there = element_of(k, window, 8)
        x = data.first[here]
        word = data.words[there]
        y = data.outputs[k]
        # a word that was broadcast gathers the errors of all outputs that it met
        if window[WORD_FIRST] > 0:
            data.gradients[there] += first_back(data.errors[k], word, x, y)  # noqa: F821
            data.first_errors[here] += second_back(data.errors[k], word, x, y)  # noqa: F821
        else:
            data.first_errors[here] += first_back(data.errors[k], x, word, y)  # noqa: F821
            data.gradients[there] += second_back(data.errors[k], x, word, y)  # noqa: F821


class JoinKernels(NamedTuple):
    """How a join trains: of two activations, of one and a constant, and of one and trained words."""

    pair: LayerKernel
    fixed: LayerKernel
    own: LayerKernel | None = None

    def made(self) -> tuple[LayerKernel, ...]:
        """Those that there are."""
        return tuple(kernel for kernel in self if kernel is not None)


def join_kernels(
    name: str,
    value: Callable[..., Any],
    first_back: Callable[..., Any],
    second_back: Callable[..., Any],
    pair: LayerKernel | None = None,
    own: bool = True,
) -> JoinKernels:
    """The kernels of a join.

    Args:
        name: what it makes of two: "difference".
        value: (first, second).
        first_back: (error, first, second, value): the error of the first operand.
        second_back: that of the second.
        pair: a kernel of two activations that is there already.
        own: whether a constant may be trained.
    """
    names = {"value": value, "first_back": first_back, "second_back": second_back}

    def made(of: str, forward: Callable[..., Any], backward: Callable[..., Any]) -> LayerKernel:
        return LayerKernel(f"{name} {of}", bound(forward, names), bound(backward, names))

    return JoinKernels(
        pair or made("of two", _pair, _pair_back),
        made("with a constant", _fixed, _fixed_back),
        made("with trained words", _own, _own_back) if own else None,
    )


def bound(loop: Callable[..., Any], names: dict[str, Callable[..., Any]]) -> FunctionType:
    """A loop with its functions, by name: one source for all that are bound to it."""
    assert isinstance(loop, FunctionType)  # one of this file
    # machine code holds the functions that its loop calls: each join has a loop of its own
    made = FunctionType(loop.__code__, {**loop.__globals__, **names}, loop.__name__)
    made.__module__ = loop.__module__
    return made


def training_of_join(kernels: JoinKernels, layer: Layer) -> tuple[TrainingRow, ...]:
    """The rows of a join: its operands one after the other, each with what those before it made, which
    lies beside the output; none for more axes than four, or where no operand is an activation.
    """
    if is_trained(layer):
        return _own_row(kernels, layer)
    shape = layer.output_shape
    size = layer.output_elements
    given = [Operand(source, own) for source, own in enumerate(layer.input_shapes)]
    operands = in_their_order(layer, given, "operand", lambda role: Operand(CONSTANT, shape))
    before, *others = operands
    rows: list[TrainingRow] = []
    for number, operand in enumerate(others):
        last = number == len(others) - 1
        numbers = joined_numbers(shape, before.shape, operand.shape)
        constants = (before.source, operand.source).count(CONSTANT)
        if not numbers or constants == 2:
            return ()
        # Results on the way lie behind the output, the first of them first.
        start = 0 if last else size * (number + 1)
        fields: dict[str, Any] = {"window": numbers}
        if constants:
            first = before.source == CONSTANT
            moving, other = (operand, before) if first else (before, operand)
            numbers = joined_numbers(shape, moving.shape, other.shape)
            fields["window"] = (*numbers[:CONSTANT_FIRST], int(first))
            fields["words"] = LayerWords(constants=(UNKNOWN,) * size)
        else:
            moving = before
            fields["second"] = operand.source
        if moving.source == OWN:
            fields |= {"first": size * number, "taken": size}
        if not last:
            fields |= {"start": start, "size": size}
        kernel = kernels.fixed if constants else kernels.pair
        rows.append(TrainingRow(kernel, moving.source, **fields))
        before = Operand(OWN, shape)
    return tuple(rows)


def _own_row(kernels: JoinKernels, layer: Layer) -> tuple[TrainingRow, ...]:
    """The row of an activation and trained words in their own shape."""
    shape = words_shape(layer)
    numbers = joined_numbers(layer.output_shape, layer.input_shapes[0], shape)
    if kernels.own is None or not numbers:
        return ()
    words = LayerWords(each=math.prod(shape), trained=(0.0,))
    first = int(layer.roles == ("operand0",))
    return (TrainingRow(kernels.own, window=(*numbers, first), words=words),)


class Operand(NamedTuple):
    """Which of the layer's inputs an operand is (`CONSTANT`, `OWN`: none), and its shape."""

    source: int
    shape: tuple[int, ...]
