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

import math

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.product import (
    aligned,
    columns_times_vector,
    largest,
    matrix_times_block,
    rows_times_vector,
    transpose,
)
from archsim.kernels.random import READ_INPUT, READ_OUTPUT, as_word, normal, row_key, stream_key
from hwlib.errors import InputError

U = np.uint64
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
TWO = np.float32(2.0)
DIRECTIONS = ("off", "forward", "backward", "both")
# Vectors that go through the array together, how few go one by one, and how few lines are loaded
# side by side over the vectors; they decide speed only, never a bit of the result.
BLOCK = 64
FEW = 4
SHORT = 64


@kernel
def load_vector(vector, factor, step, bound, noise, key, driven):
    """DAC: divide by `factor`, round to `step` (0 = no rounding), clip, add input noise; into
    `driven`.
    """
    for k in range(vector.shape[0]):
        value = vector[k] / factor
        if step > ZERO:
            value = np.rint(value / step) * step
        value = min(max(value, -bound), bound)
        if noise > ZERO:
            value += noise * normal(key, U(k))
        driven[k] = value


@kernel
def load_block(block, width, factors, step, bound, noise, keys):
    """`load_vector` in place on block[line, vector]: side by side over the vectors, for arrays with
    few lines.
    """
    for k in range(block.shape[0]):
        line = block[k]
        for b in range(width):
            line[b] /= factors[b] if factors[b] > ZERO else ONE
        if step > ZERO:
            for b in range(width):
                line[b] = np.rint(line[b] / step) * step
        for b in range(width):
            line[b] = min(max(line[b], -bound), bound)
        if noise > ZERO:
            for b in range(width):
                line[b] += noise * normal(keys[b], U(k))


@kernel
def convert_outputs(raw, width, factors, step, bound, noise, keys, hits):
    """ADC, in place on raw[output, vector]: noise, rounding, clip, rescale; hits[vector] counts the
    outputs at the bound.
    """
    hits = borrowed(hits)
    for b in range(width):
        hits[b] = 0
    for i in range(raw.shape[0]):
        line = raw[i]
        if noise > ZERO:
            for b in range(width):
                line[b] += noise * normal(keys[b], U(i))
        if step > ZERO:
            for b in range(width):
                line[b] = np.rint(line[b] / step) * step
        if bound > ZERO:
            for b in range(width):
                hits[b] += np.int32(abs(line[b]) >= bound)
                line[b] = min(max(line[b], -bound), bound)
        for b in range(width):
            line[b] *= factors[b]


@kernel
def read_vectors(
    weights,
    transposed,
    inputs,
    outputs,
    retries,
    saturations,
    manage_noise,
    retry_limit,
    input_step,
    input_bound,
    input_noise,
    output_step,
    output_bound,
    output_noise,
    seed,
    step,
    tile,
    first,
):
    """Read all vectors. Physics as float32 scalars; steps and bounds of 0 switch rounding and
    output clip off.

    `seed`, `step`, `tile` and `first`, the number of the first vector, are uint64
    (`random.as_word`).
    `retry_limit` is the largest division of the input by bound management (0 = off).
    """
    input_key = stream_key(seed, step, tile, READ_INPUT)
    output_key = stream_key(seed, step, tile, READ_OUTPUT)
    count, lines = inputs.shape
    columns = outputs.shape[1]
    width = min(count, BLOCK)
    driven = np.empty((width, lines), np.float32)
    block = aligned(lines, width)
    raw = aligned(columns, width)
    scales = np.ones(count, np.float32)
    pending = np.arange(count)
    factors = np.empty(width, np.float32)
    hits = np.zeros(width, np.int32)
    input_keys = np.empty(width, np.uint64)
    keys = np.empty(width, np.uint64)
    if manage_noise:
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
                keys[b] = row_key(row_key(output_key, row), attempt)
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
                    matrix_times_block(weights.T, block, raw, size)
                else:
                    matrix_times_block(weights, block, raw, size)
            else:
                for b in range(size):
                    sums = outputs[pending[start + b]]
                    if transposed:
                        columns_times_vector(weights, driven[b], sums)
                    else:
                        rows_times_vector(weights, driven[b], sums)
                    for i in range(columns):
                        raw[i, b] = sums[i]
            convert_outputs(raw, size, factors, output_step, output_bound, output_noise, keys, hits)
            for b in range(size):
                v = pending[start + b]
                for i in range(columns):
                    outputs[v, i] = raw[i, b]
                saturations[v] = hits[b]
                if hits[b] > 0 and division <= retry_limit and factors[b] > ZERO:
                    retries[v] += 1
                    pending[again] = v
                    again += 1
        left = again
        division = division * TWO
        attempt = attempt + U(1)


def crossbar_read(
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
    """Read one vector or a batch on a crossbar.

    `weights` float32 (M, N); `inputs` (N,) or (V, N), with `transposed` (M,) or (V, M).
    `noise_management` and `bound_management`:
    off, forward, backward or both, compared with the direction of this read. `input_bound`,
    `output_bound` (0 = no bound),
    `input_noise`, `output_noise` (standard deviations) are in units of input and weight x input.
    The numbers drawn depend on (seed, step, tile, `first` + vector, output, attempt) only.

    Returns outputs float32 of shape (M,) or (V, M) (transposed N); per vector the bound-management
    retries (int32) and the outputs still at the bound in the last attempt (int32). A vector of
    zeros under noise management reads zero.
    Raises InputError for wrong shapes and parameters.
    """
    weights, inputs, single = check_arrays(weights, inputs, transposed)
    settings = periphery(
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
    count = len(inputs)
    columns = weights.shape[1] if transposed else weights.shape[0]
    outputs = np.empty((count, columns), np.float32)
    retries = np.zeros(count, np.int32)
    saturations = np.zeros(count, np.int32)
    read_vectors(
        weights,
        transposed,
        inputs,
        outputs,
        retries,
        saturations,
        *settings,
        as_word(seed),
        as_word(step),
        as_word(tile),
        as_word(first),
    )
    return (outputs[0], retries[0], saturations[0]) if single else (outputs, retries, saturations)


def check_arrays(weights, inputs, transposed):
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


def converter_step(bits: int, bound: float) -> float:
    """Width of one level: 2 bound/(2^bits - 2); 0 bits = 0 = no rounding (aihwkit's law: an odd
    number of levels, zero among them).
    """
    if bits < 0 or bits == 1 or bits > 24:
        raise InputError("converter bits out of range", got=bits, allowed="0 (no rounding), 2-24")
    if bits and not bound > 0:
        raise InputError("a rounding converter needs a bound", got=bound, allowed="> 0")
    return 2.0 * bound / (2**bits - 2) if bits else 0.0


def periphery(
    transposed,
    noise_management,
    bound_management,
    input_bits,
    input_bound,
    input_noise,
    output_bits,
    output_bound,
    output_noise,
) -> tuple:
    """The scalar arguments of `read_vectors` from `manage_noise` to `output_noise`, checked."""
    for name, choice in (
        ("noise_management", noise_management),
        ("bound_management", bound_management),
    ):
        if choice not in DIRECTIONS:
            raise InputError("unknown direction", where=name, got=choice, allowed=DIRECTIONS)
    for name, value in (
        ("input_bound", input_bound),
        ("input_noise", input_noise),
        ("output_bound", output_bound),
        ("output_noise", output_noise),
    ):
        if not (math.isfinite(value) and value >= 0):
            raise InputError("not a finite number >= 0", where=name, got=value)
    here = ("backward" if transposed else "forward", "both")
    # aihwkit: stop after a division above 1000, or above 0.25/input step.
    input_step = converter_step(input_bits, input_bound)
    limit = min(1000.0, 0.25 / input_step) if input_step > 0 else 1000.0
    scalars = (
        input_step,
        input_bound if input_bound > 0 else np.inf,
        input_noise,
        converter_step(output_bits, output_bound),
        output_bound,
        output_noise,
    )
    return (
        noise_management in here,
        np.float32(limit if bound_management in here else 0.0),
        *map(np.float32, scalars),
    )
