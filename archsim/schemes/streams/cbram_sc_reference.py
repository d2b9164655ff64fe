"""The reference of the CBRAM optimiser's first step: in closed form for SGD, on the NumPy twins of
its kernels for momentum and Adam.
"""

from __future__ import annotations

import math

import numpy as np

from archsim.kernels.random import as_word, stream_key
from archsim.kernels.stream_filters_reference import adam_reference, average_reference
from archsim.kernels.stream_reference import count_products_reference
from archsim.kernels.streams import TALLIES, number_tables
from archsim.schemes.rule import LayerState
from archsim.schemes.streams.cbram_sc_rule import CbramSettings, device_transfer
from archsim.schemes.streams.stream_rule import (
    STREAMS,
    is_shared,
    plain_transfer,
    power_of_two,
    source_of,
    vector_scales,
)

F, U = np.float32, np.uint64


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
    key = U(stream_key(as_word(seed), U(1), U(layer.tile), STREAMS))
    shared = is_shared(scheme)
    ones = np.zeros(1, np.int64)
    source = source_of(scheme)
    rest: tuple[object, ...] = (transfer, source, number_tables(), key, shared, 0, ones)
    state = [np.zeros(gradient.shape, np.int32) for _ in range(5)]
    if scheme.optimiser == "momentum":
        average_reference(state[0], gradient, F(1 / scale), scheme.length, scheme.first_bits, *rest)
        return rate / (1 - scheme.beta1) * scale * 2.0**-scheme.first_bits * state[0]
    quotients = np.zeros(gradient.shape, F)
    bits = (scheme.first_bits, scheme.second_bits, scheme.root_bits)
    first, second, root, held, saved = state
    adam_reference(
        first,
        second,
        root,
        held,
        saved,
        quotients,
        gradient,
        F(1 / scale),
        scheme.length,
        bits,
        *rest,
    )
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
    key = U(stream_key(as_word(seed), U(0), U(layer.tile), STREAMS))
    blocks = math.ceil(layer.weights.shape[0] / scheme.errors_parallel) * math.ceil(
        layer.weights.shape[1] / scheme.inputs_parallel
    )
    for image, (x, d) in enumerate(zip(inputs, errors), step):
        of_inputs, of_errors, steps, unit = vector_scales(x, d)
        counts = np.zeros(layer.weights.shape, np.int64)
        count_products_reference(
            counts,
            x,
            d,
            F(1 / of_inputs),
            F(1 / of_errors),
            steps,
            scheme.length,
            transfer,
            scheme.errors_parallel,
            scheme.inputs_parallel,
            source_of(scheme),
            number_tables(),
            scheme.sharing == "single",
            is_shared(scheme),
            scheme.encoding == "bipolar",
            key,
            image * x.shape[1] * blocks * scheme.length,
            np.zeros(TALLIES, np.int64),
            np.zeros(scheme.converters(), np.int64),
        )
        gradient += F(unit / scheme.length) * counts.astype(F)
    return gradient
