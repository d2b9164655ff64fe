"""Training kernels of joins of two operands that are broadcast to each other."""

from __future__ import annotations

from archsim.operators.kernels import LayerKernel


def add_joined(data, window):
    """`window`: four sizes of the output, and four strides of each operand."""
    k = 0
    for a in range(window[0]):
        for b in range(window[1]):
            for c in range(window[2]):
                x = a * window[4] + b * window[5] + c * window[6]
                y = a * window[8] + b * window[9] + c * window[10]
                for d in range(window[3]):
                    one = data.first[x + d * window[7]]
                    data.outputs[k] = one + data.second[y + d * window[11]]
                    k += 1


def add_joined_back(data, window):
    k = 0
    for a in range(window[0]):
        for b in range(window[1]):
            for c in range(window[2]):
                x = a * window[4] + b * window[5] + c * window[6]
                y = a * window[8] + b * window[9] + c * window[10]
                for d in range(window[3]):
                    data.first_errors[x + d * window[7]] += data.errors[k]
                    data.second_errors[y + d * window[11]] += data.errors[k]
                    k += 1


def multiply_joined(data, window):
    k = 0
    for a in range(window[0]):
        for b in range(window[1]):
            for c in range(window[2]):
                x = a * window[4] + b * window[5] + c * window[6]
                y = a * window[8] + b * window[9] + c * window[10]
                for d in range(window[3]):
                    one = data.first[x + d * window[7]]
                    data.outputs[k] = one * data.second[y + d * window[11]]
                    k += 1


def multiply_joined_back(data, window):
    k = 0
    for a in range(window[0]):
        for b in range(window[1]):
            for c in range(window[2]):
                x = a * window[4] + b * window[5] + c * window[6]
                y = a * window[8] + b * window[9] + c * window[10]
                for d in range(window[3]):
                    one, other = x + d * window[7], y + d * window[11]
                    error = data.errors[k]
                    data.first_errors[one] += error * data.second[other]
                    data.second_errors[other] += error * data.first[one]
                    k += 1


def add_table(data, window):
    """The sum with words of the layer's own, one an element."""
    for k in range(data.outputs.shape[0]):
        data.outputs[k] = data.first[k] + data.words[k]


def add_table_back(data, window):
    for k in range(data.errors.shape[0]):
        data.first_errors[k] += data.errors[k]
        data.gradients[k] += data.errors[k]


ADD = LayerKernel("sum of two that are broadcast", add_joined, add_joined_back)
MULTIPLY = LayerKernel("product of two that are broadcast", multiply_joined, multiply_joined_back)
TABLE = LayerKernel("sum with a table", add_table, add_table_back)
