"""The training kernel of normalisations with the statistics of the image itself."""

from __future__ import annotations

from archsim.operators.kernels import LayerKernel
from archsim.operators.numbers import np


def normalise_sets(data, window):
    """Sets of values that lie one behind the other, each with its own mean and deviation.

    `window`: sets, values of a set, whether a mean is taken off, whether words scale, how many words
    of each kind there are, how many neighbours have the same one, and whether words shift. `words`:
    epsilon, then the scales and the shifts. `kept`: mean and 1/deviation of each set.
    """
    size = window[1]
    each = window[4]
    run = window[5]
    shifts = each if window[3] > 0 else 0
    words = data.words
    for s in range(window[0]):
        values = data.first[s * size : (s + 1) * size]
        outputs = data.outputs[s * size : (s + 1) * size]
        mean = np.float32(0.0)
        if window[2] > 0:
            for k in range(size):
                mean += values[k]
            mean /= np.float32(size)
        squares = np.float32(0.0)
        for k in range(size):
            squares += (values[k] - mean) * (values[k] - mean)
        inverse = np.float32(1.0) / np.sqrt(squares / np.float32(size) + words[0])
        data.kept[2 * s] = mean
        data.kept[2 * s + 1] = inverse
        for k in range(size):
            normal = (values[k] - mean) * inverse
            own = (s * size + k) // run % each
            if window[3] > 0:
                normal = normal * words[1 + own]
            if window[6] > 0:
                normal = normal + words[1 + shifts + own]
            outputs[k] = normal


def normalise_sets_back(data, window):
    """With g = scale x error: (g - mean(g) - y mean(g y)) / deviation."""
    size = window[1]
    each = window[4]
    run = window[5]
    shifts = each if window[3] > 0 else 0
    words = data.words
    for s in range(window[0]):
        values = data.first[s * size : (s + 1) * size]
        errors = data.errors[s * size : (s + 1) * size]
        below = data.first_errors[s * size : (s + 1) * size]
        mean = data.kept[2 * s]
        inverse = data.kept[2 * s + 1]
        total = np.float32(0.0)
        products = np.float32(0.0)
        for k in range(size):
            normal = (values[k] - mean) * inverse
            error = errors[k]
            own = (s * size + k) // run % each
            if window[6] > 0:
                data.gradients[shifts + own] += error
            if window[3] > 0:
                data.gradients[own] += error * normal
                error *= words[1 + own]
            total += error
            products += error * normal
        total /= np.float32(size)
        products /= np.float32(size)
        if window[2] == 0:
            total = np.float32(0.0)
        for k in range(size):
            normal = (values[k] - mean) * inverse
            error = errors[k]
            if window[3] > 0:
                error *= words[1 + (s * size + k) // run % each]
            below[k] += (error - total - normal * products) * inverse


SETS = LayerKernel("normalisation of sets", normalise_sets, normalise_sets_back)
