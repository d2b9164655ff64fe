"""NumPy twin of `read.py`: one vector after the other, in the words of the physics, the same bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from archsim.kernels.periphery import DEFAULT, Periphery, ReadPhysics, read_physics
from archsim.kernels.product import product_reference
from archsim.kernels.random import READ_INPUT, READ_OUTPUT
from archsim.kernels.random_reference import (
    normal_reference,
    row_key_reference,
    stream_key_reference,
)
from archsim.kernels.read import Reads, check_arrays
from archsim.kernels.records import FIRST, Draws


def convert_reference(values: np.ndarray, step: np.float32, bound: np.float32) -> np.ndarray:
    """Round to the converter's levels (step 0: none) and clip."""
    if step > 0:
        values = np.rint(values / step) * step
    return np.clip(values, -bound, bound)


def crossbar_read_reference(
    weights: ArrayLike,
    inputs: ArrayLike,
    periphery: Periphery = DEFAULT,
    keys: Draws = FIRST,
    *,
    transposed: bool = False,
) -> Reads:
    """As `read.crossbar_read`: arguments, results and bits."""
    held, vectors, single = check_arrays(weights, inputs, transposed)
    physics = read_physics(periphery, transposed)
    matrix = held.T if transposed else held
    outputs = np.empty((len(vectors), len(matrix)), np.float32)
    retries = np.empty(len(vectors), np.int32)
    saturations = np.empty(len(vectors), np.int32)
    for number, vector in enumerate(vectors):
        scale = np.abs(vector).max() if physics.manage_noise else np.float32(1.0)
        division = np.float32(1.0)
        attempt = 0
        while True:
            factor = scale * division
            read = attempt_reference(matrix, vector, factor, physics, keys, number, attempt)
            bound = physics.output_bound
            hits = int((np.abs(read) >= bound).sum()) if bound > 0 else 0
            if hits == 0 or division > physics.retry_limit or not factor > 0:
                break
            division = division * np.float32(2.0)
            attempt = attempt + 1
        outputs[number] = read * factor
        retries[number] = attempt
        saturations[number] = hits
    reads = Reads(outputs, retries, saturations)
    return reads.of_one() if single else reads


def attempt_reference(
    matrix: np.ndarray,
    vector: np.ndarray,
    factor: np.float32,
    physics: ReadPhysics,
    keys: Draws,
    number: int,
    attempt: int,
) -> np.ndarray:
    """What the converters give when a vector is read once, its inputs divided by `factor`: (M,)."""
    input_key, output_key = (
        row_key_reference(
            row_key_reference(
                stream_key_reference(keys.seed, keys.step, keys.tile, stream),
                number + int(keys.first),
            ),
            attempt,
        )
        for stream in (READ_INPUT, READ_OUTPUT)
    )
    scaled = vector / (factor if factor > 0 else np.float32(1.0))
    driven = convert_reference(scaled, physics.input_step, physics.input_bound)
    if physics.input_noise > 0:
        noise = normal_reference(input_key, np.arange(len(vector)))
        driven = driven + physics.input_noise * noise
    currents = product_reference(matrix, driven[None])[0]
    if physics.output_noise > 0:
        noise = normal_reference(output_key, np.arange(len(matrix)))
        currents = currents + physics.output_noise * noise
    bound = physics.output_bound if physics.output_bound > 0 else np.float32(np.inf)
    return convert_reference(currents, physics.output_step, bound)
