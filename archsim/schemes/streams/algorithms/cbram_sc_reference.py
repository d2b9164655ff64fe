"""The reference of the CBRAM optimiser's first step: in closed form for SGD, on the NumPy twins of
its kernels for momentum and Adam.
"""

from __future__ import annotations

import math

import numpy as np

from archsim.kernels.stream_filters import Moments, StreamDrawing
from archsim.kernels.stream_filters_reference import adam_reference, average_reference
from archsim.kernels.stream_records import Operands, StreamTally
from archsim.kernels.stream_reference import count_products_reference
from archsim.kernels.streams import TALLIES
from archsim.schemes.layer_state import LayerState
from archsim.schemes.streams.algorithms.cbram_sc_rule import (
    CbramSettings,
    device_transfer,
    widths_of,
)
from archsim.schemes.streams.algorithms.stream_rule import (
    plain_transfer,
    power_of_two,
    vector_scales,
)
from archsim.schemes.streams.algorithms.stream_settings import OPTIMISER, multiplier_of, numbers_of

F = np.float32


def reference_change(
    scheme: CbramSettings,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    seed: int,
    step: int,
) -> np.ndarray:
    """SGD: the expected step, rate x scale x the product of the probabilities of both sides'
    converters, line by line and with signs.

    Averages and quotients of streams have no closed form from zero: for momentum and Adam the run's
    own random numbers go through the slow twins of the kernels.
    """
    probabilities = (
        device_transfer(scheme, scheme.converters(), seed)
        if scheme.generator == "cbram"
        else plain_transfer(scheme.resolution) / 65536
    )
    if scheme.optimiser == "sgd":
        return rate * _expected_gradient(scheme, probabilities, layer.weights.shape, inputs, errors)
    transfer = np.rint(probabilities * 65536).astype(np.int32)
    gradient = _drawn_gradient(scheme, transfer, layer, inputs, errors, seed, step)
    scale = power_of_two(float(np.abs(gradient).max()))
    numbers = numbers_of(scheme, seed, layer, OPTIMISER)
    drawing = StreamDrawing(F(1 / scale), scheme.length, transfer, numbers, 0)
    ones = np.zeros(1, np.int64)
    moments = Moments(*(np.zeros(gradient.shape, np.int32) for _ in Moments._fields))
    if scheme.optimiser == "momentum":
        average_reference(moments.first, gradient, scheme.first_bits, drawing, ones)
        return rate / (1 - scheme.beta1) * scale * 2.0**-scheme.first_bits * moments.first
    quotients = np.zeros(gradient.shape, F)
    adam_reference(moments, quotients, gradient, widths_of(scheme), drawing, ones)
    return rate * quotients


def _expected_gradient(
    scheme: CbramSettings,
    probabilities: np.ndarray,
    shape: tuple[int, int],
    inputs: np.ndarray,
    errors: np.ndarray,
) -> np.ndarray:
    total = np.zeros(shape)
    for x, d in zip(inputs, errors):
        views = []
        of_inputs, of_errors, _, _ = vector_scales(x, d)
        for values, scale, first, period in (
            (x, of_inputs, 0, scheme.inputs_parallel),
            (d, of_errors, scheme.inputs_parallel, scheme.errors_parallel),
        ):
            levels = np.rint(np.abs(values.astype(float)) / scale * 2**scheme.resolution).astype(
                int
            )
            devices = (first + np.arange(len(values)) % period) % len(probabilities)
            views.append(scale * np.sign(values) * probabilities[devices[:, None], levels])
        total += views[1] @ views[0].T
    return total


def _drawn_gradient(
    scheme: CbramSettings,
    transfer: np.ndarray,
    layer: LayerState,
    inputs: np.ndarray,
    errors: np.ndarray,
    seed: int,
    step: int,
) -> np.ndarray:
    """The gradient float32 (M, N) of a mini-batch as the streams of its images give it."""
    gradient = np.zeros(layer.weights.shape, F)
    multiplier = multiplier_of(scheme, transfer)
    numbers = numbers_of(scheme, seed, layer)
    # of a drawn product only its counts are looked at
    tally = StreamTally(np.zeros(TALLIES, np.int64), np.zeros(scheme.converters(), np.int64))
    blocks = math.ceil(layer.weights.shape[0] / scheme.errors_parallel) * math.ceil(
        layer.weights.shape[1] / scheme.inputs_parallel
    )
    for image, (x, d) in enumerate(zip(inputs, errors), step):
        of_inputs, of_errors, steps, unit = vector_scales(x, d)
        counts = np.zeros(layer.weights.shape, np.int64)
        inverses = (1 / of_inputs).astype(F), (1 / of_errors).astype(F)
        operands = Operands(x, d, *inverses, steps)
        first_cycle = image * x.shape[1] * blocks * scheme.length
        count_products_reference(counts, operands, multiplier, numbers, first_cycle, tally)
        gradient += F(unit / scheme.length) * counts.astype(F)
    return gradient
