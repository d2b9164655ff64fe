"""NumPy twin of `read.py`: one vector after the other, in the words of the physics, the same bits."""

from __future__ import annotations

import numpy as np

from archsim.kernels.product import product_reference
from archsim.kernels.random import READ_INPUT, READ_OUTPUT
from archsim.kernels.random_reference import (
    normal_reference,
    row_key_reference,
    stream_key_reference,
)
from archsim.kernels.read import check_arrays, periphery


def convert_reference(values: np.ndarray, step: np.float32, bound: np.float32) -> np.ndarray:
    """Round to the converter's levels (step 0: none) and clip."""
    if step > 0:
        values = np.rint(values / step) * step
    return np.clip(values, -bound, bound)


def crossbar_read_reference(
    weights,
    inputs,
    *,
    transposed=False,
    noise_management="off",
    bound_management="off",
    input_bits=7,
    input_bound=1.0,
    input_noise=0.0,
    output_bits=9,
    output_bound=12.0,
    output_noise=0.06,
    seed=0,
    step=0,
    tile=0,
    first=0,
):
    """As `read.crossbar_read`: arguments, results and bits."""
    weights, inputs, single = check_arrays(weights, inputs, transposed)
    (
        manage_noise,
        retry_limit,
        input_step,
        input_clip,
        input_sigma,
        output_step,
        output_clip,
        output_sigma,
    ) = periphery(
        transposed,
        noise_management,
        bound_management,
        input_bits,
        input_bound,
        input_noise,
        output_bits,
        output_bound,
        output_noise,
    )
    matrix = weights.T if transposed else weights
    input_key, output_key = (
        stream_key_reference(seed, step, tile, stream) for stream in (READ_INPUT, READ_OUTPUT)
    )
    outputs = []
    retries = []
    saturations = []
    for number, vector in enumerate(inputs):
        scale = np.abs(vector).max() if manage_noise else np.float32(1.0)
        division = np.float32(1.0)
        attempt = 0
        while True:
            factor = scale * division
            keys = [
                row_key_reference(row_key_reference(key, number + first), attempt)
                for key in (input_key, output_key)
            ]
            driven = convert_reference(
                vector / (factor if factor > 0 else np.float32(1.0)), input_step, input_clip
            )
            if input_sigma > 0:
                driven = driven + input_sigma * normal_reference(keys[0], np.arange(len(vector)))
            currents = product_reference(matrix, driven[None])[0]
            if output_sigma > 0:
                currents = currents + output_sigma * normal_reference(
                    keys[1], np.arange(len(matrix))
                )
            read = convert_reference(
                currents, output_step, output_clip if output_clip > 0 else np.float32(np.inf)
            )
            hits = int((np.abs(read) >= output_clip).sum()) if output_clip > 0 else 0
            if hits == 0 or division > retry_limit or not factor > 0:
                break
            division, attempt = division * np.float32(2.0), attempt + 1
        outputs.append(read * factor)
        retries.append(attempt)
        saturations.append(hits)
    if single:
        return outputs[0], np.int32(retries[0]), np.int32(saturations[0])
    return (
        np.array(outputs, np.float32).reshape(len(inputs), len(matrix)),
        np.array(retries, np.int32),
        np.array(saturations, np.int32),
    )
