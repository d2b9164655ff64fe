"""Crossbar read with its periphery: y = clip(ADC(W DAC(x) + noise)), forward or transposed, with
noise and bound management.

Order and converter law are those of aihwkit (rpu.md 5.1 and 5.2 restate them): scale, DAC rounding,
clip, input noise, product, output noise, ADC rounding, clip, rescale; res = 1/(2^b - 2), step = 2
bound res, 0 bits = no rounding.
Noise management divides a vector by max|x| and multiplies the outputs back (Gokmen 2017, US
10325007). Bound management repeats a read whose output reached the bound with half the input, until
none does or the input falls below the DAC's resolution.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.converters import convert_outputs, convert_sums, load_block, load_vector
from archsim.kernels.periphery import DEFAULT, Periphery, ReadPhysics, read_physics
from archsim.kernels.product import (
    BEGIN,
    aligned,
    columns_times_vector,
    largest,
    matrix_times_block,
    rows_times_vector,
    transpose,
)
from archsim.kernels.random import READ_INPUT, READ_OUTPUT, row_key, stream_key
from archsim.kernels.records import FIRST, Draws
from archsim.kernels.views import view_at
from hwlib.errors import InputError

U = np.uint64
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
TWO = np.float32(2.0)
# Vectors that go through the array together, how few go one by one, and how few lines are loaded
# side by side over the vectors; they decide speed only, never a bit of the result.
BLOCK = 64
FEW = 4
SHORT = 64


class Reads(NamedTuple):
    """Outputs float32 (V, M) (transposed N); per vector the bound-management retries and the outputs
    still at the bound in the last attempt, int32 (V,).
    """

    outputs: np.ndarray
    retries: np.ndarray
    saturations: np.ndarray

    def of_one(self) -> Reads:
        """Those of the first vector alone, as one vector was given."""
        return Reads(self.outputs[0], self.retries[0], self.saturations[0])


@kernel
def read_vectors(weights, transposed, inputs, physics, keys, reads):
    """Read all vectors.

    Args: records as plain tuples, whose types numba tells in C: those of records take it as long as
        the read of a vector.
        weights: float32 (M, N).
        transposed: read from the outputs to the inputs.
        inputs: float32 (V, lines).
        physics: `ReadPhysics`.
        keys: `records.Draws`.
        reads: `Reads`, filled; its counts begin at zero.
    """
    physics = ReadPhysics(*physics)
    keys = Draws(*keys)
    reads = borrowed(Reads(*reads))
    input_key = stream_key(keys.seed, keys.step, keys.tile, READ_INPUT)
    output_key = stream_key(keys.seed, keys.step, keys.tile, READ_OUTPUT)
    outputs = reads.outputs
    retries = reads.retries
    saturations = reads.saturations
    first = keys.first
    input_step = physics.input_step
    input_bound = physics.input_bound
    input_noise = physics.input_noise
    count, lines = inputs.shape
    columns = outputs.shape[1]
    width = min(count, BLOCK)
    driven = np.empty((width, lines), np.float32)
    side_by_side = width >= FEW
    block = aligned(lines if side_by_side else 0, width)
    raw = aligned(columns if side_by_side else 0, width)
    scales = np.ones(count, np.float32)
    pending = np.arange(count)
    factors = np.empty(width, np.float32)
    hits = np.zeros(width, np.int32)
    input_keys = np.empty(width, np.uint64)
    output_keys = np.empty(width, np.uint64)
    if physics.manage_noise:
        for v in range(count):
            scales[v] = largest(inputs[v])
    left = count
    division = ONE
    attempt = U(0)
    while left > 0:
        again = 0
        for start in range(0, left, width):
            size = min(width, left - start)
            for b in range(size):
                v = pending[start + b]
                row = first + U(v)
                factors[b] = scales[v] * division
                # By vector and attempt: a repeated read has new noise, whatever is read beside it.
                output_keys[b] = row_key(row_key(output_key, row), attempt)
                input_keys[b] = row_key(row_key(input_key, row), attempt)
                if lines < SHORT and size >= FEW:
                    for k in range(lines):
                        block[k, b] = inputs[v, k]
                else:
                    load_vector(
                        inputs[v],
                        factors[b] if factors[b] > ZERO else ONE,
                        input_step,
                        input_bound,
                        input_noise,
                        input_keys[b],
                        driven[b],
                    )
            if size >= FEW:
                if lines < SHORT:
                    load_block(
                        block, size, factors, input_step, input_bound, input_noise, input_keys
                    )
                else:
                    transpose(driven, size, block)
                if transposed:
                    matrix_times_block(weights.T, block, raw, BEGIN, size)
                else:
                    matrix_times_block(weights, block, raw, BEGIN, size)
                convert_outputs(
                    raw,
                    size,
                    factors,
                    physics.output_step,
                    physics.output_bound,
                    physics.output_noise,
                    output_keys,
                    hits,
                )
                for b in range(size):
                    v = pending[start + b]
                    for i in range(columns):
                        outputs[v, i] = raw[i, b]
            else:
                for b in range(size):
                    sums = outputs[pending[start + b]]
                    if transposed:
                        columns_times_vector(weights, BEGIN, driven[b], sums)
                    else:
                        rows_times_vector(weights, BEGIN, driven[b], sums)
                    convert_sums(
                        view_at(sums, 0, (columns, 1)),
                        1,
                        factors[b:],
                        physics.output_step,
                        physics.output_bound,
                        physics.output_noise,
                        output_keys[b:],
                        hits[b:],
                    )
            for b in range(size):
                v = pending[start + b]
                saturations[v] = hits[b]
                if hits[b] > 0 and division <= physics.retry_limit and factors[b] > ZERO:
                    retries[v] += 1
                    # Those to be read again move to the front of the list.
                    pending[again] = v
                    again += 1
        left = again
        division = division * TWO
        attempt = attempt + U(1)


def crossbar_read(
    weights: ArrayLike,
    inputs: ArrayLike,
    periphery: Periphery = DEFAULT,
    keys: Draws = FIRST,
    *,
    transposed: bool = False,
) -> Reads:
    """Read one vector or a batch on a crossbar.

    Args:
        weights: (M, N).
        inputs: (N,) or (V, N), with `transposed` (M,) or (V, M).
        periphery: converters, managements and noise.
        keys: the numbers drawn depend on these, on the vector, the output and the attempt only.
        transposed: read from the outputs to the inputs.

    Returns:
        outputs and counts, of one vector without the axis of vectors. A vector of zeros under noise
        management reads zero.

    Raises:
        InputError: for wrong shapes and parameters.
    """
    held, vectors, single = check_arrays(weights, inputs, transposed)
    physics = read_physics(periphery, transposed)
    count = len(vectors)
    columns = held.shape[1] if transposed else held.shape[0]
    reads = Reads(
        np.empty((count, columns), np.float32), np.zeros(count, np.int32), np.zeros(count, np.int32)
    )
    read_vectors(held, transposed, vectors, tuple(physics), tuple(keys), tuple(reads))
    return reads.of_one() if single else reads


def check_arrays(
    weights: ArrayLike, inputs: ArrayLike, transposed: bool
) -> tuple[np.ndarray, np.ndarray, bool]:
    """float32 C-ordered weights (M, N) and inputs (V, lines), and whether one vector was given."""
    weights = np.ascontiguousarray(weights, np.float32)
    inputs = np.ascontiguousarray(inputs, np.float32)
    single = inputs.ndim == 1
    inputs = inputs.reshape(1, -1) if single else inputs
    lines = weights.shape[0 if transposed else 1] if weights.ndim == 2 else 0
    if weights.ndim != 2 or inputs.ndim != 2 or inputs.shape[1] != lines:
        raise InputError(
            "inputs do not fit the crossbar",
            got=(weights.shape, inputs.shape, transposed),
            hint="weights (M, N) take (V, N) vectors, transposed (V, M)",
        )
    return weights, inputs, single
