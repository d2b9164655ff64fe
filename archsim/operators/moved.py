"""Training kernels of operators that move elements: each output element is one of the input, found
by strides; an error goes back to where its element came from.
"""

from __future__ import annotations

from archsim.operators.kernels import LayerKernel, TrainingRow
from archsim.operators.numbers import np


def take(data, window):
    """`window`: four sizes of the output, four strides in the input, and its first element."""
    k = 0
    for a in range(window[0]):
        for b in range(window[1]):
            for c in range(window[2]):
                here = window[8] + a * window[4] + b * window[5] + c * window[6]
                for d in range(window[3]):
                    data.outputs[k] = data.first[here + d * window[7]]
                    k += 1


def give_back(data, window):
    k = 0
    for a in range(window[0]):
        for b in range(window[1]):
            for c in range(window[2]):
                here = window[8] + a * window[4] + b * window[5] + c * window[6]
                for d in range(window[3]):
                    data.first_errors[here + d * window[7]] += data.errors[k]
                    k += 1


def spread(values, target, window):
    """target, by the strides of a window, = values one after the other."""
    k = 0
    for a in range(window[0]):
        for b in range(window[1]):
            for c in range(window[2]):
                here = window[8] + a * window[4] + b * window[5] + c * window[6]
                for d in range(window[3]):
                    target[here + d * window[7]] = values[k]
                    k += 1


def put(data, window):
    """The other way round: the input lies in the output by strides, the rest is `words[0]`."""
    data.outputs[:] = data.words[0]
    spread(data.first, data.outputs, window)


def place(data, window):
    """`put` without filling what lies between."""
    spread(data.first, data.outputs, window)


def collect(errors, target, window):
    """target, one after the other, += what lies in `errors` by the strides of a window."""
    k = 0
    for a in range(window[0]):
        for b in range(window[1]):
            for c in range(window[2]):
                here = window[8] + a * window[4] + b * window[5] + c * window[6]
                for d in range(window[3]):
                    target[k] += errors[here + d * window[7]]
                    k += 1


def take_back(data, window):
    collect(data.errors, data.first_errors, window)


TAKE = LayerKernel("elements taken by strides", take, give_back)
PUT = LayerKernel("elements put by strides", put, take_back)


def place_words(data, window):
    """`place` of the layer's own words, which are constant."""
    spread(data.words, data.outputs, window)


def nothing_back(data, window):
    """No error reaches a constant, or a condition."""
    return


def gather_back(data, window):
    """The errors of trained words are their gradients."""
    collect(data.errors, data.gradients, window)


PLACE_OWN = LayerKernel("trained words placed by strides", place_words, gather_back)
PLACE_WORDS = LayerKernel("constants placed by strides", place_words, nothing_back)
PLACE = LayerKernel("elements placed by strides", place, take_back)


def pick(data, window):
    """`words`: the number in the input of every output element, below 0 where it is filled, then what
    it is filled with.
    """
    count = data.outputs.shape[0]
    for k in range(count):
        filled = data.words[k] < np.float32(0.0)
        data.outputs[k] = data.words[count] if filled else data.first[int(data.words[k])]


def pick_back(data, window):
    for k in range(data.errors.shape[0]):
        if data.words[k] >= np.float32(0.0):
            data.first_errors[int(data.words[k])] += data.errors[k]


PICK = LayerKernel("elements by number", pick, pick_back)
MOST_PICKED = 1 << 24
"""Elements of an input whose numbers are exact as float32."""


def taken(numbers: tuple[int, ...]) -> tuple[TrainingRow, ...]:
    """The row of a move by `moved_numbers`; none where there are none."""
    return (TrainingRow(TAKE, window=numbers),) if numbers else ()
